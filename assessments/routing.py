"""Who is asked to sign what: an organisation's policy applied to one submission, and whose turn it is.

Stages are frozen with the snapshot; how far they are follows from the verdicts alone, so there is no state of its own that could be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Organisation, Role, User
from assessments.errors import Refused
from assessments.models import APPROVING, Assessment, Delegation, Part, Participation, Quorum, Seat, SignOffPolicy, Snapshot, Stage
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


def names_for(policy: Policy, approvers: Iterable[User]) -> dict[str, str]:
    """By reference, the names of the approvers, and of everybody else whom the policy names, with what they are no more. A query for those."""
    names = {person.reference: person.name for person in approvers}
    whos = [stage.who for stage in policy.stages] + [rule.who for rule in policy.acceptance.values()]
    named = {person for who in whos for person in who.people}
    if gone := named - names.keys():
        for person in User.objects.filter(uuid__in=[reference.removeprefix("person:") for reference in gone]):
            names[person.reference] = _("%(person)s (no approver now)") % {"person": person.name}
    return names


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
            raise Refused(_nobody(stage, free, approvers))
    if not fillable([slot for stage in stages for slot in _slots(stage)]):
        raise Refused(
            _(
                "The stages of the sign-off need more people than there are: nobody may sign one record twice. Ask an administrator to make "
                "somebody else an approver."
            )
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
        names = ", ".join(str(name) for name in known.values()) or _("somebody who is no longer known")
        said = _("The stage %(stage)s names %(names)s, who is no approver now. Ask an administrator to change the policy.")
        raise Refused(said % {"stage": rule.title, "names": names})
    people = tuple(named[reference] for reference in rule.who.people)
    needed = len(people) if rule.quorum == "all" else 1 if rule.quorum == "any" else rule.quorum
    # A seat of somebody who had a hand in the record stays empty: a delegate doesn't make it another's.
    voices = {p.pk for person in people if person.pk in able for p in [person]}
    voices |= {to for of in set(voices) for to in delegates.get(of, ()) if to in able}
    return Routed(rule, people, needed, frozenset(voices), certain)


def _slots(stage: Routed) -> list[Slot]:
    return [Slot(stage.rule.id, stage.candidates) for _each in range(stage.needed)]


def _nobody(stage: Routed, free: list[User], approvers: list[User]) -> str:
    if not approvers:
        return _("Nobody could sign this: nobody is an approver yet. Ask an administrator to make somebody one.")
    if not free:
        return _(
            "Nobody could sign this: every approver wrote or answered part of it. Ask an administrator to make somebody else an approver."
        )
    said = ngettext(
        "The stage %(stage)s needs %(n)d signature, and only %(able)d of those it asks neither wrote nor answered part of the record. "
        "Ask an administrator to change the policy or to make somebody else an approver.",
        "The stage %(stage)s needs %(n)d signatures, and only %(able)d of those it asks neither wrote nor answered part of the record. "
        "Ask an administrator to change the policy or to make somebody else an approver.",
        stage.needed,
    )
    return said % {"stage": stage.rule.title, "n": stage.needed, "able": len(stage.candidates)}


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


@dataclass(frozen=True)
class Had:
    """A person's part in a record: the verdict that they gave and when, or None for who wrote or answered."""

    verdict: str | None
    at: datetime | None


