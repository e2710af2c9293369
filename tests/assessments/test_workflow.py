"""The transitions: every pair of action and status, who may, and what the database refuses whatever the code says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import TestCase

from accounts.models import Membership, User
from accounts.seal import warm
from assessments import attestation, editing, workflow
from assessments.answering import figure_save, response_save
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, DecisionRecord, Part, Participation, Snapshot, Status, Verdict
from assessments.snapshots import content_of, to_be_accepted
from assessments.workflow import Accepting
from audit.models import AuditEvent
from jobs.models import Job
from tests.fixtures import SIGNING, Cast, accept_all, ask_for_everything, make_cast, make_complete, newest, read_all

ACTIONS = ("submit", "return", "approve", "reject", "abstain", "withdraw", "expire", "supersede")
EXPECTED = {
    ("submit", "draft"): "in_review",
    ("submit", "returned"): "in_review",
    ("return", "in_review"): "returned",
    ("approve", "in_review"): "approved",
    ("reject", "in_review"): "rejected",
    ("abstain", "in_review"): "in_review",
    ("expire", "approved"): "expired",
    ("supersede", "approved"): "superseded",
    ("withdraw", "draft"): "withdrawn",
    ("withdraw", "returned"): "withdrawn",
    ("withdraw", "in_review"): "withdrawn",
}
TODAY = date(2026, 11, 28)
ON_CALL, POLICY = "incident-support.on-call", "liability.use-policy"


def act(action: str, case: Assessment, actor: User, digest: str | None = None, **changes: Any) -> Any:
    """Carry out ``action`` with everything that it needs, but for ``changes``; what only the calendar or another approval does is played too."""
    if action == "expire":
        Assessment.objects.filter(pk=case.pk).update(review_on=TODAY)
        if not workflow.expire(assessment=case, today=TODAY):
            raise WrongStatus("It wasn't due.")
        return None
    if action == "supersede":
        before = Assessment.objects.values_list("status", flat=True).get(pk=case.pk)
        with transaction.atomic():
            workflow.supersede(case, case, actor)
        if Assessment.objects.values_list("status", flat=True).get(pk=case.pk) == before:
            raise WrongStatus("It stood as it was.")
        return None
    snapshot = case.latest_snapshot
    digest = digest or (snapshot.digest if snapshot else "sha256:none")
    given: dict[str, dict[str, Any]] = {
        "submit": {},
        "withdraw": {"reason": "The project was stopped."},
        "return": {"digest": digest, "reason": "Name the provider's remedy.", "signing": SIGNING},
        "abstain": {"digest": digest, "reason": "I hold shares in the vendor.", "signing": SIGNING},
        "reject": {"digest": digest, "reason": "Too dear.", "signing": SIGNING},
        "approve": {"digest": digest, "signing": SIGNING, "acceptances": accept_all(snapshot) if snapshot else {}},
    }
    functions: dict[str, Callable[..., Any]] = {
        "submit": workflow.submit, "withdraw": workflow.withdraw, "return": workflow.return_, "reject": workflow.reject,
        "approve": workflow.approve, "abstain": workflow.abstain,
    }  # fmt: skip
    return functions[action](actor=actor, assessment=case, **(given[action] | changes))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Played(TestCase):
    """One complete draft for all tests of a class; each test is taken back."""

    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        cls.prepare()

    @classmethod
    def prepare(cls) -> None:
        """For classes that begin later."""

    def actor(self, action: str) -> User:
        return self.cast.risk_officer if action in ("submit", "withdraw") else self.cast.approver

    def status(self) -> str:
        return Assessment.objects.values_list("status", flat=True).get(pk=self.case.pk)


class Submitted(Played):
    @classmethod
    def prepare(cls) -> None:
        warm(cls.cast.organisation)  # making the seal is an event of its own
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()
        read_all(cls.cast.approver, cls.case)


class Table(Submitted):
    def test_every_pair_of_action_and_status(self) -> None:
        for action in ACTIONS:
            for status in Status.values:
                with self.subTest(action=action, status=status), undone():
                    Assessment.objects.filter(pk=self.case.pk).update(status=status)
                    events = AuditEvent.objects.count()
                    if (action, status) in EXPECTED:
                        act(action, self.case, self.actor(action))
                        assert self.status() == EXPECTED[action, status]
                        assert AuditEvent.objects.count() == events + 1
                    else:
                        with pytest.raises(WrongStatus):
                            act(action, self.case, self.actor(action))
                        assert self.status() == status
                        assert AuditEvent.objects.count() == events

    def test_only_the_role_may(self) -> None:
        allowed = {"submit": "risk_officer", "withdraw": "risk_officer"} | dict.fromkeys(
            ("return", "approve", "reject", "abstain"), "approver"
        )
        for action in allowed:
            Assessment.objects.filter(pk=self.case.pk).update(status="draft" if action == "submit" else "in_review")
            for who in ("risk_officer", "contributor", "approver", "auditor", "administrator", "outsider"):
                if who == allowed[action]:
                    continue
                with self.subTest(action=action, who=who), undone(), pytest.raises(PermissionDenied):
                    act(action, self.case, self.cast[who])

    def test_reasons_are_needed(self) -> None:
        for action in ("return", "reject", "abstain", "withdraw"):
            with self.subTest(action=action), undone():
                with pytest.raises(Refused) as refused:
                    act(action, self.case, self.actor(action), reason="  ")
                assert list(refused.value.fields) == ["reason"]
                assert self.status() == "in_review"


class Submitting(Played):
    def test_freezes_the_record_and_notes_it(self) -> None:
        snapshot = workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        content = content_of(snapshot)
        assert (snapshot.number, content["number"], content["proposal"]["reason"]) == (1, 1, "It fits best.")
        event = AuditEvent.objects.order_by("-index").first()
        assert event.action == "assessment.submitted"
        assert event.object_id == str(self.case.pk)

    def test_needs_a_reason_for_another_than_the_recommended_option(self) -> None:
        recommended = self.case.proposed_option
        other = self.case.options.exclude(pk=recommended.pk).first()
        editing.propose(actor=self.cast.risk_officer, assessment=self.case, option=other, reason=" ")
        with pytest.raises(Refused) as refused:
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert list(refused.value.fields) == ["reason"]
        editing.propose(actor=self.cast.risk_officer, assessment=self.case, option=other, reason="It keeps the exit open.")
        proposal = content_of(workflow.submit(actor=self.cast.risk_officer, assessment=self.case))["proposal"]
        assert (proposal["option"], proposal["recommended"]) == (other.key, recommended.key)

    def test_needs_a_proposal(self) -> None:
        Assessment.objects.filter(pk=self.case.pk).update(proposed_option=None)
        with pytest.raises(Refused) as refused:
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert list(refused.value.fields) == ["option"]

    def test_needs_two_options(self) -> None:
        for option in self.case.options.exclude(pk=self.case.proposed_option_id):
            editing.option_remove(actor=self.cast.risk_officer, option=option)
        with pytest.raises(Refused) as refused:
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert list(refused.value.fields) == ["options"]

    def test_needs_somebody_who_could_approve(self) -> None:
        for person in (self.cast.approver, self.cast.risk_officer):
            Membership.objects.get_or_create(user=person, organisation=self.cast.organisation, role="approver")
        Membership.objects.filter(user=self.cast.approver, role="approver").delete()
        with self.assertRaisesMessage(Refused, "Nobody could sign this"):
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert self.status() == "draft"
        assert not Snapshot.objects.exists()

    def test_a_blocker_that_nobody_can_accept_stops_the_proposal(self) -> None:
        response_save(
            actor=self.cast.risk_officer, assessment=self.case, question_id=POLICY, option=self.case.proposed_option, value="forbids"
        )
        editing.propose(actor=self.cast.risk_officer, assessment=self.case, option=self.case.proposed_option, reason="All the same.")
        with pytest.raises(Refused) as refused:
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert list(refused.value.fields) == ["option"]


class Separation(Played):
    """Who wrote or answered can't approve: refused by the code, and by the database when the code is walked around."""

    @classmethod
    def prepare(cls) -> None:
        question = cls.case.responses.filter(option=None, state="answered").order_by("question").first()
        response_save(
            actor=cls.cast.contributor, assessment=cls.case, question_id=question.question, value=question.value, note="Checked again."
        )
        costs = cls.case.figures.filter(option__isnull=False).exclude(key="").first()
        counted = User.objects.create_user("finance@meridian-bank.example", "not used", name="Finance")
        Membership.objects.create(user=counted, organisation=cls.cast.organisation, role="contributor")
        ask_for_everything(cls.case, counted)
        figure_save(
            actor=counted, assessment=cls.case, option=costs.option, category=costs.category, key=costs.key, likely=str(costs.likely + 1)
        )
        cls.hands = {"author": cls.cast.risk_officer, "answered": cls.cast.contributor, "entered a figure": counted}
        for person in cls.hands.values():
            Membership.objects.create(user=person, organisation=cls.cast.organisation, role="approver")
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()

    def test_refused_by_the_server(self) -> None:
        for part, person in self.hands.items():
            for action in ("approve", "return", "reject", "abstain"):
                with self.subTest(part=part, action=action), undone():
                    assert not workflow.may_sign(person, newest(self.case))
                    with self.assertRaisesMessage(Refused, "You wrote or answered part of this record."):
                        act(action, self.case, person)
                    assert self.status() == "in_review"
                    assert not Verdict.objects.exists()

    def test_a_second_part_is_refused_by_the_database(self) -> None:
        for part, person in self.hands.items():
            with self.subTest(part=part), pytest.raises(DatabaseError), transaction.atomic():
                Participation.objects.create(snapshot=newest(self.case), person=person, part=Part.APPROVER)

    def test_a_verdict_by_who_had_another_part_is_refused_by_the_database(self) -> None:
        for participation in newest(self.case).participations.all():
            with self.subTest(part=participation.part), pytest.raises(DatabaseError), transaction.atomic():
                Verdict.objects.create(
                    participation=participation, verdict="approve", role="approver", meaning="approval", statement="I approve.",
                    snapshot_digest=newest(self.case).digest, at=newest(self.case).created_at, authentication="none",
                )  # fmt: skip

    def test_a_part_can_not_be_changed_or_taken_away(self) -> None:
        for change in (lambda rows: rows.update(part="approver"), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(Participation.objects.filter(snapshot=newest(self.case)))

    def test_who_had_no_hand_in_it_may_sign(self) -> None:
        assert workflow.may_sign(self.cast.approver, newest(self.case))
        read_all(self.cast.approver, self.case)
        act("approve", self.case, self.cast.approver)
        assert self.status() == "approved"


class Deciding(Submitted):
    def test_a_stale_digest_is_refused(self) -> None:
        for action in ("approve", "return", "reject", "abstain"):
            with self.subTest(action=action), undone():
                with self.assertRaisesMessage(Refused, "The record has changed"):
                    act(action, self.case, self.cast.approver, digest="sha256:" + "0" * 64)
                assert self.status() == "in_review"
                assert not Verdict.objects.exists()

    def test_the_digest_of_an_earlier_submission_is_stale(self) -> None:
        before = newest(self.case).digest
        act("return", self.case, self.cast.approver)
        act("submit", self.case, self.cast.risk_officer)
        read_all(self.cast.approver, self.case)
        with self.assertRaisesMessage(Refused, "The record has changed"):
            act("approve", self.case, self.cast.approver, digest=before)
        act("approve", self.case, self.cast.approver)
        assert [s.number for s in self.case.snapshots.all()] == [1, 2]

    def test_approval_makes_one_record_and_asks_once_for_its_report(self) -> None:
        act("approve", self.case, self.cast.approver)
        decision = DecisionRecord.objects.get()
        content = content_of(decision)
        assert content["decision"]["outcome"] == "approved"
        assert content["snapshot"]["digest"] == newest(self.case).digest
        verdict = content["verdicts"][0]
        assert verdict["person"]["reference"] == self.cast.approver.reference
        assert verdict["statement"] == attestation.statement(newest(self.case), "approve", "approval")
        assert newest(self.case).digest in verdict["statement"]
        assert Job.objects.get(task="reports.make_sign_off").key == f"sign_off:{decision.digest}"

    def test_rejection_makes_a_record_too(self) -> None:
        act("reject", self.case, self.cast.approver)
        content = content_of(DecisionRecord.objects.get())
        assert content["decision"]["outcome"] == "rejected"
        assert (content["verdicts"][0]["verdict"], content["verdicts"][0]["reason"]) == ("reject", "Too dear.")

    def test_what_was_signed_can_not_be_changed(self) -> None:
        act("approve", self.case, self.cast.approver)
        decision = DecisionRecord.objects.get()
        rows = (
            (Snapshot.objects.filter(assessment=self.case), {"digest": "sha256:other"}),
            (Verdict.objects.all(), {"reason": "Another."}),
            (DecisionRecord.objects.filter(pk=decision.pk), {"outcome": "rejected"}),
        )
        for found, change in rows:
            with self.subTest(table=found.model.__name__):
                with pytest.raises(DatabaseError), transaction.atomic():
                    found.update(**change)
                with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"DELETE FROM {found.model._meta.db_table}")

    def test_the_second_decision_comes_too_late(self) -> None:
        act("approve", self.case, self.cast.approver)
        other = User.objects.create_user("second@meridian-bank.example", "not used", name="Second")
        Membership.objects.create(user=other, organisation=self.cast.organisation, role="approver")
        with pytest.raises(WrongStatus):
            act("reject", self.case, other)
        assert DecisionRecord.objects.get().outcome == "approved"


