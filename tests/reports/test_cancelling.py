"""Cancelling a report, by page and by API, and asking for it after all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from assessments.models import DecisionRecord
from audit.models import AuditEvent
from jobs.models import Job, Outbox
from tests.fixtures import Cast, make_approved, make_cast, more_approvers

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def decided(django_db_setup: None, django_db_blocker) -> Iterator[tuple[Cast, DecisionRecord]]:
    """A decision whose report no worker has made yet; the approver's signature asked for it."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        more_approvers(cast, "second")
        yield cast, make_approved(cast)
        transaction.set_rollback(True)


@pytest.fixture
def cast(decided: tuple[Cast, DecisionRecord], db: None) -> Cast:
    return decided[0]


@pytest.fixture
def decision(decided: tuple[Cast, DecisionRecord], db: None) -> DecisionRecord:
    return decided[1]


@pytest.fixture
def job(decision: DecisionRecord) -> Job:
    return Job.objects.get(key=f"sign_off:{decision.digest}")


class Asked:
    """The addresses of one report, as a person calls them."""

    def __init__(self, cast: Cast, decision: DecisionRecord) -> None:
        self.cast = cast
        self.parts = {"org": cast.organisation.slug, "assessment": decision.snapshot.assessment_id}

    def page(self, who: str, name: str) -> int:
        return self.client(who).post(reverse(f"reports:{name}", kwargs=self.parts)).status_code

    def panel(self, who: str) -> str:
        return self.client(who).get(reverse("reports:panel", kwargs=self.parts), headers=HTMX).content.decode()

    def api(self, who: str, name: str) -> tuple[int, dict]:
        answer = self.client(who).post(reverse(f"reports_api:{name}", kwargs=self.parts))
        return answer.status_code, answer.json()

    def client(self, who: str) -> Client:
        client = Client()
        person = self.cast[who] if who != "second" else type(self.cast.approver).objects.get(email__startswith="second@")
        client.force_login(person)
        return client


@pytest.fixture
def asked(cast: Cast, decision: DecisionRecord) -> Asked:
    return Asked(cast, decision)


@pytest.mark.parametrize("status", ["queued", "running"])
@pytest.mark.parametrize("who", ["risk_officer", "approver"])
def test_a_report_that_waits_or_is_being_made_is_cancelled_on_its_page(asked: Asked, job: Job, who: str, status: str) -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    assert reverse("reports:cancel", kwargs=asked.parts) in asked.panel(who)
    assert asked.page(who, "cancel") == 302
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not Outbox.objects.filter(job=job).exists()
    page = asked.panel(who)
    assert "was cancelled" in page
    assert "every 1s" not in page
    event = AuditEvent.objects.get(action="report.cancelled")
    assert (event.actor, event.object_id) == (asked.cast[who].reference, str(asked.parts["assessment"]))
    assert "cancelled the making of the sign-off report of" in event.sentence()


@pytest.mark.parametrize(
    ("who", "status"), [("second", 403), ("auditor", 403), ("administrator", 403), ("contributor", 403), ("outsider", 404)]
)
def test_nobody_else_cancels_it(asked: Asked, job: Job, who: str, status: int) -> None:
    assert asked.page(who, "cancel") == status
    assert asked.api(who, "report_cancel")[0] == status
    job.refresh_from_db()
    assert job.status == "queued"
    assert not AuditEvent.objects.filter(action="report.cancelled").exists()


def test_the_api_says_where_it_stands_then(asked: Asked, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status="running", step=3, steps=6, message="Laying out the pages")
    code, said = asked.api("risk_officer", "report_cancel")
    assert (code, said["progress"], said["job"]["status"]) == (200, "cancelled", "cancelled")
    code, said = asked.api("risk_officer", "report_cancel")
    assert code == 409
    assert "There is no report to cancel" in said["detail"]


@pytest.mark.parametrize("who", ["risk_officer", "approver", "administrator"])
def test_a_cancelled_report_can_be_asked_for_again(asked: Asked, job: Job, who: str) -> None:
    assert asked.page("risk_officer", "cancel") == 302
    assert reverse("reports:again", kwargs=asked.parts) in asked.panel(who)
    code, said = asked.api(who, "report_again")
    assert (code, said["progress"]) == (200, "waiting")
    assert Outbox.objects.filter(job=job).exists()
    assert AuditEvent.objects.filter(action="report.asked_again", actor=asked.cast[who].reference).exists()
    assert asked.api(who, "report_again")[0] == 409


def test_a_report_that_failed_is_an_administrator_s_to_start_again(asked: Asked, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status="failed", error="It failed.", finished_at=job.created_at)
    Outbox.objects.filter(job=job).delete()
    assert asked.page("risk_officer", "again") == 403
    assert asked.page("administrator", "again") == 302
    job.refresh_from_db()
    assert job.status == "queued"
