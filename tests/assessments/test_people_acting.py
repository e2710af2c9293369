"""People acting on assessments in any order, drawn at random: the service does what a model in plain Python says (``acting``), a refusal changes
nothing, and what must hold of the stored sign-offs holds after each step.

PEOPLE_ACTING_EXAMPLES=500 plays that many sequences in the place of a few.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import Membership, User
from accounts.seal import warm
from accounts.services import membership_grant, membership_revoke
from assessments import daily, delegating, editing, routing, workflow
from assessments.answering import response_save
from assessments.errors import Refused
from assessments.files import import_assessment
from assessments.models import Assessment, DecisionRecord, Delegation, Snapshot, Verdict
from assessments.parts import PARTS, part_keys
from assessments.setting_policy import policy_set
from assessments.succeeding import succeed
from assessments.verifying import verify_records
from assessments.workflow import Asking
from audit.verify import verify_stream
from tests.assessments.acting import ANSWERS, CASE, INSURANCE, ON_CALL, OTHER, POLICIES, PROPOSED, CaseModel, Refusal, StandIn, World
from tests.fixtures import SIGNING, Cast, accept_all, ask_for_everything, make_cast, more_approvers, newest

EXAMPLES = int(os.environ.get("PEOPLE_ACTING_EXAMPLES", "12"))
STEPS = 25
START = datetime(2026, 12, 1, 12, tzinfo=UTC)
MOVES = {
    ("draft", "in_review"), ("returned", "in_review"), ("in_review", "returned"), ("in_review", "approved"), ("in_review", "rejected"),
    ("draft", "withdrawn"), ("returned", "withdrawn"), ("in_review", "withdrawn"), ("approved", "expired"), ("approved", "superseded"),
}  # fmt: skip
COUNTED = (
    "audit_auditevent", "accounts_membership", "jobs_job", "assessments_assessment", "assessments_snapshot", "assessments_stage",
    "assessments_participation", "assessments_partseen", "assessments_verdict", "assessments_acceptance", "assessments_condition",
    "assessments_decisionrecord", "assessments_delegation", "assessments_delegationend", "assessments_signoffpolicy",
)  # fmt: skip

SEATED = ("approver", "second", "third", "fourth")
PEOPLE = ("risk_officer", "contributor", *SEATED, "auditor", "administrator", "outsider")


def mostly_by(*likely: str) -> st.SearchStrategy[str]:
    """One of these three times in four, and anybody otherwise."""
    return st.sampled_from([who for who in likely for _ in range(3 * len(PEOPLE) // len(likely))] + list(PEOPLE))


anybody = st.sampled_from(PEOPLE)
approver, answerer = mostly_by(*SEATED, "contributor"), mostly_by("risk_officer", "contributor", "contributor")
risk_officer, administrator = mostly_by("risk_officer"), mostly_by("administrator")
mostly, seldom = st.sampled_from((True,) * 5 + (False,)), st.sampled_from((False,) * 5 + (True,))
back = st.sampled_from((0, 0, 0, 1, 2))  # which case: mostly the newest


class Stage:
    """What all sequences begin with: the people, a complete case and a policy; each sequence is taken back afterwards."""

    def __init__(self) -> None:
        self.cast: Cast = make_cast()
        second, third, fourth = more_approvers(self.cast, "second", "third", "fourth")
        self.people: dict[str, User] = {who: self.cast[who] for who in PEOPLE if who not in ("second", "third", "fourth")}
        self.people |= {"second": second, "third": third, "fourth": fourth}
        self.addresses = {who: person.email for who, person in self.people.items()}
        self.case = import_assessment(actor=self.cast.risk_officer, organisation=self.cast.organisation, text=CASE.read_text("utf-8"))
        self.ask_all(self.case)
        self.set_policy("administrator", 0)
        warm(self.cast.organisation)

    def ask_all(self, case: Assessment) -> None:
        """Everybody is asked for everything, so that their roles alone decide who may answer."""
        for person in self.people.values():
            ask_for_everything(case, person)

    def set_policy(self, who: str, number: int) -> None:
        text = POLICIES[number].text(self.addresses)
        policy_set(actor=self.people[who], organisation=self.cast.organisation, text=text, reason="As agreed.")

    def model(self) -> World:
        roles = {who: {who} for who in PEOPLE} | {who: {"approver"} for who in SEATED} | {"outsider": set()}
        answers = {question: (given[0], 1, "risk_officer") for question, given in ANSWERS.items()}
        return World(roles, POLICIES[0], [CaseModel(answers)], START.date())


class Acting(RuleBasedStateMachine):
    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.clock = time_machine.travel(START)
        self.time = self.clock.start()
        self.errors = Errors()
        logging.getLogger("assessments.daily").addHandler(self.errors)
        self.cast, self.people, self.world = self.stage.cast, self.stage.people, self.stage.model()
        self.organisation = self.cast.organisation
        self.cases = [self.stage.case.pk]
        self.delegations: list[Delegation] = []
        self.before = self.stands()
        self.unchecked = True
        self.statuses = {self.stage.case.pk: "draft"}

    def teardown(self) -> None:
        for case in self.world.cases:
            event(f"a case ends {case.status} after {case.submissions} submissions")
        logging.getLogger("assessments.daily").removeHandler(self.errors)
        self.clock.stop()
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def stands(self) -> tuple[Any, ...]:
        """Enough of the database to see any change of it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in COUNTED))
            counts = cursor.fetchone()
            cursor.execute("SELECT sum(revision) FROM assessments_response")
            revisions = cursor.fetchone()
        assessments = Assessment.objects.order_by("created_at").values_list("pk", "status", "review_on", "updated_at", "proposed_option_id")
        return counts, revisions, tuple(assessments)

    def attempt(self, expected: Refusal, act: Callable[[], object]) -> bool:
        """Whether it was done; it is where the model says so, and refused as the model says and without a trace otherwise."""
        got: Refusal = None
        try:
            act()
        except (Refused, PermissionDenied) as refusal:
            got, said = type(refusal), str(refusal)
        assert got is expected, f"expected {expected}, got {got and said}"
        stands = self.stands()
        if got is not None:
            event(f"{got.__name__}: {said[:40]}")
            assert stands == self.before, f"refused ({said}), and something changed"
        self.unchecked |= stands != self.before
        self.before = stands
        return got is None

    def chosen(self, back: int) -> tuple[CaseModel, Assessment]:
        number = max(len(self.cases) - 1 - back, 0)
        return self.world.cases[number], Assessment.objects.select_related("organisation").get(pk=self.cases[number])

    def newest(self, *statuses: str) -> int:
        """How many cases are newer than the newest one that stands so."""
        return min(back for back, case in enumerate(reversed(self.world.cases)) if case.status in statuses)

    def digest(self, case: Assessment, current: bool) -> str:
        """The newest snapshot's; or else the one before, or of nothing at all."""
        digests = list(case.snapshots.order_by("-number").values_list("digest", flat=True))
        if not current:
            digests = digests[1:]
        return digests[0] if digests else "sha256:" + "0" * 64

    @initialize(submitted=mostly, policy=st.sampled_from((0, 0, 1, 2, 3, 4)), helped=st.booleans())
    def begin(self, submitted: bool, policy: int, helped: bool) -> None:
        """``helped``: an approver answered part of it."""
        if policy:
            self.policy("administrator", policy)
        if helped:
            self.edit("contributor", 0, INSURANCE, True, True)
            self.give_or_take_role("administrator", "contributor")
        if submitted:
            self.propose("risk_officer", 0, PROPOSED, True)
            self.submit("risk_officer", 0)

    @rule(data=st.data(), what=st.sampled_from(("edit", "edit", "edit", "propose", "submit", "withdraw", "succeed")), back=back)
    def write(self, data: st.DataObject, what: str, back: int) -> None:
        """What the author's side does, at any time. One rule, as ``arrange``."""
        who = data.draw(risk_officer if what != "edit" else answerer)
        if what == "edit":
            self.edit(who, back, data.draw(st.sampled_from((ON_CALL, INSURANCE))), data.draw(st.booleans()), data.draw(mostly))
        elif what == "propose":
            self.propose(who, back, data.draw(st.sampled_from((PROPOSED, PROPOSED, OTHER))), data.draw(mostly))
        elif what == "withdraw":
            self.withdraw(who, back, data.draw(seldom))
        else:
            {"submit": self.submit, "succeed": self.succeed}[what](who, back)

    def edit(self, who: str, back: int, question: str, worse: bool, fresh: bool) -> None:
        model, case = self.chosen(back)
        answer, revision = ANSWERS[question][worse], model.answers[question][1]
        expected = self.world.edit(who, model, question, answer, fresh)
        option = case.options.get(key=PROPOSED) if question == ON_CALL else None
        done = self.attempt(expected, lambda: response_save(
            actor=self.people[who], assessment=case, question_id=question, option=option, value=answer, revision=revision - (not fresh)
        ))  # fmt: skip
        if done:
            self.world.did_edit(who, model, question, answer)

    def propose(self, who: str, back: int, option: str, reason: bool) -> None:
        model, case = self.chosen(back)
        chosen = case.options.get(key=option)
        if self.attempt(self.world.propose(who, model), lambda: editing.propose(
            actor=self.people[who], assessment=case, option=chosen, reason="It fits best." if reason else " "
        )):  # fmt: skip
            model.proposal = option, reason

    def submit(self, who: str, back: int) -> None:
        model, case = self.chosen(back)
        if self.attempt(self.world.submit(who, model), lambda: workflow.submit(actor=self.people[who], assessment=case)):
            self.world.did_submit(who, model)

    @precondition(lambda self: any(case.status in ("draft", "returned") for case in self.world.cases))
    @rule(reason=mostly)
    def submit_properly(self, reason: bool) -> None:
        back = self.newest("draft", "returned")
        self.propose("risk_officer", back, PROPOSED, reason)
        self.submit("risk_officer", back)

    @rule(who=approver, back=back, current=mostly, part=st.sampled_from([None, None, "proposal", "changes", "preface"]))
    def read(self, who: str, back: int, current: bool, part: str | None) -> None:
        """All that is left to be read, or one part, which there may not be."""
        model, case = self.chosen(back)
        digest, record = self.digest(case, current), model.record
        keys = part_keys(case.latest_snapshot) if record else list(PARTS)
        have = set(keys[: record.read.get(who, 0)]) if record else set()
        left = [key for key in keys if key not in have] if part is None else [part]
        expected = self.world.may_read(who, model, current)
        for key in left:
            unknown = None if expected or key in keys else Refused
            if self.attempt(expected or unknown, lambda key=key: workflow.see_part(
                actor=self.people[who], assessment=case, digest=digest, part=key
            )) and part is None:  # fmt: skip
                record.read[who] = record.read.get(who, 0) + 1

    @rule(
        who=approver, back=back, kind=st.sampled_from(("approve", "approve", "return", "reject", "abstain")), reading=mostly, current=mostly,
        reason=mostly, seat=st.none() | st.none() | anybody, accepting=mostly, conditions=st.sampled_from((None, None, True, False)),
    )  # fmt: skip
    def speak(
        self, who: str, back: int, kind: str, reading: bool, current: bool, reason: bool, seat: str | None, accepting: bool,
        conditions: bool | None,
    ) -> None:  # fmt: skip
        model, case = self.chosen(back)
        if reading and self.world.may_read(who, model, current=True) is None:
            self.read(who, back, True, None)
        expected = self.world.speak(who, model, kind, current=current, reason=reason, seat=seat, accepting=accepting, conditions=conditions)
        given: dict[str, Any] = {
            "actor": self.people[who], "assessment": case, "digest": self.digest(case, current), "signing": SIGNING,
            "on_behalf_of": self.people[seat] if seat else None,
        }  # fmt: skip
        if kind == "approve":
            snapshot = case.latest_snapshot
            given["acceptances"] = accept_all(snapshot) if accepting and snapshot else {}
            if conditions is not None:
                text = "Name the remedy." if conditions else " "
                given["conditions"] = [Asking(text, self.cast.contributor.email, self.world.today + timedelta(days=30))]
        else:
            given["reason"] = "The remedy isn't named." if reason else " "
        acts: dict[str, Callable[..., object]] = {
            "approve": workflow.approve, "return": workflow.return_, "reject": workflow.reject, "abstain": workflow.abstain
        }  # fmt: skip
        if self.attempt(expected, lambda: acts[kind](**given)):
            today = self.world.today
            self.world.did_speak(who, model, kind, seat, today.replace(year=today.year + 1))

    @precondition(lambda self: any(case.status == "in_review" for case in self.world.cases))
    @rule(data=st.data(), last=st.sampled_from(("approve",) * 4 + ("return", "return", "reject")), people=st.sampled_from((1, 2, 3, 4)))
    def speak_in_turn(self, data: st.DataObject, last: str, people: int) -> None:
        """Some whose turn it is do all that they should, but for one thing at times: by chance alone, few sequences would come to a decision."""
        back = self.newest("in_review")
        model, _ = self.chosen(back)
        for left in reversed(range(people)):
            asked = [(who, seat) for who in sorted(self.people) for seat in self.world.seats(who, model.record)]
            if not asked or model.status != "in_review":
                return
            who, seat = data.draw(st.sampled_from(asked))
            conditions = data.draw(st.sampled_from((None, None, True)))
            lacking = data.draw(st.sampled_from((None,) * 6 + ("reading", "current", "reason", "accepting")))
            done = {part: part != lacking for part in ("reading", "current", "reason", "accepting")}
            self.speak(who=who, back=back, kind="approve" if left else last, seat=seat, conditions=conditions, **done)

    @precondition(lambda self: self.delegations and any(case.status == "in_review" for case in self.world.cases))
    @rule(which=st.integers(0, 3), kind=st.sampled_from(("approve", "abstain")))
    def speak_for_another(self, which: int, kind: str) -> None:
        """Who stands in for somebody, or did, or will, signs in their seat."""
        arranged = self.world.stand_ins[which % len(self.delegations)]
        done = dict.fromkeys(("reading", "current", "reason", "accepting"), True)
        self.speak(who=arranged.to, back=self.newest("in_review"), kind=kind, seat=arranged.of, conditions=None, **done)

    def withdraw(self, who: str, back: int, reason: bool) -> None:
        model, case = self.chosen(back)
        expected = self.world.withdraw(who, model, reason)
        why = "Stopped." if reason else ""
        if self.attempt(expected, lambda: workflow.withdraw(actor=self.people[who], assessment=case, reason=why)):
            model.status = "withdrawn"

    def succeed(self, who: str, back: int) -> None:
        model, case = self.chosen(back)
        made: list[Assessment] = []
        if self.attempt(self.world.succeed(who, model), lambda: made.append(succeed(actor=self.people[who], assessment=case))):
            self.world.did_succeed(model)
            self.stage.ask_all(made[0])
            self.cases.append(made[0].pk)

    @precondition(lambda self: any(case.status == "approved" for case in self.world.cases))
    @rule()
    def succeed_properly(self) -> None:
        self.succeed("risk_officer", self.newest("approved"))
        if any(case.status in ("draft", "returned") for case in self.world.cases):
            self.submit_properly(True)

    @rule(data=st.data(), what=st.sampled_from(("role", "policy", "delegate", "delegate", "end", "days", "days")))
    def arrange(self, data: st.DataObject, what: str) -> None:
        """What isn't done to an assessment itself. One rule, or sequences would consist of little else."""

        def draw(*from_: Any) -> Any:
            return data.draw(st.sampled_from(from_))

        if what == "role":
            self.give_or_take_role(data.draw(administrator), draw(*SEATED, "risk_officer", "contributor"))
        elif what == "policy":
            self.policy(data.draw(administrator), draw(*range(len(POLICIES))))
        elif what == "delegate":
            self.delegate(
                data.draw(administrator | approver), data.draw(approver), data.draw(approver), draw(0, 0, 0, -1, 1), draw(0, 1, 1, 50, -1)
            )
        elif what == "end" and self.delegations:
            self.end(data.draw(administrator | approver), draw(*range(len(self.delegations))))
        elif what == "days":
            self.days_pass(draw(1, 1, 40, 366))

    def delegate(self, who: str, of: str, to: str, begins: int, days: int) -> None:
        first = self.world.today + timedelta(days=begins)
        last = first + timedelta(days=days)
        made: list[Delegation] = []
        if self.attempt(self.world.delegate(who, of, to, first, last), lambda: made.append(delegating.delegate(
            actor=self.people[who], organisation=self.organisation, of=self.people[of], to=self.people[to], starts_on=first, ends_on=last,
            reason="On leave.",
        ))):  # fmt: skip
            self.delegations += made
            self.world.stand_ins.append(StandIn(of, to, first, last))

    def end(self, who: str, which: int) -> None:
        stand_in = self.world.stand_ins[which]
        if self.attempt(self.world.end(who, stand_in), lambda: delegating.end(
            actor=self.people[who], delegation=Delegation.objects.get(pk=self.delegations[which].pk)
        )):  # fmt: skip
            stand_in.ended = True

    def give_or_take_role(self, who: str, person: str) -> None:
        """The role approver changes hands."""
        expected = None if "administrator" in self.world.roles[who] else PermissionDenied
        held = Membership.objects.filter(user=self.people[person], organisation=self.organisation, role="approver").first()
        if self.attempt(expected, lambda: membership_revoke(actor=self.people[who], membership=held) if held else membership_grant(
            actor=self.people[who], user=self.people[person], organisation=self.organisation, role="approver"
        )):  # fmt: skip
            self.world.roles[person] ^= {"approver"}

    def policy(self, who: str, number: int) -> None:
        if self.attempt(self.world.set_policy(who, POLICIES[number]), lambda: self.stage.set_policy(who, number)):
            self.world.policy = POLICIES[number]

    def days_pass(self, days: int) -> None:
        today = self.world.today + timedelta(days=days)
        self.time.move_to(datetime.combine(today, START.timetz()))
        self.world.day(today)
        self.attempt(None, lambda: daily.run(today))

    @invariant()
    def what_must_hold_holds(self) -> None:
        if not self.unchecked:
            return
        self.unchecked = False
        assert self.errors.told == []
        expected = {pk: case.status for pk, case in zip(self.cases, self.world.cases, strict=True)}
        found = dict(Assessment.objects.values_list("pk", "status"))
        assert found == expected
        assert {(was, found[pk]) for pk, was in self.statuses.items() if was != found[pk]} <= MOVES
        self.statuses = found
        for snapshot in Snapshot.objects.prefetch_related("participations"):
            check_snapshot(snapshot)
        for pk, model in zip(self.cases, self.world.cases, strict=True):
            if model.status == "in_review" and model.record:
                snapshot = newest(Assessment.objects.get(pk=pk))
                turn = routing.turn_of(snapshot)
                assert turn is not None
                asked = {person.pk for person in routing.who_is_asked(snapshot, turn.stage)}
                able = {who for who in PEOPLE if self.world.seats(who, model.record)}
                free = {who for who in able if not self.world.needed_later(who, model.record)}
                assert asked == {self.people[who].pk for who in free or able}
        report = verify_stream(self.organisation.stream)
        assert (report.problems, verify_records(self.organisation)) == ([], [])


