"""What lies before an approver: whose turn it is, what is still to be read and accepted, and what a signature would say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from assessments import attestation, routing
from assessments.models import Snapshot, VerdictKind
from assessments.parts import PartOfRecord, parts_for
from assessments.snapshots import content_of
from assessments.verdicts import may_accept, not_accepted_yet


@dataclass(frozen=True)
class Item:
    """A finding to be accepted. ``latest``: the last day that the policy allows, None where it says nothing."""

    data: dict[str, Any]
    latest: date | None

    @property
    def name(self) -> str:
        return f"{self.data['option']}:{self.data['id']}"


@dataclass(frozen=True)
class Desk:
    """``sign_off``: what it was read from; ``stages``: how far each is; ``turn`` None: nothing waits.
    ``seats``: in whose seats the person may speak, empty where in none.
    ``statements``: by ``approve``, ``approve_with_conditions`` and ``reject``."""

    sign_off: routing.SignOff
    stages: list[routing.StageStanding]
    turn: routing.StageStanding | None
    seats: list[User]
    parts: list[PartOfRecord]
    items: list[Item]
    statements: dict[str, str]

    @property
    def may_speak(self) -> bool:
        return bool(self.seats)

    @property
    def unread(self) -> list[PartOfRecord]:
        return [part for part in self.parts if part.seen_at is None]


def desk_for(person: User, snapshot: Snapshot) -> Desk:
    """The desk of one person on a snapshot."""
    sign_off = routing.SignOff(snapshot)
    stages, turn = sign_off.standings(), sign_off.turn()
    if turn is None:
        return Desk(sign_off, stages, None, [], parts_for(person, snapshot), [], {})
    content = content_of(snapshot)
    today = timezone.now().date()
    items = [
        Item(item, today + timedelta(days=item["longest_days"]) if item["longest_days"] else None)
        for item in not_accepted_yet(snapshot)
        if may_accept(person, item, content)
    ]
    meaning = turn.stage.meaning
    statements = {
        "approve": attestation.statement(snapshot, VerdictKind.APPROVE, meaning, accepting=bool(items)),
        "approve_with_conditions": attestation.statement(
            snapshot, VerdictKind.APPROVE_WITH_CONDITIONS, meaning, accepting=bool(items), conditions=True
        ),
        "reject": attestation.statement(snapshot, VerdictKind.REJECT, meaning),
    }
    seats = sign_off.seats_open_to(person, turn.stage)
    return Desk(sign_off, stages, turn, seats, parts_for(person, snapshot), items, statements)
