"""Who is asked to sign what: an organisation's policy applied to one submission, and whose turn it is.

Stages are frozen with the snapshot; how far they are follows from the verdicts alone, so there is no state of its own that could be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Organisation, Role, User
from assessments.errors import Refused
from assessments.models import APPROVING, Assessment, Delegation, Part, Participation, Quorum, Seat, SignOffPolicy, Snapshot, Stage, Verdict
from assessments.policy import SEVERITIES, Policy, Slot, StageRule, Who, default_policy, fillable, policy_of

Facts = dict[str, str | int | bool]


@dataclass(frozen=True)
class Routed:
    """A stage as it comes out for one submission. ``people``: who has a seat in it, none where anybody with the role may sign;
    ``candidates``: primary keys of who could give one of the ``needed`` signatures; ``certain``: False where its condition can't be told."""

    rule: StageRule
    people: tuple[User, ...]
    needed: int
    candidates: frozenset[int]
    certain: bool

    @property
    def quorum(self) -> Quorum:
        return Quorum.SOME if isinstance(self.rule.quorum, int) else Quorum(self.rule.quorum)


def policy_in_force(organisation: Organisation) -> tuple[Policy, int]:
    """The organisation's policy and its version; the one that comes with the product, as version 0, where it has set none."""
    row = SignOffPolicy.objects.filter(organisation=organisation).order_by("-version").first()
    return (policy_of(json.loads(bytes(row.content))), row.version) if row else (default_policy(), 0)


def approvers_of(organisation: Organisation) -> list[User]:
    """Everybody who may sign there, by name."""
    held = Membership.objects.filter(organisation=organisation, role=Role.APPROVER, user__is_active=True).select_related("user")
    return sorted((m.user for m in held), key=lambda user: (user.name, user.pk))


def delegates_on(organisation: Organisation, day: date) -> dict[int, set[int]]:
    """Person -> those who sign for them on that day (primary keys)."""
    found: dict[int, set[int]] = {}
    for of, to in standing_delegations(organisation, day).values_list("of_id", "to_id"):
        found.setdefault(of, set()).add(to)
    return found


def standing_delegations(organisation: Organisation, day: date) -> Any:
    return Delegation.objects.filter(organisation=organisation, starts_on__lte=day, ends_on__gte=day, ended__isnull=True)


def worst(ratings: Iterable[str]) -> str:
    return max(ratings, key=SEVERITIES.index, default="none")


def routing_facts(assessment: Assessment, evaluation: Mapping[str, Any], register: list[dict[str, Any]], gaps: int) -> Facts:
    """What the policy's conditions can ask of a submission; a cost that isn't known in full is left out. ``evaluation``: the documented
    output; ``register``: the findings of the proposed option; ``gaps``: how many obligations it doesn't meet."""
    option = assessment.proposed_option
    assert option is not None
    result = next(o for o in evaluation["options"] if o["id"] == option.key)
    facts: Facts = {
        "risk_class": evaluation["ai_act"]["risk_class"],
        "inherent_risk": worst(f["inherent"] for f in register),
        "residual_risk": worst(f["residual"] for f in register),
        "blockers": sum(f["blocker"] for f in register),
        "gaps": gaps,
        "archetype": assessment.use_case.archetype,
        "sourcing": option.sourcing,
        "appetite": assessment.organisation.risk_appetite,
        "as_recommended": evaluation["recommendation"]["option"] == option.key,
    }
    if evaluation["currency"]:
        facts["currency"] = evaluation["currency"]
    total = result["costs"].get("total")
    if total and result["costs"]["complete"]:
        facts["cost_total"] = int(Decimal(str(total["likely"])).to_integral_value(rounding=ROUND_CEILING))
    return facts


def route(policy: Policy, facts: Facts, organisation: Organisation, hands: set[User]) -> list[Routed]:
    """The stages that the policy asks for, each with who could sign in it; ``hands``: who wrote or answered, and so can't.

    Raises Refused where a stage can't be filled, or not all of them by different people.
    """
    approvers = approvers_of(organisation)
    free = [person for person in approvers if person not in hands]
    delegates = delegates_on(organisation, timezone.now().date())
    stages = [_routed(rule, facts, approvers, free, delegates) for rule in policy.stages_for(facts)]
    for stage in stages:
        if not fillable(_slots(stage)):
            raise Refused(_nobody(stage, free))
    if not fillable([slot for stage in stages for slot in _slots(stage)]):
        raise Refused(
            "The stages of the sign-off need more people than there are: nobody may sign one record twice. Ask an administrator to make "
            "somebody else an approver."
        )
    return stages


def _routed(rule: StageRule, facts: Facts, approvers: list[User], free: list[User], delegates: dict[int, set[int]]) -> Routed:
    certain = rule.applies(facts) is True
    able = {person.pk for person in free}
    if rule.who.role:
        # "All" is counted on the day: the seats are those who could sign then, and later appointments change nothing.
        seats = tuple(free) if rule.quorum == "all" else ()
        needed = max(len(free), 1) if rule.quorum == "all" else 1 if rule.quorum == "any" else rule.quorum
        return Routed(rule, seats, needed, frozenset(able), certain)
    named = {person.reference: person for person in approvers}
    if missing := [reference for reference in rule.who.people if reference not in named]:
        known = dict(User.objects.filter(uuid__in=[r.removeprefix("person:") for r in missing]).values_list("uuid", "name"))
        names = ", ".join(str(name) for name in known.values()) or "somebody who is no longer known"
        raise Refused(f"The stage {rule.title} names {names}, who is no approver now. Ask an administrator to change the policy.")
    people = tuple(named[reference] for reference in rule.who.people)
    needed = len(people) if rule.quorum == "all" else 1 if rule.quorum == "any" else rule.quorum
    # A seat of somebody who had a hand in the record stays empty: a delegate doesn't make it another's.
    voices = {p.pk for person in people if person.pk in able for p in [person]}
    voices |= {to for of in set(voices) for to in delegates.get(of, ()) if to in able}
    return Routed(rule, people, needed, frozenset(voices), certain)


