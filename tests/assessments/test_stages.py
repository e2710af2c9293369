"""Stages, seats, standing in, acceptances that end, findings that are treated, and the next assessment: by the functions that pages and API call."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import TestCase
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.seal import SealUnreadable
from accounts.tasks import send_mail
from assessments import daily, delegating, registering, workflow
from assessments.editing import propose
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment
from assessments.models import Acceptance, Assessment, DecisionRecord, Delegation, Participation, Verdict
from assessments.policy import DEFAULT, PolicyError, default_policy, read_policy
from assessments.setting_policy import policy_set, policy_text
from assessments.snapshots import content_of
from assessments.succeeding import succeed
from assessments.verifying import verify_records
from assessments.workflow import Accepting, Asking
from audit.models import AuditEvent
from jobs.models import Job
from reports.verifier.signatures import check_signatures
from tests.fixtures import SIGNING, Cast, accept_all, make_cast, make_complete, more_approvers, newest, read_all, sign, today


def with_stages(stages: str) -> str:
    """The default policy with other stages."""
    head, _, rest = DEFAULT.read_text().partition("stages:\n")
    return head + "stages:\n" + stages + rest[rest.index("\n# Who may accept") :]


class Played(TestCase):
    cast: Cast
    case: Assessment
    second: User
    third: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        cls.second, cls.third = more_approvers(cls.cast, "second_approver", "third_approver")

    def set_policy(self, stages: str) -> None:
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=with_stages(stages), reason="As agreed.")

    def submit(self) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        for person in (self.cast.approver, self.second, self.third):
            read_all(person, self.case)

    def approve(self, person: User, **more: Any) -> str:
        snapshot = newest(self.case)
        more = {"acceptances": accept_all(snapshot)} | more
        workflow.approve(actor=person, assessment=self.case, digest=snapshot.digest, signing=SIGNING, **more)
        self.case.refresh_from_db()
        return self.case.status


class Stages(Played):
    def two_stages(self) -> None:
        self.set_policy(
            "  - {id: first, title: First, who: {role: approver}, quorum: 2, due_days: 5, meaning: review}\n"
            f"  - {{id: last, title: Last, who: {{people: [{self.third.email}]}}, quorum: all, due_days: 5, meaning: approval}}\n"
        )
        self.submit()

    def test_each_opens_when_the_one_before_has_its_quorum(self) -> None:
        self.two_stages()
        assert self.approve(self.cast.approver) == "in_review"
        assert workflow.may_sign(self.second, newest(self.case))
        assert self.approve(self.second) == "in_review"
        assert self.approve(self.third) == "approved"
        record = content_of(DecisionRecord.objects.get())
        assert [(s["key"], s["given"], s["needed"]) for s in record["stages"]] == [("first", 2, 2), ("last", 1, 1)]
        assert [v["meaning"] for v in record["verdicts"]] == ["review", "review", "approval"]

    def test_who_is_called_otherwise_later_signed_all_the_same(self) -> None:
        self.two_stages()
        self.approve(self.cast.approver)
        was = self.cast.approver.name
        User.objects.filter(pk=self.cast.approver.pk).update(name="Married Name", email="married@meridian-bank.example")
        self.approve(self.second)
        assert self.approve(self.third) == "approved"
        assert verify_records(self.cast.organisation) == []
        record = DecisionRecord.objects.get()
        assert content_of(record)["verdicts"][0]["person"]["name"] == was
        assert [c.message for c in check_signatures(content_of(record)) if c.ok is not True] == []

    def test_who_is_needed_later_can_not_sign_before(self) -> None:
        self.two_stages()
        with self.assertRaisesMessage(Refused, "You are needed at a later stage"):
            self.approve(self.third)

    def test_a_decision_without_its_quorum_is_refused_by_the_database(self) -> None:
        self.two_stages()
        self.approve(self.cast.approver)
        with pytest.raises(DatabaseError), transaction.atomic():
            DecisionRecord.objects.create(
                snapshot=newest(self.case), outcome="approved", content=b"{}", digest="sha256:none", created_at=timezone.now()
            )

    def test_a_verdict_out_of_turn_is_refused_by_the_database(self) -> None:
        self.two_stages()
        snapshot = newest(self.case)
        part = Participation.objects.create(snapshot=snapshot, person=self.third, part="approver")
        with pytest.raises(DatabaseError), transaction.atomic():
            Verdict.objects.create(
                participation=part, stage=snapshot.stages.get(key="last"), seat_of=self.third, verdict="approve", role="approver",
                meaning="approval", statement="I approve.", snapshot_digest=snapshot.digest, at=timezone.now(), authentication="none",
            )  # fmt: skip

    def test_a_verdict_in_the_seat_of_who_is_no_approver_any_more_is_refused_by_the_database(self) -> None:
        self.set_policy(
            f"  - {{id: only, title: Only, who: {{people: [{self.third.email}]}}, quorum: all, due_days: 5, meaning: approval}}\n"
        )
        self.submit()
        snapshot = newest(self.case)
        part = Participation.objects.create(snapshot=snapshot, person=self.second, part="approver")
        Delegation.objects.create(
            organisation=self.cast.organisation, of=self.third, to=self.second, starts_on=today(), ends_on=today(), reason="Away.",
            created_by=self.third, created_at=timezone.now(),
        )  # fmt: skip

        def speak() -> None:
            with transaction.atomic():
                Verdict.objects.create(
                    participation=part, stage=snapshot.stages.get(), seat_of=self.third, verdict="approve", role="approver",
                    meaning="approval", statement="I approve.", snapshot_digest=snapshot.digest, at=timezone.now(), authentication="none",
                )  # fmt: skip

        Membership.objects.filter(user=self.third).update(role=Role.CONTRIBUTOR)
        with pytest.raises(DatabaseError, match="whose seat and turn it is"):
            speak()
        Membership.objects.filter(user=self.third).update(role=Role.APPROVER)
        speak()  # it was the role alone

    def test_returning_voids_what_was_signed(self) -> None:
        self.two_stages()
        self.approve(self.cast.approver)
        workflow.return_(
            actor=self.second, assessment=self.case, digest=newest(self.case).digest, reason="Name the remedy.", signing=SIGNING
        )
        self.submit()
        assert self.approve(self.cast.approver) == "in_review", "signs the new record anew"
        assert self.approve(self.second) == "in_review"

    def test_every_verdict_asks_for_a_checkpoint(self) -> None:
        self.two_stages()
        given = {"assessment": self.case, "reason": "My brother sells it.", "signing": SIGNING}
        workflow.abstain(actor=self.second, digest=newest(self.case).digest, **given)
        self.approve(self.cast.approver)
        (fourth,) = more_approvers(self.cast, "fourth_approver")
        workflow.return_(actor=fourth, digest=newest(self.case).digest, **given)
        asked = Job.objects.filter(task="reports.publish_checkpoint").values_list("key", flat=True)
        assert sorted(asked) == sorted(f"checkpoint:verdict:{verdict.pk}" for verdict in Verdict.objects.all())
        assert len(asked) == 3

    def test_a_condition_is_for_somebody_who_can_say_that_it_is_met(self) -> None:
        self.submit()
        for email in (self.cast.auditor.email, self.cast.administrator.email, self.cast.outsider.email):
            with pytest.raises(Refused) as refused:
                self.approve(self.cast.approver, conditions=(Asking("Sign the addendum.", email, today()),))
            assert "condition:1:owner" in refused.value.fields

    def test_what_can_not_be_filled_is_refused_at_submission(self) -> None:
        self.set_policy("  - {id: all, title: Board, who: {role: approver}, quorum: 4, due_days: 5, meaning: approval}\n")
        with self.assertRaisesMessage(Refused, "The stage Board needs 4 signatures"):
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert self.case.latest_snapshot is None

    def test_two_stages_need_two_people(self) -> None:
        one = f"who: {{people: [{self.third.email}]}}, quorum: all, due_days: 5, meaning: approval"
        self.set_policy(f"  - {{id: a, title: A, {one}}}\n  - {{id: b, title: B, {one}}}\n")
        with self.assertRaisesMessage(Refused, "need more people than there are"):
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)

    def test_a_seal_that_can_not_be_used_signs_nothing_and_says_so(self) -> None:
        self.submit()
        broken = mock.patch.object(workflow, "warm", side_effect=SealUnreadable("It has expired."))
        with broken, self.assertRaisesMessage(Refused, "It has expired."):
            self.approve(self.cast.approver)
        assert not Verdict.objects.exists()


class Register(Played):
    def setUp(self) -> None:
        self.option = self.case.proposed_option
        found = registering.register_of(self.case, evaluate_assessment(self.case).release, evaluate_assessment(self.case).as_dict())
        self.finding = next(f for f in found if f["option"] == self.option.key and f["inherent"] == "high" and not f["blocker"])

    def treat(self, **changes: Any) -> Any:
        given = {
            "treatment": "mitigate",
            "plan": "A second provider.",
            "residual": "low",
            "owner": self.cast.contributor.email,
            "due_on": today(),
        }
        return registering.treat(
            actor=self.cast.risk_officer, assessment=self.case, option=self.option, finding=self.finding["finding"], **(given | changes)
        )

    def test_a_treatment_is_frozen_with_the_record(self) -> None:
        self.treat()
        self.submit()
        (entry,) = [e for e in content_of(newest(self.case))["register"] if e["treatment"]]
        assert (entry["inherent"], entry["residual"], entry["owner"]["name"]) == ("high", "low", self.cast.contributor.name)
        event = AuditEvent.objects.filter(action="finding.treated").get()
        assert (event.changes["before"]["residual"], event.changes["after"]["residual"]) == ("high", "low")
        with pytest.raises(WrongStatus):
            self.treat()

    def test_what_can_not_be_is_named(self) -> None:
        for changes, field in (
            ({"treatment": "pray"}, "treatment"), ({"plan": " "}, "plan"), ({"residual": "critical"}, "residual"), ({"owner": ""}, "owner"),
            ({"owner": self.cast.outsider.email}, "owner"), ({"due_on": None}, "due_on"), ({"treatment": "accept"}, "residual"),
            ({"evidence": ("none",)}, "evidence"),
        ):  # fmt: skip
            with self.subTest(changes=changes), pytest.raises(Refused) as refused:
                self.treat(**changes)
            assert field in refused.value.fields

    def test_who_treats_has_a_hand_in_it(self) -> None:
        Membership.objects.create(user=self.second, organisation=self.cast.organisation, role="risk_officer")
        registering.treat(
            actor=self.second, assessment=self.case, option=self.option, finding=self.finding["finding"], treatment="accept", plan="Small."
        )
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert not workflow.may_sign(self.second, newest(self.case))

    def test_an_acceptance_has_a_last_day_and_then_the_finding_is_open_again(self) -> None:
        self.treat(treatment="accept", residual="", owner="", due_on=None)
        self.submit()
        key = (self.option.key, self.finding["finding"])
        for until in (today(), today() + timedelta(days=366)):
            with pytest.raises(Refused) as refused:
                self.approve(self.cast.approver, acceptances={key: Accepting("Rare.", until)})
            assert list(refused.value.fields) == [f"until:{key[0]}:{key[1]}"]
        assert self.approve(self.cast.approver, acceptances={key: Accepting("Rare.", today() + timedelta(days=30))}) == "approved"
        accepted = Acceptance.objects.get()
        assert (accepted.accepted_by, accepted.inherent) == (self.cast.approver.name, "high")
        assert daily.run(today() + timedelta(days=30)).get("acceptances", 0) == 0
        assert daily.run(today() + timedelta(days=31))["acceptances"] == 1
        assert daily.run(today() + timedelta(days=31)).get("acceptances", 0) == 0, "told once"
        assert AuditEvent.objects.filter(action="acceptance.expired").count() == 1

    def test_the_policy_can_ask_for_treatments(self) -> None:
        text = DEFAULT.read_text().replace("treatment_needed_from: none", "treatment_needed_from: high")
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=text, reason="As agreed.")
        with pytest.raises(Refused) as refused:
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert list(refused.value.fields) == ["findings"]


class AfterApproval(Played):
    def test_it_expires_on_its_review_date_and_says_so_once(self) -> None:
        sign_off(self)
        assert daily.run(self.case.review_on - timedelta(days=1)).get("expired", 0) == 0
        assert daily.run(self.case.review_on)["expired"] == 1
        assert daily.run(self.case.review_on).get("expired", 0) == 0
        self.case.refresh_from_db()
        assert self.case.status == "expired"

    def test_a_notice_of_its_review_is_sent_once_and_late_rather_than_never(self) -> None:
        sign_off(self)

        def told(days: int) -> list[int]:
            before = set(Job.objects.values_list("pk", flat=True))
            daily.run(self.case.review_on - timedelta(days=days))
            return [job.args["context"]["days"] for job in Job.objects.exclude(pk__in=before) if job.args.get("kind") == "review_due"]

        assert [told(days) for days in (61, 60, 60, 59, 29, 28, 1)] == [[], [60], [], [], [29], [], [1]]

    def test_a_notice_whose_day_had_come_at_the_approval_is_left_out(self) -> None:
        text = DEFAULT.read_text().replace("- {months: 12}", "- {months: 1}")
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=text, reason="As agreed.")
        sign_off(self)
        daily.run(today())
        assert not Job.objects.filter(args__kind="review_due").exists()
        daily.run(self.case.review_on - timedelta(days=13))
        assert Job.objects.filter(args__kind="review_due").count() == 1

    def test_the_next_one_begins_with_everything_and_takes_its_place(self) -> None:
        sign_off(self)
        before = evaluate_assessment(self.case).as_dict()
        new = succeed(actor=self.cast.risk_officer, assessment=self.case)
        after = evaluate_assessment(new).as_dict()
        # It is read on another day, so what is drawn at random is drawn anew.
        kept = ("id", "score", "score_best", "admissible", "completeness", "findings")
        assert [[o[k] for k in kept] for o in after["options"]] == [[o[k] for k in kept] for o in before["options"]]
        assert [o["costs"]["total"]["likely"] for o in after["options"]] == [o["costs"]["total"]["likely"] for o in before["options"]]
        for rows in ("responses", "figures"):
            assert getattr(new, rows).count() == getattr(self.case, rows).count() > 0
        with self.assertRaisesMessage(WrongStatus, "started already"):
            succeed(actor=self.cast.risk_officer, assessment=self.case)
        option = new.options.get(key=after["recommendation"]["option"])
        propose(actor=self.cast.risk_officer, assessment=new, option=option, reason="Still the best.")
        workflow.submit(actor=self.cast.risk_officer, assessment=new)
        sign(self.cast, new)
        self.case.refresh_from_db()
        assert self.case.status == "superseded"

    def test_mails_are_asked_for_at_each_step_and_sent(self) -> None:
        sign_off(self)
        asked = Job.objects.filter(task="accounts.send_mail")
        kinds = sorted((job.args["kind"], job.args["person"]) for job in asked)
        approvers = [self.cast.approver, self.second, self.third]
        assert kinds == sorted([("decision", str(self.cast.risk_officer.uuid)), *(("request_to_sign", str(p.uuid)) for p in approvers)])
        for job in asked:
            assert send_mail(str(job.pk))
        assert len(mail.outbox) == 4

    def test_who_is_made_an_approver_or_stands_in_later_is_asked_too_and_nobody_twice(self) -> None:
        self.set_policy(
            f"  - {{id: only, title: Only, who: {{people: [{self.third.email}]}}, quorum: all, due_days: 9, meaning: approval}}\n"
        )
        self.submit()

        def asked() -> list[str]:
            return sorted(job.args["person"] for job in Job.objects.filter(task="accounts.send_mail", args__kind="request_to_sign"))

        assert asked() == [str(self.third.uuid)]
        delegating.delegate(
            actor=self.third, organisation=self.cast.organisation, of=self.third, to=self.second, starts_on=today(), ends_on=today(),
            reason="Away.",
        )  # fmt: skip
        for _hour in range(2):
            assert daily.run(today()).get("reminders", 0) == 0
        assert asked() == sorted([str(self.third.uuid), str(self.second.uuid)])


def sign_off(of: Played) -> None:
    of.submit()
    assert of.approve(of.cast.approver) == "approved"


class PolicyText(Played):
    def test_what_is_kept_can_be_put_back(self) -> None:
        self.set_policy(f"  - {{id: a, title: A, who: {{people: [{self.third.email}]}}, quorum: any, due_days: 5, meaning: approval}}\n")
        text = policy_text(self.cast.organisation)
        assert self.third.email in text
        with self.assertRaisesMessage(Refused, "in force already"):
            policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=text, reason="Again.")

    def test_a_stranger_in_it_is_named(self) -> None:
        with pytest.raises(Refused) as refused:
            self.set_policy("  - {id: a, title: A, who: {people: [no@where.example]}, quorum: any, due_days: 5, meaning: approval}\n")
        assert "no@where.example isn't the address of an approver" in refused.value.fields["text"]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("quorum: any", "quorum: 0", "Line 18, stages.0.quorum"),
        ('risk_class == "undetermined"', "mood == 1", "asks mood"),
        ('risk_class == "undetermined"', 'cost_total > "a"', "can't be compared"),
        ('risk_class == "undetermined"', "risk_class", "compares what can't be compared|neither true nor false"),
        ("“{option}” that it proposes.", "{x}", "can be filled in"),
        ("I have read the record with the digest {digest}, and I approve", "I approve", "must hold {digest}"),
        ("  - {months: 12}\n", "", "the last line of review"),
        ("id: second-signature", "id: approval", "two stages have the same id"),
    ],
)
def test_a_policy_that_can_not_be_says_what_and_where(was: str, becomes: str, says: str) -> None:
    text = DEFAULT.read_text()
    assert was in text
    with pytest.raises(PolicyError, match=says.replace("{", r"\{")):
        read_policy(text.replace(was, becomes, 1))


def test_a_stage_whose_condition_can_not_be_told_stands() -> None:
    policy = default_policy()
    assert [s.id for s in policy.stages_for({"risk_class": "limited"})] == ["approval"]
    assert [s.id for s in policy.stages_for({"risk_class": "high"})] == ["approval", "second-signature"]
    assert [s.id for s in policy.stages_for({})] == ["approval", "second-signature"]
    assert (policy.review_months({"risk_class": "limited"}), policy.review_months({})) == (12, 6)


@pytest.mark.parametrize(
    ("day", "months", "then"), [((2026, 11, 28), 12, (2027, 11, 28)), ((2026, 8, 31), 6, (2027, 2, 28)), ((2026, 12, 1), 1, (2027, 1, 1))]
)
def test_months_after(day: tuple[int, int, int], months: int, then: tuple[int, int, int]) -> None:
    assert workflow.months_after(date(*day), months) == date(*then)