class Errors(logging.Handler):
    """What is done by the calendar fails into the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


def check_snapshot(snapshot: Snapshot) -> None:
    """What the rows say of one sign-off, by themselves."""
    later = Snapshot.objects.filter(assessment=snapshot.assessment_id, number=snapshot.number + 1).first()
    verdicts = list(Verdict.objects.filter(participation__snapshot=snapshot).select_related("participation"))
    people = Counter(verdict.participation.person_id for verdict in verdicts)
    had_a_hand = {p.person_id for p in snapshot.participations.all() if p.part != "approver"}
    assert set(people.values()) <= {1}, "somebody spoke twice"
    assert not had_a_hand & people.keys(), "who wrote or answered spoke"
    for verdict in verdicts:
        assert verdict.snapshot_digest == snapshot.digest
        assert snapshot.created_at <= verdict.at and (later is None or verdict.at < later.created_at), (
            "given on a record that wasn't the newest"
        )
    decision = DecisionRecord.objects.filter(snapshot=snapshot).first()
    approving = [v for v in verdicts if v.verdict in ("approve", "approve_with_conditions")]
    quorate = all(sum(v.stage_id == stage.pk for v in approving) >= stage.needed for stage in snapshot.stages.all())
    assert quorate == (decision is not None and decision.outcome == "approved")
    assert any(v.verdict == "reject" for v in verdicts) == (decision is not None and decision.outcome == "rejected")


@pytest.mark.databases
@pytest.mark.django_db
def test_people_acting_in_any_order() -> None:
    with time_machine.travel(START):

        class Played(Acting):
            stage = Stage()

        few = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck))
        run_state_machine_as_test(Played, settings=few)
