"""Checking, proposing, submitting and withdrawing through the pages."""

from __future__ import annotations

from django.test import TestCase

from assessments.answering import response_save
from assessments.editing import option_add
from assessments.models import Assessment
from tests.assessments.playing import Reader, html, links, words
from tests.fixtures import Cast, make_cast, make_complete, make_draft, newest


class Complete(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        cls.other = cls.case.options.exclude(pk=cls.case.proposed_option_id).first()

    def setUp(self) -> None:
        self.officer = Reader(self.cast.risk_officer, self.case)

    def status(self) -> str:
        return Assessment.objects.values_list("status", flat=True).get(pk=self.case.pk)

    def test_ready_when_nothing_is_missing(self) -> None:
        page = self.officer.get("check")
        assert page.context["ready"]
        assert "(missing)" not in words(page)

    def test_what_an_approver_will_ask_about_is_counted_and_linked(self) -> None:
        page = self.officer.get("check")
        assert page.context["unfounded"] and page.context["untreated"]
        assert f"{page.context['unfounded']} answers claim a contract or a certificate and have no file." in words(page)
        assert {self.officer.url("evidence_all"), self.officer.url("findings")} <= set(links(page))
        assert len(self.officer.get("evidence_all").context["missing"]) == page.context["unfounded"]

    def test_why_it_was_returned_stands_there_again(self) -> None:
        self.officer.post("submit")
        approver = Reader(self.cast.approver, self.case)
        approver.post("return", digest=newest(self.case).digest, reason="Name the owner of the rota.")
        page = words(self.officer.get("check"))
        assert f"Returned by {self.cast.approver.name}" in page and "Name the owner of the rota." in page

    def test_submits_and_leads_to_the_record(self) -> None:
        answer = self.officer.post("submit")
        assert (answer.status_code, answer["Location"]) == (302, self.officer.url("record"))
        assert self.status() == "in_review"

    def test_another_option_needs_a_reason_and_it_says_so_beside_the_field(self) -> None:
        assert self.officer.post("propose", option=self.other.key, reason="").status_code == 302
        page = self.officer.get("check")
        assert 'id="error_proposal_reason"' in html(page)
        assert not page.context["ready"]
        refused = self.officer.post("submit")
        assert refused.status_code == 422
        assert "isn't the recommended one" in words(refused)
        assert self.status() == "draft"

    def test_the_reason_is_kept_and_lets_it_through(self) -> None:
        self.officer.post("propose", option=self.other.key, reason="It keeps the exit open.")
        page = self.officer.get("check")
        assert page.context["ready"]
        assert "It keeps the exit open." in html(page)
        assert self.officer.post("submit").status_code == 302

    def test_an_option_that_is_none_of_these_is_refused_and_the_reason_kept(self) -> None:
        page = self.officer.post("propose", option="nobody", reason="Because of this & that.")
        assert page.status_code == 422
        assert 'id="error_option"' in html(page)
        assert "Because of this &amp; that." in html(page)

    def test_a_blocker_that_nobody_accepts_is_named(self) -> None:
        response_save(
            actor=self.cast.risk_officer, assessment=self.case, question_id="liability.use-policy", option=self.case.proposed_option,
            value="forbids",
        )  # fmt: skip
        page = self.officer.get("check")
        assert "Nobody can accept this one." in words(page)
        assert not page.context["ready"]
        assert self.officer.post("submit").status_code == 422

    def test_submitting_twice_is_a_conflict(self) -> None:
        self.officer.post("submit")
        assert self.officer.post("submit").status_code == 409

    def test_withdrawing_needs_a_reason(self) -> None:
        page = self.officer.post("withdraw", withdraw_reason=" ")
        assert page.status_code == 422
        assert 'id="error_withdraw_reason"' in html(page)
        assert self.status() == "draft"
        assert self.officer.post("withdraw", withdraw_reason="Stopped.").status_code == 302
        assert self.status() == "withdrawn"

    def test_in_review_it_can_still_be_withdrawn(self) -> None:
        self.officer.post("submit")
        page = self.officer.get("check")
        assert "Withdraw the assessment" in words(page)
        assert "Save the proposal" not in words(page)
        self.officer.post("withdraw", withdraw_reason="Stopped.")
        assert self.status() == "withdrawn"

    def test_others_look_and_change_nothing(self) -> None:
        auditor = Reader(self.cast.auditor, self.case)
        page = auditor.get("check")
        assert "Submit for sign-off" not in words(page)
        for name, fields in (("propose", {"option": self.other.key}), ("submit", {}), ("withdraw", {"withdraw_reason": "No."})):
            assert auditor.post(name, **fields).status_code == 403, name
        assert self.status() == "draft"


class Empty(TestCase):
    def test_says_what_is_missing_with_links(self) -> None:
        cast = make_cast()
        officer = Reader(cast.risk_officer, make_draft(cast))
        page = officer.get("check")
        assert page.status_code == 200
        assert officer.url("options") in links(page)
        assert words(page).count("(missing)") == 2
        assert words(officer.get("findings")).count("there is no option yet") == 1
        for name in ("findings", "answers_copy"):
            assert officer.url("options") in links(officer.get(name)), name

    def test_findings_of_unanswered_options_are_not_said_to_be_none(self) -> None:
        cast = make_cast()
        draft = make_draft(cast)
        for key, sourcing in (("one", "closed_api"), ("two", "self_hosted_open")):
            option_add(actor=cast.risk_officer, assessment=draft, name=key, key=key, sourcing=sourcing)
        officer = Reader(cast.risk_officer, draft)
        page = officer.get("findings")
        assert "Neither a blocker nor a finding." not in words(page)
        assert words(page).count("blockers can’t be ruled out before more is answered.") == 2
        assert f"{officer.url('questions')}?show=blockers&amp;option=one" in html(page)

    def test_a_refused_submission_says_so(self) -> None:
        cast = make_cast()
        officer = Reader(cast.risk_officer, make_draft(cast))
        refused = officer.post("submit")
        assert refused.status_code == 422
        assert "at least two options" in words(refused)

    def test_before_anything_is_answered_it_is_too_early_to_say_that_none_is_admissible(self) -> None:
        cast = make_cast()
        draft = make_draft(cast)
        for name, sourcing in (("One", "closed_api"), ("Two", "self_hosted_open")):
            option_add(actor=cast.risk_officer, assessment=draft, name=name, sourcing=sourcing)
        officer = Reader(cast.risk_officer, draft)
        for page in (officer.get("result"), officer.get("check")):
            assert "Too early to tell" in words(page)
            assert "No option is admissible as things stand." not in words(page)
        assert f"{officer.url('questions')}?show=blockers" in links(officer.get("result"))
