"""The register of findings through its page: treatments, what is refused beside which field, acceptances, conditions and the next assessment."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.models import Membership
from assessments import registering, workflow
from assessments.evaluation import evaluate_assessment
from assessments.models import Acceptance, Assessment, Condition, ConditionStep, DecisionRecord, Evidence, Treated
from assessments.views.wire import in_words
from assessments.workflow import Accepting, Asking
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links, words
from tests.fixtures import SIGNING, accept_all, attach, newest, read_all, sign, soon, today
from tests.triggers import without_triggers


class OnTheRegister(OnTheCompleteCase):
    finding: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        evaluation = evaluate_assessment(cls.case)
        found = registering.register_of(cls.case, evaluation.release, evaluation.as_dict())
        option = cls.case.proposed_option
        assert option is not None
        cls.finding = next(f for f in found if f["option"] == option.key and f["inherent"] == "high" and not f["blocker"])

    def setUp(self) -> None:
        self.officer = Reader(self.cast.risk_officer, self.case)

    def fields(self, **changes: Any) -> dict[str, Any]:
        return {
            "option": self.finding["option"], "finding": self.finding["finding"], "revision": "0", "treatment": "mitigate",
            "plan": "A second provider & a rehearsal.", "residual": "low", "owner": self.cast.contributor.email, "due_on": soon().isoformat(),
        } | changes  # fmt: skip


class Treating(OnTheRegister):
    def test_every_field_is_kept_and_shown_again(self) -> None:
        file: Evidence = attach(self.cast, self.case)
        answer = self.officer.post("treat", **self.fields(evidence=[str(file.pk)]))
        assert answer.status_code == 302
        row = Treated.objects.get()
        assert (row.treatment, row.plan, row.residual, row.owner, row.due_on) == (
            "mitigate", "A second provider & a rehearsal.", "low", self.cast.contributor, soon(),
        )  # fmt: skip
        assert list(row.evidence.all()) == [file]
        page = self.officer.client.get(answer["Location"])
        text = html(page)
        assert "A second provider &amp; a rehearsal.</textarea>" in text
        assert f'value="{soon().isoformat()}"' in text
        assert f'<option value="{self.cast.contributor.email}" selected>' in text
        assert f'name="evidence" value="{file.pk}"' in text
        assert text.count(" checked>") == 1
        assert "1 treated" in words(page)
        assert "The proposed option comes first." in words(page)
        assert f'id="{answer["Location"].partition("#")[2]}"' in text

    def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(self) -> None:
        first, second = attach(self.cast, self.case), attach(self.cast, self.case, name="second.txt", content=b"another")
        self.officer.post("treat", **self.fields(evidence=[str(first.pk)]))
        typed = self.fields(
            revision="1", plan=" ", treatment="transfer", residual="medium", owner="", due_on="2027-02-30", evidence=[str(second.pk)]
        )
        answer = self.officer.post("treat", **typed)
        assert "Write the day as year-month-day" in words(answer)
        answer = self.officer.post("treat", **typed | {"due_on": soon().isoformat()})
        text = html(answer)
        assert answer.status_code == 422
        for field in ("plan", "owner"):
            assert f'id="error_{self.element}-{field}"' in text, field
        assert re.search(rf'aria-describedby="[^"]*error_{self.element}-{field}"', text), field
        assert '<option value="transfer" selected>' in text
        assert '<option value="medium" selected>' in text
        own = text[text.index(f'id="{self.element}"') : text.index("</details>", text.index(f'id="{self.element}"'))]
        assert '<option value="" selected>Nobody yet' in own, "the owner that was taken out isn't put back"
        ticked = [part.split('"')[0] for part in own.split('name="evidence" value="')[1:] if " checked>" in part.split("<label")[0]]
        assert ticked == [str(second.pk)]
        assert Treated.objects.get().treatment == "mitigate"

    @property
    def element(self) -> str:
        return f"f-{self.finding['option']}-{self.finding['finding']}".replace(".", "_")

    def test_a_file_of_another_assessment_is_named(self) -> None:
        answer = self.officer.post("treat", **self.fields(evidence=["8f0e9f9e-33d1-4f9b-9b0e-0d7f4b3a9a10"]))
        assert answer.status_code == 422
        assert "One of the files isn't attached in this assessment." in words(answer)

    def test_who_saved_meanwhile_is_not_overwritten_unseen(self) -> None:
        self.officer.post("treat", **self.fields())
        answer = self.officer.post("treat", **self.fields(treatment="avoid", plan="We drop it."))
        assert answer.status_code == 409
        text = words(answer)
        assert "You saved this finding in another window meanwhile." in text
        assert "Mitigate: A second provider & a rehearsal." in text
        assert "We drop it." in text
        assert Treated.objects.get().treatment == "mitigate"
        assert self.officer.post("treat", **self.fields(revision="1", treatment="avoid", plan="We drop it.")).status_code == 302
        assert Treated.objects.get().treatment == "avoid"

    def test_a_treatment_is_taken_back(self) -> None:
        self.officer.post("treat", **self.fields())
        assert self.officer.post("treat", **self.fields(take_back="1")).status_code == 302
        assert not Treated.objects.exists()
        assert "Take the treatment back" not in words(self.officer.get("findings"))

    def test_what_is_not_there_is_said(self) -> None:
        assert "no such option" in words(self.officer.post("treat", **self.fields(option="gone")))
        answer = self.officer.post("treat", **self.fields(finding="gone"))
        assert (answer.status_code, "has no finding" in words(answer)) == (422, True)

    def test_others_read_it_and_change_nothing(self) -> None:
        self.officer.post("treat", **self.fields())
        for who in ("contributor", "approver", "auditor", "administrator"):
            reader = Reader(self.cast[who], self.case)
            page = reader.get("findings")
            assert "A second provider & a rehearsal." in words(page), who
            assert "<textarea" not in html(page), who
            assert reader.post("treat", **self.fields(revision="1")).status_code == 403, who

    def test_what_is_submitted_is_frozen(self) -> None:
        self.officer.post("treat", **self.fields())
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        answer = self.officer.post("treat", **self.fields(revision="1", plan="Other."))
        assert answer.status_code == 409
        assert "<textarea" not in html(answer)
        text = words(self.officer.get("findings"))
        assert in_words(soon()) in text
        assert soon().isoformat() not in text


class Accepted(OnTheRegister):
    def accepted_until(self, day: Any) -> None:
        self.officer.post("treat", **self.fields(treatment="accept", residual="", owner="", due_on="", plan="Rare."))
        assert "1 to be accepted" in words(self.officer.get("findings"))
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        read_all(self.cast.approver, self.case)
        acceptances = {key: Accepting("Rare enough.", day) for key in accept_all(newest(self.case))}
        workflow.approve(
            actor=self.cast.approver, assessment=self.case, digest=newest(self.case).digest, signing=SIGNING, acceptances=acceptances
        )

    def over(self) -> None:
        """As if its last day were yesterday, in its row and in the decision record."""
        yesterday = today() - timedelta(days=1)
        with without_triggers(connection):
            Acceptance.objects.update(expires_on=yesterday)
            row = DecisionRecord.objects.get()
            content = bytes(row.content).replace(soon().isoformat().encode(), yesterday.isoformat().encode())
            DecisionRecord.objects.update(content=content)

    def test_it_is_shown_with_who_why_and_until_when(self) -> None:
        self.accepted_until(soon())
        text = words(self.officer.get("findings"))
        assert f"Accepted by {self.cast.approver.name} until {in_words(soon())}" in text
        assert "The chosen option comes first." in text
        assert "Rare enough." in text
        page = self.officer.get("record")
        assert f"until {in_words(soon())}" in words(page)
        assert "can’t be renewed on this decision" in words(page)
        assert "#next" in links(page)
        assert 'id="next"' in html(page)

    def test_after_its_last_day_the_finding_is_open_again_and_the_way_on_is_shown(self) -> None:
        self.accepted_until(soon())
        self.over()
        page = self.officer.get("findings")
        assert "Open again: accepted until" in words(page)
        assert "An acceptance is over" in words(page)
        assert "open again" in words(self.officer.get("record"))
        auditor = Reader(self.cast.auditor, self.case).get("record")
        assert "A risk officer starts it from this page." in words(auditor)
        assert "#next" not in links(auditor)
        self.officer.post("succeed")
        new = Assessment.objects.get(supersedes=self.case)
        page = self.officer.get("record")
        assert "The next assessment has been started" in words(page)
        assert Reader(self.cast.risk_officer, new).url("detail") in links(page)
        assert "Start the next assessment" not in words(page)

    def test_a_decision_without_an_acceptance_says_nothing_of_it(self) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        sign(self.cast, self.case)
        text = words(self.officer.get("record"))
        assert "can’t be renewed" not in text
        assert "Start the next assessment from this one" in text


class Conditions(OnTheRegister):
    first: Condition
    second: Condition

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        asked = (Asking("Set up a rota.", cls.cast.contributor.email, soon()), Asking("Sign the clause.", cls.cast.approver.email, soon()))
        decision = sign(cls.cast, cls.case, *asked)
        cls.case.refresh_from_db()
        cls.first, cls.second = Condition.objects.filter(verdict__participation__snapshot=decision.snapshot).order_by("number")

    def setUp(self) -> None:
        super().setUp()
        self.owner, self.approver = Reader(self.cast.contributor, self.case), Reader(self.cast.approver, self.case)

    def step(self, reader: Reader, condition: Any, **fields: str) -> Any:
        url = reader.url("findings").replace("findings/", f"conditions/{condition.pk}/")
        return reader.client.post(url, fields)

    def test_its_owner_says_that_it_is_met_and_an_approver_that_it_is_not(self) -> None:
        assert self.step(self.owner, self.first, note="Rota of four, ticket 12.").status_code == 302
        text = words(self.owner.get("findings"))
        assert "Met: Rota of four, ticket 12." in text
        assert "Reopen it" not in text
        refused = self.step(self.owner, self.first, reopen="1", note="Not so.")
        assert refused.status_code == 403
        assert self.step(self.approver, self.first, reopen="1", note="Only three of them.").status_code == 302
        text = words(self.owner.get("findings"))
        assert "Reopened: Only three of them." in text
        assert "It is met" in text
        assert [step.kind for step in ConditionStep.objects.order_by("id")] == ["met", "reopened"]

    def test_somebody_else_s_is_theirs_or_a_risk_officer_s(self) -> None:
        assert self.step(self.owner, self.second, note="I say so.").status_code == 403
        assert not ConditionStep.objects.exists()
        assert self.step(self.officer, self.second, note="Signed on Monday.").status_code == 302
        assert self.step(Reader(self.cast.auditor, self.case), self.first, note="Seen.").status_code == 403

    def test_a_step_needs_to_say_how(self) -> None:
        answer = self.step(self.owner, self.first, note="  ")
        assert answer.status_code == 422
        assert f'id="note-error-{self.first.pk}"' in html(answer)
        assert not ConditionStep.objects.exists()

    def test_a_step_that_does_not_fit_how_it_stands_is_told_and_keeps_what_was_typed(self) -> None:
        self.step(self.owner, self.first, note="Done.")
        answer = self.step(self.officer, self.first, note="Done again.")
        assert (answer.status_code, "This condition is met already." in words(answer)) == (409, True)
        answer = self.step(self.approver, self.second, reopen="1", note="Isn't so.")
        assert (answer.status_code, "This condition isn't marked as met." in words(answer)) == (409, True)

    def test_one_of_another_assessment_is_not_found(self) -> None:
        other = Assessment.objects.create(
            organisation=self.case.organisation, use_case=self.case.use_case, title="Other", catalogue=self.case.catalogue,
            catalogue_digest=self.case.catalogue_digest, author=self.cast.risk_officer,
        )  # fmt: skip
        assert self.step(Reader(self.cast.risk_officer, other), self.first, note="Met.").status_code == 404

    def test_one_that_is_late_says_so(self) -> None:
        with without_triggers(connection):
            Condition.objects.filter(pk=self.first.pk).update(due_on=today() - timedelta(days=1))
        assert "Overdue" in words(self.owner.get("findings"))


class Succeeding(OnTheRegister):
    def test_it_begins_once_from_one_that_has_ended(self) -> None:
        answer = self.officer.client.post(self.officer.url("succeed"), follow=True)
        assert "is draft" in words(answer)
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        sign(self.cast, self.case)
        answer = self.officer.client.post(self.officer.url("succeed"), follow=True)
        assert "The next assessment is a draft." in words(answer)
        answer = self.officer.client.post(self.officer.url("succeed"), follow=True)
        assert "The next assessment has been started already." in words(answer)
        assert Assessment.objects.filter(supersedes=self.case).count() == 1

    def test_a_risk_officer_starts_it(self) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        sign(self.cast, self.case)
        for who in ("contributor", "approver", "auditor", "administrator"):
            reader = Reader(self.cast[who], self.case)
            assert "Start the next assessment" not in words(reader.get("record")), who
            assert reader.post("succeed").status_code == 403, who
        Membership.objects.create(user=self.cast.auditor, organisation=self.cast.organisation, role="risk_officer")
        assert Reader(self.cast.auditor, self.case).post("succeed").status_code == 302
