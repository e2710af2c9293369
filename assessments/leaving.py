"""What waits for an approver by name, and would wait in vain once they are none: rules of the policy in force, and records in review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.models import Membership, Organisation, Role, User
from accounts.services import also_lost
from assessments.models import APPROVING, Assessment, Part, Participation, Seat, Snapshot, Stage, Status, Verdict
from assessments.policy import SEVERITIES
from assessments.routing import policy_in_force


@dataclass(frozen=True)
class Awaited:
    """``stages``: titles; ``accepts``: severities, the gravest first; both of the policy in force. ``records``: assessments in review with a seat
    of the person's that nobody has spoken for."""

    stages: Sequence[str]
    accepts: Sequence[str]
    records: Sequence[Assessment]

    def __bool__(self) -> bool:
        return bool(self.stages or self.accepts or self.records)


def awaited_of(membership: Membership) -> Awaited:
    """What waits for the person as an approver; nothing for another role, or a closed account, for which it waits in vain already."""
    person, organisation = membership.user, membership.organisation
    if membership.role != Role.APPROVER or not person.is_active:
        return Awaited([], [], [])
    policy, _version = policy_in_force(organisation)
    stages = [stage.title for stage in policy.stages if person.reference in stage.who.people]
    naming = {severity for severity, rule in policy.acceptance.items() if person.reference in rule.who.people}
    accepts = [severity for severity in reversed(SEVERITIES) if severity in naming]
    return Awaited(stages, accepts, list(_records(person, organisation)))


def _records(person: User, organisation: Organisation) -> QuerySet[Assessment]:
    """Whoever had a hand in a record has a seat there that stays empty in any case."""
    later = Snapshot.objects.filter(assessment=OuterRef("snapshot__assessment"), number__gt=OuterRef("snapshot__number"))
    given = Count("verdicts", filter=Q(verdicts__verdict__in=APPROVING))
    hand = Participation.objects.filter(snapshot=OuterRef("snapshot"), person=person).exclude(part=Part.APPROVER)
    unspoken = Seat.objects.filter(
        ~Exists(Verdict.objects.filter(stage=OuterRef("stage"), seat_of=person)), stage=OuterRef("pk"), person=person
    )
    stages = Stage.objects.filter(
        ~Exists(later), ~Exists(hand), Exists(unspoken), snapshot__assessment__organisation=organisation,
        snapshot__assessment__status=Status.IN_REVIEW,
    ).annotate(given=given).filter(given__lt=F("needed"))  # fmt: skip
    return Assessment.objects.filter(pk__in=stages.values("snapshot__assessment")).order_by("title", "pk")


also_lost.append(lambda membership: bool(awaited_of(membership)))
