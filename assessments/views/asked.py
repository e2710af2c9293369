"""How a request for a part of an assessment stands, in one word on every page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Assignment

NEAR = 3  # days before its day, of which the last two are near


@dataclass(frozen=True)
class Asked:
    """What somebody is asked for, as it stands today. ``state``: ``done``, ``late``, ``due`` (its day is near) or ``asked``."""

    row: Assignment
    state: str

    @property
    def word(self) -> str:
        return {"done": _("done"), "late": _("late"), "due": _("due"), "asked": _("asked")}[self.state]

    @property
    def tone(self) -> str:
        return {"done": "good", "late": "bad", "due": "warn", "asked": "info"}[self.state]

    @property
    def icon(self) -> str:
        return {"done": "check-circle-fill", "late": "exclamation-triangle-fill", "due": "hourglass-split", "asked": "pencil-square"}[
            self.state
        ]


def asked_of(row: Assignment) -> Asked:
    if row.done_at is not None:
        return Asked(row, "done")
    left = (row.due_on - timezone.now().date()).days if row.due_on else NEAR
    return Asked(row, "late" if left < 0 else "due" if left < NEAR else "asked")