class SignOff:
    """The sign-off of one snapshot as it stands: whose turn it is, and who may speak. Everything is read once, when it is first asked for, in
    four queries whatever the number of stages, seats, verdicts and people; so an instance is good for one look and no longer."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def _stages(self) -> dict[int, tuple[Stage, list[int]]]:
        """By primary key, in order: each stage with who has a seat in it."""
        found: dict[int, tuple[Stage, list[int]]] = {}
        for row in self.snapshot.stages.annotate(seat=F("seats__person_id")).order_by("position", "seats__id"):
            _stage, seats = found.setdefault(row.pk, (row, []))
            seats += [row.seat] if row.seat is not None else []
        return found

    @cached_property
    def _parts(self) -> list[tuple[int, str, str | None, int | None, int | None, datetime | None]]:
        """Of everybody who had a part: person, part, and of an approver's verdict what it was, its stage, whose seat it took, and when."""
        given = ("verdict", "stage_id", "seat_of_id", "at")
        rows = Participation.objects.filter(snapshot=self.snapshot).order_by("verdict_given__at")
        return list(rows.values_list("person_id", "part", *(f"verdict_given__{name}" for name in given)))

    @cached_property
    def members(self) -> list[Membership]:
        """The roles that active people hold in the organisation, by name."""
        held = Membership.objects.filter(organisation=self.snapshot.assessment.organisation_id, user__is_active=True).select_related("user")
        return sorted(held, key=lambda one: (one.user.name, one.user_id))

    @cached_property
    def approvers(self) -> dict[int, User]:
        return {one.user_id: one.user for one in self.members if one.role == Role.APPROVER}

    @cached_property
    def _delegations(self) -> list[Delegation]:
        standing = standing_delegations(self.snapshot.assessment.organisation, timezone.now().date())
        return list(standing.select_related("of").order_by("of__name"))

    @property
    def involved(self) -> dict[int, str]:
        """Person (primary key) -> their part, of everybody who had one: none of them speaks again."""
        return {person: part for person, part, *_verdict in self._parts}

    def part_of(self, person: User) -> Had | None:
        """What the person had to do with the record; None for nothing."""
        return next((Had(kind, at) for who, _part, kind, _where, _seat, at in self._parts if who == person.pk), None)

    @property
    def hands(self) -> set[int]:
        """Primary keys of who wrote or answered the record."""
        return {person for person, part in self.involved.items() if part != Part.APPROVER}

    def standings(self) -> list[StageStanding]:
        """Every stage in order, with how far it is."""
        found: list[StageStanding] = []
        opens: datetime | None = self.snapshot.created_at
        for stage, _seats in self._stages.values():
            mine = [at for *_who, kind, where, _seat, at in self._parts if where == stage.pk and kind in APPROVING]
            found.append(StageStanding(stage, len(mine), opens))
            opens = mine[stage.needed - 1] if opens is not None and len(mine) >= stage.needed else None
        return found

    def turn(self) -> StageStanding | None:
        """The stage that is open; None once all are closed."""
        return next((standing for standing in self.standings() if not standing.closed), None)

    def _free(self, stage: Stage) -> set[int]:
        """Whose voices the stage asks for that have neither been given nor are theirs who had a hand in the record. The seat of somebody who is
        no approver any more stays empty: what nobody holds can't be handed on."""
        taken = {seat for *_who, _kind, where, seat, _at in self._parts if where == stage.pk and seat is not None}
        asked = set(self.approvers) if stage.role else set(self._stages[stage.pk][1]) & set(self.approvers)
        return asked - taken - self.hands

    def _delegates(self) -> dict[int, set[int]]:
        """Person -> those who sign for them today (primary keys)."""
        found: dict[int, set[int]] = {}
        for one in self._delegations:
            found.setdefault(one.of_id, set()).add(one.to_id)
        return found

    def seats_open_to(self, person: User, stage: Stage) -> list[User]:
        """In whose seats the person may speak in the stage now, their own first; empty where in none."""
        if person.pk not in self.approvers or person.pk in self.involved:
            return []
        free = self._free(stage)
        own = [person] if person.pk in free else []
        # A role that the person holds is spoken for by themselves; a delegation adds nothing there.
        if stage.role:
            return own
        return own + list(dict.fromkeys(one.of for one in self._delegations if one.to_id == person.pk and one.of_id in free - {person.pk}))

    def still_fillable(self, stage: Stage, without: User) -> bool:
        """Whether the stages after ``stage`` can be filled by people other than those who have spoken and ``without``."""
        later = [(one, one.needed) for one, _seats in self._stages.values() if one.position > stage.position]
        return self._fillable(later, {*self.involved, without.pk})

    @property
    def stuck(self) -> bool:
        """Whether nobody is left for what the open stage or one after it still needs, since somebody abstained or is no approver any more."""
        left = [(one.stage, one.stage.needed - one.given) for one in self.standings() if not one.closed]
        return bool(left) and not self._fillable(left, set(self.involved))

    def _fillable(self, wanted: Iterable[tuple[Stage, int]], spoken: set[int]) -> bool:
        """Whether people other than ``spoken`` can give so many signatures in each of the stages, nobody two of them."""
        slots = []
        for stage, needed in wanted:
            able = self._free(stage)
            if not stage.role:
                delegates = self._delegates()
                able = (able | {to for of in able for to in delegates.get(of, ())}) & set(self.approvers)
            slots += [Slot(stage.key, frozenset(able - spoken))] * needed
        return fillable(slots)

    def who_is_asked(self, stage: Stage) -> list[User]:
        """Everybody who could speak in the stage now, by name: to be told, and to be shown. As ``seats_open_to`` for each approver."""
        free = self._free(stage)
        standing_in = {} if stage.role else self._delegates()
        able = free | {to for of in free for to in standing_in.get(of, ())}
        asked = [person for pk, person in self.approvers.items() if pk in able and pk not in self.involved]
        # Who is needed at a later stage isn't asked to sign in this one, where somebody else can.
        return [person for person in asked if self.still_fillable(stage, person)] or asked


def standings(snapshot: Snapshot) -> list[StageStanding]:
    """Every stage of a snapshot in order, with how far it is."""
    return SignOff(snapshot).standings()


def turn_of(snapshot: Snapshot) -> StageStanding | None:
    """The stage that is open; None once all are closed."""
    return SignOff(snapshot).turn()


def seats_open_to(person: User, snapshot: Snapshot, stage: Stage) -> list[User]:
    """As of ``SignOff``, read now."""
    return SignOff(snapshot).seats_open_to(person, stage)


def still_fillable(snapshot: Snapshot, stage: Stage, without: User) -> bool:
    """As of ``SignOff``, read now."""
    return SignOff(snapshot).still_fillable(stage, without)


def who_is_asked(snapshot: Snapshot, stage: Stage) -> list[User]:
    """As of ``SignOff``, read now."""
    return SignOff(snapshot).who_is_asked(stage)


def has_right(person: User, who: Who) -> bool:
    """Whether a rule on acceptances names the person; its role is that of whoever gives a verdict."""
    return who.role is not None or person.reference in who.people
