"""What changed between two records, as it is told: groups of changes, each with the parts that differ, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from assessments.changes.words import GROUPS, KINDS

LONG = 20
DAYS = ("due_on", "as_of")
FOLLOWING = ("catalogue", "computed", "software")
Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Part:
    """``label`` is empty where the change has this part alone and needs no second name. A side is None where there is nothing; the two
    texts are never alike."""

    key: str
    label: str
    before: str | None
    after: str | None

    @property
    def is_day(self) -> bool:
        """Whether its sides are days as records write them, which a page tells as its reader does."""
        return self.key in DAYS


@dataclass(frozen=True)
class Change:
    """One thing that differs: ``title`` says what (a question, a figure, an option), ``of`` whose it is (an option's name, or empty for the
    use case). ``parts`` has one at least. ``key`` names it within its group, the same from one comparison to the next."""

    key: str
    kind: Kind
    title: str
    of: str
    unit: str
    parts: tuple[Part, ...]

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind]

    @property
    def named_parts(self) -> bool:
        """Whether its parts have names of their own, and so stand under its title instead of beside it."""
        return any(part.label for part in self.parts)


@dataclass(frozen=True)
class Group:
    key: str
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        return GROUPS[self.key]

    @property
    def count(self) -> int:
        return len(self.changes)

    @property
    def folded(self) -> bool:
        """Whether a page shows it closed at first: it is long, or follows from the rest."""
        return self.count > LONG or self.key in FOLLOWING


@dataclass(frozen=True)
class Changes:
    """False where nothing changed. ``groups`` in the order of ``words.GROUPS``, without empty ones."""

    groups: tuple[Group, ...]

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    def group(self, key: str) -> tuple[Change, ...]:
        """The changes of one group; none where it isn't there."""
        return next((group.changes for group in self.groups if group.key == key), ())


def as_data(changes: Changes) -> dict[str, Any]:
    """The same ready for JSON: ``count`` and ``groups``; a side of a part that has nothing is null."""
    return {
        "count": changes.count,
        "groups": [
            {
                "key": group.key,
                "title": group.title,
                "count": group.count,
                "changes": [
                    {
                        "key": change.key,
                        "kind": change.kind,
                        "title": change.title,
                        "of": change.of,
                        "unit": change.unit,
                        "parts": [{"key": p.key, "label": p.label, "before": p.before, "after": p.after} for p in change.parts],
                    }
                    for change in group.changes
                ],
            }
            for group in changes.groups
        ],
    }
