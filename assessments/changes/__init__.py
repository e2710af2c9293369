"""What changed from one record of an assessment to another, told exactly: whatever differs is told, and what doesn't isn't.

Pure: from the contents of two snapshots alone. The two are compared leaf by leaf (``leaves``), each differing leaf has its place in what is told
(``places``), and what has several leaves is told as one change (``telling``); what has no place of its own is told under ``other`` as it stands.
"""

from assessments.changes.model import Change, Changes, Group, Part, as_data
from assessments.changes.telling import changes

__all__ = ["Change", "Changes", "Group", "Part", "as_data", "changes"]
