"""What a page says in another language, and what must not change with it: whatever is hashed, sealed or kept."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client, TestCase
from django.urls import reverse

from accounts import formats
from accounts.auditing import audit_access_give
from accounts.mailing import compose
from accounts.services import token_create
from assessments import editing
from assessments.charts.drawing import Chart
from assessments.errors import Refused
from assessments.models import Assessment, DecisionRecord, Snapshot
from assessments.portfolio.refreshing import refresh
from assessments.views.results import charts_of
from assessments.views.showing import manner
from audit.models import AuditEvent, AuditPrivate
from jobs.models import Job
from reports.asking import report_ask
from reports.charts import draw_charts
from reports.document import Records
from reports.exporting import JSONL, trail_export
from reports.models import Kind
from reports.reading import Filters
from tests.fixtures import Cast, make_approved, make_cast, make_complete, make_draft, make_submitted, today
from tests.pseudo import CLOSE, CODE, OPEN, speaking_pseudo


def said(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


class OnPages(TestCase):
    """Each page is asked for in the language that nobody speaks."""

    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_submitted(cls.cast)

    def page(self, name: str, person: str = "risk_officer", **address: object) -> str:
        client = Client()
        client.force_login(self.cast[person])
        with speaking_pseudo():
            answer = client.get(reverse(name, kwargs={"org": self.cast.organisation.slug, **address}))
        return answer.content.decode()

    def test_the_page_names_its_language(self) -> None:
        assert f'<html lang="{CODE}">' in self.page("assessments:list")

    def test_labels_of_statuses_and_roles(self) -> None:
        assert said("In review") in self.page("assessments:list")
        assert said("Risk officer") in self.page("accounts:people", "administrator")

    def test_a_message_after_something_was_done(self) -> None:
        client = Client()
        client.force_login(self.cast.administrator)
        address = {"org": self.cast.organisation.slug}
        with speaking_pseudo():
            answer = client.post(
                reverse("accounts:role_grant", kwargs=address), {"user": self.cast.contributor.pk, "role": "approver"}, follow=True
            )
        # The whole sentence is translated, and the name of the role by itself, before it is put in small letters.
        assert said(f"{self.cast.contributor.name} is {said('Approver').lower()} now.") in answer.content.decode()

    def test_a_refusal_beside_its_field(self) -> None:
        client = Client()
        client.force_login(self.cast.risk_officer)
        draft = make_draft(self.cast)
        with speaking_pseudo():
            where = {"org": self.cast.organisation.slug, "assessment": draft.pk}
            answer = client.post(reverse("assessments:use_case", kwargs=where), {"title": "", "name": "x", "purpose": "y"})
        assert answer.status_code == 422
        assert said(f"Enter the {said('title')}.") in answer.content.decode()

    def test_errors_of_the_api(self) -> None:
        address = {"org": self.cast.organisation.slug}
        _token, plain = token_create(actor=self.cast.auditor, organisation=self.cast.organisation, name="tests")
        with speaking_pseudo():
            answer = Client().post(
                reverse("api:assessments", kwargs=address), {}, headers={"authorization": f"Bearer {plain}"},
                content_type="application/json",
            )  # fmt: skip
            wrong = Client().get(reverse("api:assessments", kwargs=address), headers={"authorization": "Bearer cs_nothing"})
        assert answer.status_code == 403
        assert answer.json()["title"] == said("Not allowed")
        assert answer.json()["detail"].startswith(f"{OPEN}To {said('create an assessment')} one must be")
        assert wrong.json()["detail"] == said("This token isn't known. Make a new one on the tokens page.")

    def test_sentences_of_the_trail_are_translated_when_they_are_read(self) -> None:
        html = self.page("reports:trail", "auditor")
        told = f"{self.cast.risk_officer.name} submitted {self.case.title} for sign-off"
        assert said(told) in html
        event = AuditEvent.objects.get(action="assessment.submitted")
        with speaking_pseudo():
            assert event.sentence() == told
            assert event.told() == said(told)

    def test_an_export_of_the_trail_says_the_same_whoever_asks_for_it(self) -> None:
        def lines() -> list[str]:
            export = trail_export(actor=self.cast.auditor, organisation=self.cast.organisation, filters=Filters(), format=JSONL)
            return [json.loads(line)["sentence"] for line in b"".join(export.chunks).splitlines()[1:]]

        plain = lines()
        with speaking_pseudo():
            translated = lines()
        assert plain
        assert translated[: len(plain)] == plain
        assert OPEN not in "".join(translated)

    def test_a_chart_on_a_page_is_translated_with_its_table(self) -> None:
        refresh(self.case.pk)
        html = self.page("assessments:portfolio_chart", "auditor", chart="states")
        assert said("State of the portfolio") in html
        assert said("Assessments") in html


class Kept(TestCase):
    """A case that is played from beginning to end by people who read the language that nobody speaks."""

    cast: Cast
    decision: DecisionRecord

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        with speaking_pseudo():
            cls.decision = make_approved(cls.cast)
            report_ask(actor=cls.cast.approver, assessment=cls.decision.snapshot.assessment, kind=Kind.EXECUTIVE_SUMMARY)
            audit_access_give(
                actor=cls.cast.administrator, organisation=cls.cast.organisation, email="aud@example.org", name="Aud", reason="Yearly audit",
                starts_on=today(), ends_on=today(), period_from=today(),
            )  # fmt: skip

    def test_records_are_in_english(self) -> None:
        snapshot = Snapshot.objects.get()
        assert OPEN not in bytes(snapshot.content).decode()
        assert OPEN not in bytes(self.decision.content).decode()
        for label in ("Not applicable", "None of these"):  # words of ours, which pages translate
            assert f'"display":"{label}"' in bytes(snapshot.content).decode()

    def test_the_trail_keeps_values_and_no_language(self) -> None:
        assert AuditEvent.objects.count() > 10
        for event in AuditEvent.objects.all():
            assert OPEN not in bytes(event.canonical).decode(), event.action
        assert not AuditPrivate.objects.filter(text__contains=OPEN).exists()
        assert AuditEvent.objects.get(action="report.asked").changes["title"] == "executive summary"
        scope = AuditEvent.objects.get(action="audit_access.given").changes["scope"]
        assert scope == f"all assessments that were submitted or decided from {today():%-d %B %Y} on"

    def test_work_that_is_asked_for_keeps_no_language(self) -> None:
        for job in Job.objects.all():
            assert OPEN not in f"{job.label}{json.dumps(job.args, ensure_ascii=False)}", job.task

    def test_charts_of_a_report_are_the_same_bytes(self) -> None:
        row = self.decision
        records = Records(bytes(row.snapshot.content), row.snapshot.digest, bytes(row.content), row.digest)
        plain = draw_charts(records)
        with speaking_pseudo(), formats.shown_in("Europe/Berlin", "de-DE"):
            assert draw_charts(records) == plain

    def test_a_mail_is_in_the_language_of_the_service(self) -> None:
        job = Job.objects.filter(task="accounts.send_mail").first()
        assert job is not None
        plain = compose(job.args["kind"], self.cast.approver, self.cast.organisation, job.args["context"], job.pk)
        with speaking_pseudo():
            message = compose(job.args["kind"], self.cast.approver, self.cast.organisation, job.args["context"], job.pk)
            with self.settings(LANGUAGE_CODE=CODE):
                translated = compose(job.args["kind"], self.cast.approver, self.cast.organisation, job.args["context"], job.pk)
        assert (message.subject, message.body) == (plain.subject, plain.body)
        assert OPEN in translated.subject
        assert OPEN in translated.body


def test_a_refusal_is_said_in_the_language_of_whoever_asks(cast: Cast) -> None:
    draft = make_draft(cast)
    with speaking_pseudo(), pytest.raises(Refused) as refused:
        editing.weights_set(actor=cast.risk_officer, assessment=draft, weights={"liability": "plenty"})
    assert refused.value.fields["liability"] == said("'plenty' is no number; write a number from 0 to 1000000, in digits.")


def test_charts_on_a_page_are_written_as_the_reader_does(cast: Cast) -> None:
    from assessments.evaluation import evaluate_assessment
    from assessments.views.presenting import live_content

    content = live_content(evaluate_assessment(make_complete(cast)))
    plain = charts_of(content)
    with formats.shown_in("UTC", "de-DE"):
        german = charts_of(content)
    with formats.shown_in("UTC", "de-DE"):
        assert _figures(german["costs"]) == [formats.number(cell) for cell in _figures(plain["costs"])]
    assert any("," in cell and "." in cell for cell in _figures(german["costs"]))
    assert plain["costs"].svg != german["costs"].svg
    with formats.shown_in("UTC", "de-DE"):
        assert manner().amount("1204.50") == "1.204,50"
        assert manner().magnitude(Decimal(2_000_000))[1] == " million"


def _figures(chart: Chart) -> list[str]:
    return [cell for row in chart.table.rows for cell in row]
