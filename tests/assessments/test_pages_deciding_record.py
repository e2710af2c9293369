"""The record page: the frozen snapshot from its own content, and what was decided on it."""

from __future__ import annotations

from django.db import transaction
from django.test import TestCase

from accounts.models import Organisation, User
from assessments import attestation, workflow
from assessments.answering import response_save
from assessments.models import Assessment, Option, Response, UseCase
from assessments.snapshots import content_of
from tests.assessments.playing import Reader, html, links, words
from tests.fixtures import SIGNING, Cast, attach, make_cast, make_complete, make_draft, newest, read_all, sign


class Submitted(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        cls.evidence = attach(cls.cast, cls.case)
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()

    def setUp(self) -> None:
        self.auditor = Reader(self.cast.auditor, self.case)

    def test_shows_the_decision_asked_for_and_the_digest(self) -> None:
        text = words(self.auditor.get("record"))
        content = content_of(newest(self.case))
        assert newest(self.case).digest in text
        assert content["proposal"]["option_name"] in text
        assert "It fits best." in text
        assert content["use_case"]["purpose"] in text

    def test_shows_every_question_with_its_answers(self) -> None:
        text = words(self.auditor.get("record"))
        for questionnaire in content_of(newest(self.case))["questionnaires"]:
            for section in questionnaire["sections"]:
                for question in section["questions"]:
                    assert question["text"] in text
                    for answer in question["answers"].values():
                        if answer["state"] == "answered":
                            assert " ".join(answer["display"].split()) in text

    def test_names_evidence_with_its_digest(self) -> None:
        text = words(self.auditor.get("record"))
        assert self.evidence.name in text
        assert self.evidence.sha256 in text

    def test_shows_the_figures_behind_the_costs(self) -> None:
        text = words(self.auditor.get("record"))
        for label in ("Input tokens", "Horizon", "GPU price", "Cost of delay"):
            assert label in text

    def test_has_the_charts_of_the_record(self) -> None:
        assert html(self.auditor.get("record")).count('<figure class="chart-figure">') >= 3

    def test_later_changes_show_nowhere(self) -> None:
        def shown() -> str:
            """The page without the parts around it that are about the assessment as it stands now."""
            return html(self.auditor.get("record")).split('<div class="assessment-page">')[1].split("<footer")[0]

        was = shown()
        Organisation.objects.filter(pk=self.cast.organisation.pk).update(name="Renamed Bank")
        UseCase.objects.filter(pk=self.case.use_case_id).update(name="Renamed use case", purpose="Another.")
        Assessment.objects.filter(pk=self.case.pk).update(title="Renamed", proposal_reason="Another.", weights={"cost": "1"})
        Option.objects.filter(assessment=self.case).update(name="Renamed option")
        Response.objects.filter(assessment=self.case).update(state="unknown", value=None, note="Another.")
        User.objects.filter(pk=self.cast.risk_officer.pk).update(name="Renamed person")
        assert shown() == was

    def test_the_approver_is_led_to_deciding_and_others_are_not(self) -> None:
        assert self.auditor.url("sign") not in links(self.auditor.get("record"))
        approver = Reader(self.cast.approver, self.case)
        assert approver.url("sign") in links(approver.get("record"))

    def test_a_returned_record_says_why_and_the_next_one_takes_its_place(self) -> None:
        workflow.return_(
            actor=self.cast.approver, assessment=self.case, digest=newest(self.case).digest, reason="Name the remedy.", signing=SIGNING
        )
        text = words(self.auditor.get("record"))
        assert "Returned" in text
        assert "Name the remedy." in text
        question = self.case.responses.filter(option=None, state="answered").first()
        response_save(
            actor=self.cast.risk_officer, assessment=self.case, question_id=question.question, value=question.value, note="Named now."
        )
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert "Named now." in words(self.auditor.get("record"))
        first = words(self.auditor.get("record", "?number=1"))
        assert "Named now." not in first
        assert "There is a newer record of this assessment" in first
        assert self.auditor.get("record", "?number=9").status_code == 404

    def test_stages_that_nobody_will_sign_say_how_it_ended(self) -> None:
        given = {
            "actor": self.cast.approver,
            "assessment": self.case,
            "digest": newest(self.case).digest,
            "reason": "No.",
            "signing": SIGNING,
        }
        with transaction.atomic():
            workflow.return_(**given)
            assert "Ended: returned" in words(self.auditor.get("record"))
            transaction.set_rollback(True)
        with transaction.atomic():
            workflow.withdraw(actor=self.cast.risk_officer, assessment=self.case, reason="Stopped.")
            assert "Ended: withdrawn" in words(self.auditor.get("record"))
            transaction.set_rollback(True)
        read_all(self.cast.approver, self.case)
        workflow.reject(**given)
        text = words(self.auditor.get("record"))
        assert "Ended: rejected" in text
        assert "Not open yet" not in text

    def test_after_approval_it_shows_who_signed_what_and_the_report(self) -> None:
        decision = sign(self.cast, self.case)
        page = self.auditor.get("record")
        text = words(page)
        assert decision.digest in text
        assert "entries, root" in text
        assert self.cast.approver.name in text
        assert attestation.statement(newest(self.case), "approve", "approval") in text
        assert 'id="report-panel" hx-get="' in html(page)

    def test_a_contributor_does_not_read_the_record(self) -> None:
        sign(self.cast, self.case)
        assert Reader(self.cast.contributor, self.case).get("record").status_code == 403


class Unsubmitted(TestCase):
    def test_without_a_record_it_leads_to_checking(self) -> None:
        cast = make_cast()
        officer = Reader(cast.risk_officer, make_draft(cast))
        answer = officer.get("record")
        assert (answer.status_code, answer["Location"]) == (302, officer.url("check"))
