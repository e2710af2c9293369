"""Following the sign-off report over the API, and fetching it."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit.trail import events_of
from jobs.models import Job
from jobs.queue import fail
from reports.models import Report
from tests.fixtures import Cast, make_approved, make_submitted

pytestmark = pytest.mark.django_db
DATA = b"%PDF-1.7 sealed"


def stored(decision, data: bytes = DATA) -> Report:
    """What a worker leaves when it is done; making it is tested in tests/reports."""
    case = decision.snapshot.assessment
    return Report.objects.create(
        organisation=case.organisation, assessment=case, decision_record=decision, snapshot=decision.snapshot, template_version=1, size=len(data),
        file=default_storage.save("reports/sign-off.pdf", ContentFile(data)), sha256=hashlib.sha256(DATA).hexdigest(), unsigned_sha256="0" * 64,
    )  # fmt: skip


def test_followed_from_undecided_to_made(call_as, cast: Cast) -> None:
    auditor, undecided = call_as("auditor"), make_submitted(cast)
    assert auditor("get", "reports_api:report", assessment=undecided).json() == {"progress": "undecided", "job": None, "report": None}
    decision = make_approved(cast)
    case = decision.snapshot.assessment
    waiting = auditor("get", "reports_api:report", assessment=case).json()
    assert (waiting["progress"], waiting["job"]["status"], waiting["report"]) == ("waiting", "queued", None)
    assert auditor("get", "reports_api:report_file", assessment=case).status_code == 404
    report = stored(decision)
    made = auditor("get", "reports_api:report", assessment=case).json()
    assert (made["progress"], made["report"]["sha256"]) == ("made", report.sha256)


def test_failed_one_says_why(officer, cast: Cast) -> None:
    case = make_approved(cast).snapshot.assessment
    fail(Job.objects.get(task="reports.make_sign_off"), "The report was given up.")
    answer = officer("get", "reports_api:report", assessment=case).json()
    assert (answer["progress"], answer["job"]["error"]) == ("failed", "The report was given up.")


def test_download_follows_the_link_and_is_recorded(call_as, cast: Cast) -> None:
    decision = make_approved(cast)
    report, auditor = stored(decision), call_as("auditor")
    link = auditor("get", "reports_api:report", assessment=report.assessment).json()["report"]["url"]
    answer = auditor.client.get(link)
    assert b"".join(answer.streaming_content) == DATA
    assert answer["Content-Type"] == "application/pdf"
    last = events_of(cast.organisation.stream).last()
    assert (last.action, last.actor, last.object_id) == ("report.downloaded", cast.auditor.reference, str(report.pk))
    assert auditor("get", "reports_api:trail", assessment=report.assessment).json()["results"][-1]["action"] == "report.downloaded"


def test_file_that_was_changed_in_the_store_is_withheld(call_as, cast: Cast) -> None:
    report = stored(make_approved(cast), DATA + b"!")
    answer = call_as("auditor")("get", "reports_api:report_file", assessment=report.assessment)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert not events_of(cast.organisation.stream).filter(action="report.downloaded").exists()


def test_contributor_may_not_have_it(call_as, cast: Cast) -> None:
    report = stored(make_approved(cast))
    for name in ("report", "report_file", "trail"):
        assert call_as("contributor")("get", f"reports_api:{name}", assessment=report.assessment).status_code == 403
