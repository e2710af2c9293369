"""What a signature says: the statement that an approver signs, in the organisation's words, bound to the digest of the record that they read.

The words come from the policy that is frozen in the snapshot; the text is stored with the verdict word for word.
"""

from __future__ import annotations

from typing import Any

from assessments.models import Snapshot, VerdictKind
from assessments.policy import default_policy
from assessments.snapshots import content_of

REJECTION = "rejection"


def words_of(content: dict[str, Any]) -> dict[str, str]:
    """The statements of a snapshot's policy; those that come with the product for a record of before there were policies."""
    found: dict[str, str] | None = content.get("routing", {}).get("statements")
    return found or default_policy().as_data()["statements"]


def statement(snapshot: Snapshot, kind: str, meaning: str, *, accepting: bool = False, conditions: bool = False) -> str:
    """The statement of a verdict of ``kind`` in a stage that asks for ``meaning`` (approval, review); "" for one that signs nothing.

    ``accepting``: findings are accepted with it; ``conditions``: it sets conditions.
    """
    if kind in (VerdictKind.RETURN, VerdictKind.ABSTAIN):
        return ""
    content = content_of(snapshot)
    words = words_of(content)
    said = [words[REJECTION if kind == VerdictKind.REJECT else meaning]]
    if kind != VerdictKind.REJECT:
        said += [words["risk_acceptance"]] if accepting else []
        said += [words["conditions"]] if conditions else []
    said.append(words["closing"])
    option = content["proposal"]["option_name"]
    return " ".join(text.format(digest=snapshot.digest, option=option) for text in said)
