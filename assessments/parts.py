"""The parts of a record that an approver has to have read before they sign it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _

from accounts.models import User
from assessments.models import PartSeen, Snapshot

# key: title, in the order of the page
PARTS = {
    "proposal": _("The decision that is asked for"),
    "changes": _("What changed since the record before"),
    "result": _("The result and how sure it is"),
    "findings": _("Blockers and findings, and what is done about them"),
    "costs": _("Costs"),
    "risk": _("Losses and accountability"),
    "law": _("The EU AI Act and other obligations"),
    "answers": _("Figures and answers"),
    "methods": _("Methods, sources and proof"),
}


@dataclass(frozen=True)
class PartOfRecord:
    """``seen_at``: when the person said that they have read it, None where they haven't."""

    key: str
    title: str
    seen_at: datetime | None


def part_keys(snapshot: Snapshot) -> list[str]:
    """The parts that a snapshot has: a first one has nothing that changed."""
    return [key for key in PARTS if key != "changes" or snapshot.number > 1]


def parts_for(person: User, snapshot: Snapshot) -> list[PartOfRecord]:
    """Every part, with when the person read it."""
    seen = dict(PartSeen.objects.filter(snapshot=snapshot, person=person).values_list("part", "at"))
    return [PartOfRecord(key, PARTS[key], seen.get(key)) for key in part_keys(snapshot)]
