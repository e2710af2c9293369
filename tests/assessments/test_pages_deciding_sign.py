"""Signing, returning and rejecting through the pages: what is stored, what is refused, and what is kept of what was typed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import TestCase
from django.utils import timezone

from accounts import formats
from accounts.models import Membership
from assessments import attestation, editing, registering, workflow
from assessments.answering import response_save
from assessments.evaluation import evaluate_assessment
from assessments.models import Acceptance, Assessment, DecisionRecord, Verdict
from assessments.setting_policy import policy_set
from assessments.snapshots import content_of, to_be_accepted
from assessments.views.recording import status_for
from tests.assessments.acting import PolicyModel, Rule
from tests.assessments.playing import Reader, html, words
from tests.fixtures import PASSWORD, SIGNING, Cast, accept_all, make_cast, make_complete, more_approvers, newest, read_all


class InReview(TestCase):
    """The proposed option has one blocker that an approver may accept: nobody is on call."""

    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        option = cls.case.proposed_option
        response_save(
            actor=cls.cast.contributor, assessment=cls.case, question_id="incident-support.on-call", option=option, value="nobody"
        )
        editing.propose(actor=cls.cast.risk_officer, assessment=cls.case, option=option, reason="A rota is being set up.")
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()
        (blocker,) = to_be_accepted(content_of(newest(cls.case)))
        cls.accept = f"accept:{blocker['option']}:{blocker['id']}"
        cls.until = f"until:{blocker['option']}:{blocker['id']}"
        cls.message = blocker["message"]

    def setUp(self) -> None:
        self.approver = Reader(self.cast.approver, self.case)
        read_all(self.cast.approver, self.case)

    def fields(self, **changes: Any) -> dict[str, Any]:
        return {"digest": newest(self.case).digest, "password": PASSWORD, self.accept: "The rota starts in May."} | changes

    def refused(self, answer: Any, status: int = 422) -> str:
        assert answer.status_code == status
        assert not Verdict.objects.exists()
        assert not DecisionRecord.objects.exists()
        assert PASSWORD not in html(answer)
        return words(answer)

    def test_each_grave_finding_stands_there_with_its_treatment(self) -> None:
        case = make_complete(self.cast)
        evaluation = evaluate_assessment(case)
        register = registering.register_of(case, evaluation.release, evaluation.as_dict())
        mine = [
            f for f in register if case.proposed_option is not None and f["option"] == case.proposed_option.key and f["inherent"] == "high"
        ]
        assert len(mine) > 1, "one to be treated, and one not"
        registering.treat(
            actor=self.cast.risk_officer, assessment=case, option=case.proposed_option, finding=mine[0]["finding"], treatment="mitigate",
            plan="A second provider stands by.", owner=self.cast.contributor.email, due_on=date(2031, 3, 1), residual="low",
        )  # fmt: skip
        workflow.submit(actor=self.cast.risk_officer, assessment=case)
        text = words(Reader(self.cast.approver, case).get("sign"))
        told = "Mitigate. A second provider stands by. Contributor, until 1 March 2031 · high before, low after"
        assert told.replace("Contributor", self.cast.contributor.name) in text
        assert "No treatment: it keeps its severity." in text

    def test_the_foot_says_how_far_the_reading_is_and_what_comes_next(self) -> None:
        case = make_complete(self.cast)
        workflow.submit(actor=self.cast.risk_officer, assessment=case)
        reader = Reader(self.cast.approver, case)
        digest = newest(case).digest
        assert "0 of 8 parts read Read next : The decision that is asked for" in words(reader.get("record"))
        seen = reader.client.post(reader.url("seen"), {"digest": digest, "part": "proposal"}, headers={"hx-request": "true"})
        assert "1 of 8 parts read Read next : The result and how sure it is" in words(seen)
        assert 'id="sign-foot" hx-swap-oob="true"' in html(seen)
        assert "#part-result" in html(reader.get("sign"))
        read_all(self.cast.approver, case)
        assert "8 of 8 parts read Decide on this record" in words(reader.get("record"))
        assert 'href="#approve"' in html(reader.get("sign"))

    def test_what_changed_is_told_before_the_signature(self) -> None:
        digest = newest(self.case).digest
        workflow.return_(actor=self.cast.approver, assessment=self.case, digest=digest, reason="Say more.", signing=SIGNING)
        self.case.refresh_from_db()
        editing.propose(actor=self.cast.risk_officer, assessment=self.case, option=self.case.proposed_option, reason="The rota is set up.")
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        page = self.approver.get("sign")
        assert "What changed since record 1 Use case and proposal 1" in words(page)
        assert "/record/#since-" in html(page)

    def test_it_is_told_since_the_record_that_was_read_to_the_end(self) -> None:
        (second,) = more_approvers(self.cast, "second_approver")
        for number, reason in enumerate(("The rota is set up.", "The rota stands."), 2):
            workflow.return_(actor=second, assessment=self.case, digest=newest(self.case).digest, reason="Say more.", signing=SIGNING)
            self.case.refresh_from_db()
            editing.propose(actor=self.cast.risk_officer, assessment=self.case, option=self.case.proposed_option, reason=reason)
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
            if number == 2:
                workflow.see_part(actor=self.cast.approver, assessment=self.case, digest=newest(self.case).digest, part="proposal")
        assert "What changed since record 1" in words(self.approver.get("sign")), "of record 2 they read one part alone"
        assert "What changed since record 2" in words(Reader(second, self.case).get("sign")), "they decided on that one"

    def test_shows_the_statement_and_each_blocker(self) -> None:
        text = words(self.approver.get("sign"))
        assert attestation.statement(newest(self.case), "approve", "approval", accepting=True) in text
        assert attestation.statement(newest(self.case), "reject", "approval") in text
        assert self.message in text

    def test_signing_stores_the_statement_as_shown_and_leads_to_the_record(self) -> None:
        answer = self.approver.post("sign", **self.fields())
        assert (answer.status_code, answer["Location"]) == (302, self.approver.url("record"))
        verdict = Verdict.objects.get()
        assert verdict.statement == attestation.statement(newest(self.case), "approve", "approval", accepting=True)
        assert (verdict.authentication, verdict.address) == ("password", "127.0.0.1")
        assert Acceptance.objects.get().reason == "The rota starts in May."
        text = words(self.approver.get("record"))
        assert "The rota starts in May." in text
        assert verdict.statement in text

    def test_a_condition_is_offered_to_those_who_can_say_that_it_is_met(self) -> None:
        page = html(self.approver.get("sign"))
        for who, offered in (("contributor", True), ("approver", True), ("auditor", False), ("administrator", False), ("outsider", False)):
            assert (f'<option value="{self.cast[who].email}">' in page) is offered, who

    def test_who_returns_it_is_not_said_to_have_been_asked_who_they_are(self) -> None:
        self.approver.post("return", digest=newest(self.case).digest, reason="Name the owner.")
        text = words(self.approver.get("record"))
        assert "not asked again who it was; known by the session" in text
        assert "identity checked by" not in text

    def test_a_wrong_password_signs_nothing_and_keeps_what_was_typed(self) -> None:
        answer = self.approver.post("sign", **self.fields(password="guess"))
        text = self.refused(answer)
        assert "That isn't your password." in text
        assert text.count("Nothing was signed") == 1
        assert 'id="error_password-approve"' in html(answer)
        assert '<li><a href="#id_password-approve">' in html(answer)  # at the top, where the page is when it comes back
        assert "The rota starts in May." in html(answer)
        assert 'value="guess"' not in html(answer)

    def test_a_wrong_password_and_what_is_wrong_besides_are_told_at_once(self) -> None:
        incomplete = {"condition:1:text": "Set up a rota.", "condition:1:owner": "", "condition:1:due_on": "", self.accept: " "}
        for password in ("guess", ""):
            answer = self.approver.post("sign", **self.fields(**incomplete, password=password))
            text = self.refused(answer)
            for said in ("Say why this is accepted", "Nobody with this address can see to it", "Say until when: today or later."):
                assert said in text, password
            assert 'id="error_password-approve"' in html(answer)
        answer = self.approver.post("reject", **self.fields(reason="", password="guess"))
        self.refused(answer)
        assert 'id="error_password-reject"' in html(answer)
        assert 'id="error_reason-reject"' in html(answer)

    def test_who_abstained_or_signed_is_told_so(self) -> None:
        second, third = more_approvers(self.cast, "Second", "Third")
        workflow.return_(actor=self.cast.approver, assessment=self.case, digest=newest(self.case).digest, reason="Later.", signing=SIGNING)
        text = PolicyModel((Rule(None, 2),)).text({})
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=text, reason="Two sign.")
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        digest = newest(self.case).digest
        workflow.abstain(actor=second, assessment=self.case, digest=digest, reason="A conflict of interest.", signing=SIGNING)
        read_all(third, self.case)
        workflow.approve(actor=third, assessment=self.case, digest=digest, signing=SIGNING, acceptances=accept_all(newest(self.case)))
        today = formats.day(timezone.now())
        for person, told, other in ((second, "You abstained on", "You signed on"), (third, "You signed on", "You abstained on")):
            reader = Reader(person, self.case)
            for page in ("record", "sign"):
                text = words(reader.get(page))
                assert f"{told} {today}." in text, page
                assert other not in text
                assert "wrote or answered" not in text

    def test_no_password_is_asked_for_beside_the_field(self) -> None:
        assert "Enter your password" in self.refused(self.approver.post("sign", **self.fields(password="")))

    def test_somebody_else_s_session_and_password_do_not_mix(self) -> None:
        self.cast.approver.set_password("another long password")
        self.cast.approver.save()
        self.approver.client.force_login(self.cast.approver)
        self.refused(self.approver.post("sign", **self.fields()))

    def test_five_wrong_passwords_close_signing_even_for_the_right_one(self) -> None:
        for _ in range(5):
            self.approver.post("sign", **self.fields(password="guess"))
        assert "Signing is closed to you for 15 minutes" in self.refused(self.approver.post("sign", **self.fields()), status=429)
        self.refused(self.approver.post("reject", **self.fields(reason="No.")), status=429)

    def test_a_blocker_without_a_reason_is_refused_beside_its_field(self) -> None:
        answer = self.approver.post("sign", **self.fields(**{self.accept: " "}))
        assert "Say why this is accepted" in self.refused(answer)
        assert "is-invalid" in html(answer)

    def test_a_stale_digest_is_refused(self) -> None:
        for name in ("sign", "return", "reject"):
            answer = self.approver.post(name, **self.fields(digest="sha256:" + "0" * 64, reason="Because."))
            assert "The record has changed since you opened it" in self.refused(answer), name

    def test_what_was_decided_in_the_meantime_is_said(self) -> None:
        fields = self.fields()
        workflow.withdraw(actor=self.cast.risk_officer, assessment=self.case, reason="Stopped.")
        answer = self.approver.client.post(self.approver.url("sign"), fields, follow=True)
        assert "This assessment is withdrawn, so there is nothing to decide on now." in self.refused(answer, status=200)

    def test_author_and_answerers_are_refused_although_they_are_approvers(self) -> None:
        for person in (self.cast.risk_officer, self.cast.contributor):
            Membership.objects.create(user=person, organisation=self.cast.organisation, role="approver")
            reader = Reader(person, self.case)
            page = reader.get("sign")
            assert page.status_code == 403
            assert "Sign and approve" not in words(page)
            for name in ("sign", "return", "reject"):
                told = self.refused(reader.post(name, **self.fields(reason="Because.")))
                assert told.count("You wrote or answered part of this record.") == 1, name

    def test_others_are_refused(self) -> None:
        for who in ("risk_officer", "contributor", "auditor", "administrator"):
            reader = Reader(self.cast[who], self.case)
            for name in ("sign", "return", "reject"):
                self.refused(reader.post(name, **self.fields(reason="Because.")), status=403)

    def test_returning_needs_a_reason_and_no_password(self) -> None:
        answer = self.approver.post("return", digest=newest(self.case).digest, reason=" ")
        assert 'id="error_reason-return"' in html(answer)
        self.refused(answer)
        assert self.approver.post("return", digest=newest(self.case).digest, reason="Name the remedy.").status_code == 302
        assert (Verdict.objects.get().verdict, Verdict.objects.get().reason) == ("return", "Name the remedy.")
        self.case.refresh_from_db()
        assert self.case.status == "returned"

    def test_rejecting_needs_reason_and_password(self) -> None:
        answer = self.approver.post("reject", **self.fields(reason=""))
        assert 'id="error_reason-reject"' in html(answer)
        self.refused(answer)
        answer = self.approver.post("reject", **self.fields(reason="Too dear for us.", password="guess"))
        assert "Too dear for us." in html(answer)
        self.refused(answer)
        assert self.approver.post("reject", **self.fields(reason="Too dear for us.")).status_code == 302
        verdict = Verdict.objects.get()
        assert (verdict.verdict, verdict.reason) == ("reject", "Too dear for us.")
        assert verdict.statement == attestation.statement(newest(self.case), "reject", "approval")
        assert DecisionRecord.objects.get().outcome == "rejected"

    def test_signing_twice_finds_nothing_left(self) -> None:
        self.approver.post("sign", **self.fields())
        answer = self.approver.client.post(self.approver.url("sign"), self.fields(), follow=True)
        assert "This assessment is approved, so there is nothing to decide on now." in words(answer)
        assert Verdict.objects.count() == 1


def test_only_gaps_of_the_proposed_option_count() -> None:
    of_options = {"status": "gap", "by_option": {"vendor": "gap", "other": "met"}}
    assert [status_for(of_options, option) for option in ("vendor", "other", "own")] == ["gap", "met", None], "own has no such duty"
    assert status_for({"status": "gap"}, "own") == "gap", "a duty of the use case is every option's"