def _slots(stage: Routed) -> list[Slot]:
    return [Slot(stage.rule.id, stage.candidates) for _ in range(stage.needed)]


def _nobody(stage: Routed, free: list[User]) -> str:
    if not free:
        return (
            "Nobody could sign this: every approver wrote or answered part of it. Ask an administrator to make somebody else an approver."
        )
    return (
        f"The stage {stage.rule.title} needs {stage.needed} {'signature' if stage.needed == 1 else 'signatures'}, and only "
        f"{len(stage.candidates)} of those it asks neither wrote nor answered part of the record. Ask an administrator to change the policy or to "
        "make somebody else an approver."
    )


def store_stages(snapshot: Snapshot, stages: list[Routed]) -> list[Stage]:
    """Write the stages and seats of a new snapshot."""
    rows = Stage.objects.bulk_create(
        Stage(
            snapshot=snapshot, position=position, key=stage.rule.id, title=stage.rule.title, meaning=stage.rule.meaning,
            role="" if stage.people else Role.APPROVER, quorum=stage.quorum, needed=stage.needed, due_days=stage.rule.due_days,
        )
        for position, stage in enumerate(stages, 1)
    )  # fmt: skip
    Seat.objects.bulk_create(Seat(stage=row, person=p) for row, stage in zip(rows, stages, strict=True) for p in stage.people)
    return rows


@dataclass(frozen=True)
class StageStanding:
    """How far a stage is. ``given``: the approvals in it; ``opened_at`` None while an earlier one is open."""

    stage: Stage
    given: int
    opened_at: datetime | None

    @property
    def closed(self) -> bool:
        return self.given >= self.stage.needed

    @property
    def due_on(self) -> date | None:
        return None if self.opened_at is None else (self.opened_at + _days(self.stage.due_days)).date()


def _days(number: int) -> timedelta:
    return timedelta(days=number)


def standings(snapshot: Snapshot) -> list[StageStanding]:
    """Every stage of a snapshot in order, with how far it is."""
    found: list[StageStanding] = []
    verdicts = list(Verdict.objects.filter(participation__snapshot=snapshot, verdict__in=APPROVING).order_by("at"))
    opens: datetime | None = snapshot.created_at
    for stage in snapshot.stages.order_by("position"):
        mine = [v for v in verdicts if v.stage_id == stage.pk]
        found.append(StageStanding(stage, len(mine), opens))
        opens = mine[stage.needed - 1].at if opens is not None and len(mine) >= stage.needed else None
    return found


def turn_of(snapshot: Snapshot) -> StageStanding | None:
    """The stage that is open; None once all are closed."""
    return next((standing for standing in standings(snapshot) if not standing.closed), None)


def hands_in(snapshot: Snapshot) -> set[int]:
    """Primary keys of who wrote or answered the record."""
    return set(Participation.objects.filter(snapshot=snapshot).exclude(part=Part.APPROVER).values_list("person_id", flat=True))


def seats_open_to(person: User, snapshot: Snapshot, stage: Stage) -> list[User]:
    """In whose seats the person may speak in the stage now, their own first; empty where in none."""
    organisation = snapshot.assessment.organisation
    members = {user.pk: user for user in approvers_of(organisation)}
    if person.pk not in members or Participation.objects.filter(snapshot=snapshot, person=person).exists():
        return []
    taken = set(Verdict.objects.filter(stage=stage).values_list("seat_of_id", flat=True)) | hands_in(snapshot)
    asked = set(members) if stage.role else set(stage.seats.values_list("person_id", flat=True))
    absent = standing_delegations(organisation, timezone.now().date()).filter(to=person).values_list("of_id", flat=True)
    # A role that the person holds is spoken for by themselves; a delegation adds nothing there.
    own = [person] if person.pk in asked - taken else []
    for_others = [] if stage.role else list(User.objects.filter(Q(pk__in=absent) & Q(pk__in=asked - taken)).order_by("name"))
    return own + for_others


def still_fillable(snapshot: Snapshot, stage: Stage, without: User) -> bool:
    """Whether the stages after ``stage`` can be filled by people other than those who have spoken and ``without``."""
    spoken = set(Participation.objects.filter(snapshot=snapshot).values_list("person_id", flat=True)) | {without.pk}
    organisation = snapshot.assessment.organisation
    members = {user.pk for user in approvers_of(organisation)}
    delegates = delegates_on(organisation, timezone.now().date())
    hands = hands_in(snapshot)
    slots = []
    for later in snapshot.stages.filter(position__gt=stage.position):
        able = set(members)
        if not later.role:
            seats = {s.person_id for s in later.seats.all()} - hands
            able = (seats | {to for of in seats for to in delegates.get(of, ())}) & members
        slots += [Slot(later.key, frozenset(able - spoken))] * later.needed
    return fillable(slots)


def who_is_asked(snapshot: Snapshot, stage: Stage) -> list[User]:
    """Everybody who could speak in the stage now: to be told, and to be shown."""
    return [person for person in approvers_of(snapshot.assessment.organisation) if seats_open_to(person, snapshot, stage)]


def has_right(person: User, who: Who) -> bool:
    """Whether a rule on acceptances names the person; its role is that of whoever gives a verdict."""
    return who.role is not None or person.reference in who.people
