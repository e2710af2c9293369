"""The pages of reports and of the trail."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from audit.trail import events_of, record
from jobs.models import Job
from reports.models import Report
from tests.fixtures import Cast
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


def url(name: str, of: Report, **more: object) -> str:
    return reverse(f"reports:{name}", kwargs={"org": of.organisation.slug, **more})


class TestDownload:
    def test_it_gives_the_stored_bytes_as_a_file_and_records_it_first(self, cast: Cast, report: Report, stored: bytes) -> None:
        response = client_of(cast, "auditor").get(url("download", report, report=report.pk))
        assert response.status_code == 200
        assert b"".join(response.streaming_content) == stored
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="sign-off-assistant.pdf"'
        assert "no-store" in response["Cache-Control"]
        event = AuditEvent.objects.get(action="report.downloaded")
        assert event.actor == cast.auditor.reference
        assert event.changes["sha256"] == report.sha256
        assert event.sentence().startswith("Auditor downloaded the sign-off report of")

    @pytest.mark.parametrize(("who", "status"), [("contributor", 403), ("outsider", 404)])
    def test_who_may_not_gets_nothing_and_nothing_is_recorded(self, cast: Cast, report: Report, who: str, status: int) -> None:
        assert client_of(cast, who).get(url("download", report, report=report.pk)).status_code == status
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    def test_another_organisation_s_address_does_not_reach_it(self, cast: Cast, report: Report) -> None:
        address = reverse("reports:download", kwargs={"org": cast.elsewhere.slug, "report": report.pk})
        assert client_of(cast, "outsider").get(address).status_code == 404

    def test_a_file_that_was_changed_in_the_store_is_withheld(self, cast: Cast, report: Report) -> None:
        with without_triggers(connection):
            Report.objects.filter(pk=report.pk).update(sha256="0" * 64)
        response = client_of(cast, "auditor").get(url("download", report, report=report.pk))
        assert response.status_code == 503
        assert "any more" in response.content.decode()
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    def test_a_file_that_is_gone_is_said_to_be(self, cast: Cast, report: Report) -> None:
        with without_triggers(connection):
            Report.objects.filter(pk=report.pk).update(file="reports/none.pdf")
        response = client_of(cast, "auditor").get(url("download", report, report=report.pk))
        assert response.status_code == 503
        assert "read now" in response.content.decode()


class TestPanel:
    def test_once_it_is_made_it_links_to_the_file_and_asks_no_more(self, cast: Cast, report: Report) -> None:
        page = client_of(cast, "auditor").get(url("panel", report, assessment=report.assessment_id), headers=HTMX).content.decode()
        assert url("download", report, report=report.pk) in page
        assert report.sha256 in page
        assert "every 1s" not in page
        assert "<html" not in page

    def test_while_it_is_being_made_it_shows_the_step_and_asks_again(self, cast: Cast, report: Report, waiting: Job) -> None:
        Job.objects.filter(pk=waiting.pk).update(status="running", step=3, steps=6, message="Laying out the pages")
        page = client_of(cast, "auditor").get(url("panel", report, assessment=report.assessment_id), headers=HTMX).content.decode()
        assert "Laying out the pages" in page
        assert "step 3 of 6" in page
        assert 'hx-trigger="every 1s"' in page
        assert 'value="50"' in page

    def test_a_failure_is_shown_with_its_reason(self, cast: Cast, report: Report, waiting: Job) -> None:
        self._fail(waiting)
        page = client_of(cast, "auditor").get(url("panel", report, assessment=report.assessment_id), headers=HTMX).content.decode()
        assert "The seal can&#x27;t be opened." in page
        assert "every 1s" not in page
        assert "Try again" not in page

    def test_an_administrator_can_start_a_failed_one_again(self, cast: Cast, report: Report, waiting: Job) -> None:
        self._fail(waiting)
        client = client_of(cast, "administrator")
        assert "Try again" in client.get(url("panel", report, assessment=report.assessment_id), headers=HTMX).content.decode()
        assert client.post(url("again", report, assessment=report.assessment_id)).status_code == 302
        waiting.refresh_from_db()
        assert (waiting.status, waiting.attempts) == ("queued", 0)

    def test_without_scripts_it_is_a_page_of_its_own(self, cast: Cast, report: Report) -> None:
        page = client_of(cast, "auditor").get(url("panel", report, assessment=report.assessment_id)).content.decode()
        assert "<html" in page
        assert url("download", report, report=report.pk) in page

    def test_the_page_that_asks_costs_few_queries(self, cast: Cast, report: Report, django_assert_max_num_queries) -> None:
        client = client_of(cast, "auditor")
        with django_assert_max_num_queries(10):
            client.get(url("panel", report, assessment=report.assessment_id), headers=HTMX)

    def _fail(self, job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(status="failed", error="The seal can't be opened.", finished_at=timezone.now())


def test_the_list_shows_every_report_of_the_organisation(cast: Cast, report: Report) -> None:
    page = client_of(cast, "auditor").get(url("list", report)).content.decode()
    assert report.assessment.title in page
    assert url("download", report, report=report.pk) in page
    assert client_of(cast, "contributor").get(url("list", report)).status_code == 403


def test_an_empty_list_says_when_one_will_be_there(cast: Cast, report: Report) -> None:
    with without_triggers(connection):
        Report.objects.all().delete()
    assert "No report yet" in client_of(cast, "auditor").get(url("list", report)).content.decode()


class TestTrail:
    def test_it_tells_the_newest_first_in_sentences(self, cast: Cast, report: Report) -> None:
        page = client_of(cast, "auditor").get(url("trail", report)).content.decode()
        made, signed = page.index("made the sign-off report of"), page.index("signed and approved")
        assert made < signed

    @pytest.mark.parametrize(
        ("query", "there", "absent"),
        [
            ({"action": "assessment.submitted"}, "submitted", "signed and approved"),
            ({"person": "approver"}, "signed and approved", "submitted Assistant"),
            ({"text": "made the"}, "made the sign-off report of", "signed and approved"),
            ({"text": "assistant"}, "signed and approved", "Nothing fits"),
        ],
    )
    def test_it_is_found_by_action_person_and_text(
        self, cast: Cast, report: Report, query: dict[str, str], there: str, absent: str
    ) -> None:
        if "person" in query:
            query = {"person": cast[query["person"]].reference}
        page = client_of(cast, "auditor").get(url("trail", report), query).content.decode()
        assert there in page
        assert absent not in page.split("</form>")[-1]

    def test_pages_keep_what_is_looked_for(self, cast: Cast, report: Report) -> None:
        for _ in range(60):
            record(
                stream=cast.organisation.stream, action="assessment.exported", actor=cast.auditor.reference, object_type="assessment",
                object_id=str(report.assessment_id),
            )  # fmt: skip
        page = client_of(cast, "auditor").get(url("trail", report), {"action": "assessment.exported"}).content.decode()
        assert "?action=assessment.exported&amp;page=2" in page

    def test_checked_it_says_that_it_is_what_was_written(self, cast: Cast, report: Report) -> None:
        client = client_of(cast, "auditor")
        size = events_of(cast.organisation.stream).count()
        response = client.post(url("trail", report), headers=HTMX)
        assert f"{size} entries were read and hashed again" in response.content.decode()
        assert "<html" not in response.content.decode()

    def test_a_changed_row_is_named(self, cast: Cast, report: Report) -> None:
        with without_triggers(connection):
            AuditEvent.objects.filter(stream=cast.organisation.stream, index=2).update(object_id="another")
        page = client_of(cast, "auditor").post(url("trail", report)).content.decode()
        assert "The trail is not what was written" in page
        assert "Entry 2" in page
        assert "<html" in page

    def test_one_assessment_s_trail_has_its_report_and_nobody_else_s_entries(self, cast: Cast, report: Report) -> None:
        page = client_of(cast, "auditor").get(url("assessment_trail", report, assessment=report.assessment_id)).content.decode()
        assert "made the sign-off report of" in page
        assert "signed and approved" in page

    def test_the_page_costs_few_queries(self, cast: Cast, report: Report, django_assert_max_num_queries) -> None:
        client = client_of(cast, "auditor")
        with django_assert_max_num_queries(15):
            client.get(url("trail", report))