class Blockers(Played):
    """The proposed option has a blocker that an approver may accept: nobody is on call."""

    @classmethod
    def prepare(cls) -> None:
        option = cls.case.proposed_option
        response_save(actor=cls.cast.risk_officer, assessment=cls.case, question_id=ON_CALL, option=option, value="nobody")
        editing.propose(actor=cls.cast.risk_officer, assessment=cls.case, option=option, reason="A rota is being set up.")
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()
        read_all(cls.cast.approver, cls.case)

    def test_each_must_be_accepted_with_a_reason(self) -> None:
        blocker = to_be_accepted(content_of(newest(self.case)))[0]
        option = blocker["option"]
        for given in ({}, {(option, blocker["id"]): Accepting("  ")}, {("another", blocker["id"]): Accepting("Fine.")}):
            with self.subTest(given=given), undone():
                with pytest.raises(Refused) as refused:
                    act("approve", self.case, self.cast.approver, acceptances=given)
                assert list(refused.value.fields) == [f"accept:{option}:{blocker['id']}"]
                assert not Verdict.objects.exists()
                assert self.status() == "in_review"

    def test_the_acceptance_is_part_of_the_decision_record(self) -> None:
        blocker = to_be_accepted(content_of(newest(self.case)))[0]
        option = blocker["option"]
        act("approve", self.case, self.cast.approver)
        accepted = content_of(DecisionRecord.objects.get())["acceptances"]
        assert [(a["option"], a["blocker"], a["reason"]) for a in accepted] == [(option, blocker["id"], "Accepted until the next review.")]
        assert accepted[0]["person"] == self.cast.approver.name

    def test_returning_needs_no_acceptance(self) -> None:
        act("return", self.case, self.cast.approver)
        assert self.status() == "returned"
