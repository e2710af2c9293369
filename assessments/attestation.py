"""What a signature says: the statements that approvers sign, each bound to the digest of the record that they read.

The text is stored with the verdict word for word, so changing it here changes no signature that was given.
"""

from __future__ import annotations

from assessments.models import Snapshot
from assessments.snapshots import content_of

_BY_MY_HAND = (
    "I neither wrote nor answered any part of this record. I sign this statement in my own name, and I mean my signature to bind me as one made "
    "by hand would."
)


def approval(*, digest: str, option: str) -> str:
    """The statement of who approves ``option`` (its name) on the record with ``digest``."""
    return f"I have read the record with the digest {digest}, and I approve the option “{option}” that it proposes. {_BY_MY_HAND}"


def rejection(*, digest: str, option: str) -> str:
    """The statement of who rejects the proposal of ``option`` (its name) in the record with ``digest``."""
    return f"I have read the record with the digest {digest}, and I reject the option “{option}” that it proposes. {_BY_MY_HAND}"


def of_approval(snapshot: Snapshot) -> str:
    """The statement of who approves what ``snapshot`` proposes."""
    return approval(digest=snapshot.digest, option=content_of(snapshot)["proposal"]["option_name"])


def of_rejection(snapshot: Snapshot) -> str:
    """The statement of who rejects what ``snapshot`` proposes."""
    return rejection(digest=snapshot.digest, option=content_of(snapshot)["proposal"]["option_name"])
