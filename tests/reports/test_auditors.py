"""The page of auditors: what it shows and finds, reports handed out one by one and several at once, and one checked on demand."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import audit_access_give
from assessments.models import Assessment, DecisionRecord, Snapshot
from audit.checkpoints import publish
from audit.models import AuditCheck, AuditEvent
from reports import gathering
from reports.models import Report
from tests.fixtures import Cast, make_draft
from tests.triggers import without_triggers

WORKED_EXAMPLE = True

pytestmark = pytest.mark.django_db
AUDIT = "/o/meridian-bank/audit/"
GATHER = f"{AUDIT}reports.zip"


def client_of(cast: Cast, who: str = "auditor") -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


def decided(cast: Cast, title: str, *, outcome: str = "approved", at: datetime | None = None, risk_class: str = "high") -> Report:
    """A case with a decision and a report, put into the tables as they are, since the page reads no more of them."""
    case = make_draft(cast)
    content = json.dumps({"id": str(case.pk), "evaluation": {"ai_act": {"risk_class": risk_class}}}).encode()
    digests = [f"sha256:{hashlib.sha256(of + content).hexdigest()}" for of in (b"", b"decision")]
    data = f"%PDF-1.7 {title}".encode()
    with without_triggers(connection):
        Assessment.objects.filter(pk=case.pk).update(title=title, status=outcome)
        snapshot = Snapshot.objects.create(
            assessment=case, number=1, content=content, digest=digests[0], submitted_by=cast.risk_officer, created_at=timezone.now()
        )
        decision = DecisionRecord.objects.create(
            snapshot=snapshot, outcome=outcome, content=b"{}", digest=digests[1], created_at=at or timezone.now()
        )
        return Report.objects.create(
            organisation=cast.organisation, assessment=case, snapshot=snapshot, decision_record=decision, template_version=1, size=len(data),
            file=default_storage.save("reports/some.pdf", ContentFile(data)), sha256=hashlib.sha256(data).hexdigest(), unsigned_sha256="0" * 64,
        )  # fmt: skip


def titles(page: Any) -> list[str]:
    return [line.assessment.title for line, _class in page.context["lines"]]


class TestPage:
    def test_an_auditor_lands_here(self, cast: Cast) -> None:
        assert client_of(cast).get("/").url == AUDIT
        assert client_of(cast, "approver").get("/").url == "/o/meridian-bank/"

    def test_it_shows_decision_class_and_report_of_each_assessment(self, cast: Cast, report: Report) -> None:
        page = client_of(cast).get(AUDIT)
        ((line, risk_class),) = page.context["lines"]
        assert line.assessment.pk == report.assessment_id
        assert (line.outcome, line.report, risk_class) == ("approved", report, "Limited risk")
        text = page.content.decode()
        assert report.sha256 in text
        assert "Approved" in text
        assert reverse("reports:download", args=["meridian-bank", report.pk]) in text

    def test_what_is_not_decided_comes_last_and_has_no_report(self, cast: Cast, report: Report) -> None:
        make_draft(cast)
        page = client_of(cast).get(AUDIT)
        assert titles(page) == [report.assessment.title, "Chatbot for customers"]
        assert page.context["lines"][1][0].report is None
        assert (page.context["found"].there, page.context["found"].decided) == (2, 1)

    def test_the_newest_edition_of_the_sign_off_report_is_the_one(self, cast: Cast, report: Report) -> None:
        later = Report.objects.create(
            organisation=cast.organisation, assessment=report.assessment, snapshot=report.snapshot, decision_record=report.decision_record, edition=2,
            supersedes=report, reason="A typo.", template_version=1, size=5, file="reports/none.pdf", sha256="1" * 64, unsigned_sha256="0" * 64,
        )  # fmt: skip
        ((line, _class),) = client_of(cast).get(AUDIT).context["lines"]
        assert line.report == later

    def test_it_says_what_was_checked_and_when(self, cast: Cast) -> None:
        assert "not checked yet" in client_of(cast).get(AUDIT).content.decode()
        AuditCheck.objects.create(
            stream=cast.organisation.stream, at=datetime(2026, 1, 2, 2, 30, tzinfo=UTC), ok=True, size=7, root="", seconds=1
        )
        signed = publish(cast.organisation.stream)
        page = client_of(cast).get(AUDIT)
        assert "2 January 2026, 02:30" in page.content.decode()
        assert signed is not None
        assert page.context["found"].signed.size == signed.size

    @pytest.mark.parametrize("who", ["risk_officer", "contributor", "approver", "administrator"])
    def test_it_is_for_auditors(self, cast: Cast, who: str) -> None:
        assert client_of(cast, who).get(AUDIT).status_code == 403

    def test_it_costs_the_same_few_queries_whatever_is_stored(self, cast: Cast, django_assert_max_num_queries) -> None:
        access, _ = audit_access_give(
            actor=cast.administrator, organisation=cast.organisation, email="vera@example.com", name="Vera", starts_on=timezone.now().date(),
            ends_on=timezone.now().date(), reason="A look.", period_from=timezone.now().date(),
        )  # fmt: skip
        for number in range(30):
            decided(cast, f"Case {number}")
        client = Client()
        client.force_login(access.user)
        cache.clear()
        with django_assert_max_num_queries(15):
            page = client.get(AUDIT, {"q": "case", "outcome": "approved"})
        assert page.context["page"].paginator.count == 30
        assert len(page.context["lines"]) == 25
        cache.clear()
        with django_assert_max_num_queries(15):
            assert len(client.get(AUDIT, {"page": "2"}).context["lines"]) == 6  # and the one that is really signed


@pytest.mark.databases
class TestSearch:
    @pytest.fixture
    def cases(self, cast: Cast, report: Report) -> dict[str, Report]:
        return {
            "real": report,
            "scribe": decided(cast, "Meeting scribe", outcome="rejected", at=datetime(2024, 12, 31, 23, 59, tzinfo=UTC)),
            "coder": decided(cast, "Coding help", at=datetime(2025, 1, 1, tzinfo=UTC), risk_class="minimal"),
        }

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "SCRIBE"}, ["scribe"]),
            ({"q": "customer chatbot"}, ["real", "coder", "scribe"]),  # the use case, whatever the title
            ({"q": "risk off"}, ["real", "coder", "scribe"]),
            ({"q": "approver"}, ["real"]),
            ({"outcome": "rejected"}, ["scribe"]),
            ({"outcome": "undecided"}, []),
            ({"year": "2024"}, ["scribe"]),
            ({"year": "2025"}, ["coder"]),
            ({"year": "1999"}, []),
            ({"year": "2024", "outcome": "approved"}, []),
            ({"q": "nothing like it"}, []),
            ({"q": "%"}, []),
            ({"q": "\0", "outcome": "kings", "year": "０２０２"}, ["real", "coder", "scribe"]),
        ],
    )
    def test_what_is_looked_for_is_found(self, cast: Cast, cases: dict[str, Report], query: dict[str, str], found: list[str]) -> None:
        page = client_of(cast).get(AUDIT, query)
        assert page.status_code == 200
        real = cases["real"].assessment.title
        assert titles(page) == [{"real": real, "scribe": "Meeting scribe", "coder": "Coding help"}[name] for name in found]

    def test_digests_are_found_by_how_they_begin(self, cast: Cast, cases: dict[str, Report]) -> None:
        real = cases["real"]
        assert real.decision_record is not None
        for digest in (
            real.sha256,
            real.sha256[:8].upper(),
            real.snapshot.digest,
            real.decision_record.digest[:30],
            real.decision_record.digest[7:],
        ):
            assert titles(client_of(cast).get(AUDIT, {"q": digest})) == [real.assessment.title], digest

    def test_years_are_those_of_decisions(self, cast: Cast, cases: dict[str, Report]) -> None:
        years = client_of(cast).get(AUDIT).context["found"].years
        assert years == list(range(timezone.now().year, 2023, -1))

    def test_classes_are_those_of_the_records(self, cast: Cast, cases: dict[str, Report]) -> None:
        for _again in range(2):  # the second time from what was kept
            assert [risk_class for _line, risk_class in client_of(cast).get(AUDIT).context["lines"]] == [
                "Limited risk",
                "Minimal risk",
                "High-risk",
            ]


class TestGathering:
    def test_a_zip_has_the_reports_as_they_were_sealed_and_a_list(self, cast: Cast, report: Report, stored: bytes) -> None:
        other = decided(cast, "=Sum of all", outcome="rejected")
        response = client_of(cast).post(GATHER, {"report": [other.pk, report.pk]})
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith('attachment; filename="reports-meridian-bank-')
        with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
            assert archive.testzip() is None
            assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
            inside = {info.filename.split("/")[1]: archive.read(info) for info in archive.infolist()}
        rows = list(csv.DictReader(io.StringIO(inside.pop("manifest.csv").decode())))
        assert (
            [row["file"] for row in rows]
            == list(inside)
            == ["01-sign-off-sum-of-all.pdf", "02-sign-off-chatbot-for-retail-banking-customers.pdf"]
        )
        assert inside[rows[1]["file"]] == stored
        for row, made in zip(rows, (other, report), strict=True):
            assert hashlib.sha256(inside[row["file"]]).hexdigest() == row["sha256"] == made.sha256
            assert row["size"] == str(len(inside[row["file"]]))
            assert made.decision_record is not None
            assert row["decision_record"] == made.decision_record.digest
        assert rows[0]["title"] == "'=Sum of all"
        assert rows[0]["outcome"] == "rejected"

    def test_each_report_is_recorded_before_a_byte_is_sent(self, cast: Cast, report: Report) -> None:
        other = decided(cast, "Other")
        response = client_of(cast).post(GATHER, {"report": [report.pk, other.pk, report.pk]})
        events = AuditEvent.objects.filter(action="report.downloaded", actor=cast.auditor.reference)
        assert [(event.object_id, event.changes["together"]) for event in events] == [(str(report.pk), 2), (str(other.pk), 2)]
        assert response.streaming

    def test_none_chosen_brings_the_page_back(self, cast: Cast, report: Report) -> None:
        page = client_of(cast).post(f"{GATHER}?q=chatbot")
        assert page.status_code == 422
        assert "Choose the reports to download first." in page.content.decode()
        assert titles(page) == [report.assessment.title]

    def test_too_many_are_refused(self, cast: Cast, report: Report) -> None:
        with mock.patch.object(gathering, "MOST", 1):
            page = client_of(cast).post(GATHER, {"report": [report.pk, decided(cast, "Other").pk]})
        assert page.status_code == 422
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    @pytest.mark.parametrize("which", ["00000000-0000-4000-8000-000000000000", "nothing"])
    def test_one_that_isnt_there_is_a_404_and_none_is_recorded(self, cast: Cast, report: Report, which: str) -> None:
        assert client_of(cast).post(GATHER, {"report": [report.pk, which]}).status_code == 404
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    def test_one_that_was_changed_in_the_store_withholds_them_all(self, cast: Cast, report: Report) -> None:
        other = decided(cast, "Other")
        with default_storage.open(other.file.name, "r+b") as file:
            file.write(b"%PDF-1.8")
        response = client_of(cast).post(GATHER, {"report": [report.pk, other.pk]})
        assert response.status_code == 503
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    def test_one_that_is_changed_on_the_way_leaves_a_zip_that_doesnt_open(self, cast: Cast, report: Report) -> None:
        other = decided(cast, "Other")
        chunks = client_of(cast).post(GATHER, {"report": [other.pk]}).streaming_content
        with default_storage.open(other.file.name, "r+b") as file:
            file.write(b"%PDF-1.8")
        got: list[bytes] = []
        with pytest.raises(RuntimeError, match="broken off"):
            got.extend(chunks)
        assert not zipfile.is_zipfile(io.BytesIO(b"".join(got)))

    @pytest.mark.parametrize(("who", "status"), [("contributor", 403), ("outsider", 404)])
    def test_who_may_not_gets_nothing(self, cast: Cast, report: Report, who: str, status: int) -> None:
        assert client_of(cast, who).post(GATHER, {"report": [report.pk]}).status_code == status


class TestChecking:
    def url(self, report: Report) -> str:
        return reverse("reports:check", args=["meridian-bank", report.pk])

    def test_a_sound_report_holds_and_the_page_of_auditors_says_when_it_was_checked(self, cast: Cast, report: Report) -> None:
        client = client_of(cast)
        page = client.post(self.url(report))
        assert page.context["checked"].failures == []
        assert "Everything that could be checked holds" in page.content.decode()
        event = AuditEvent.objects.get(action="report.checked")
        assert event.sentence() == f"Auditor checked the sign-off report of {report.assessment.title}: it holds"
        assert "held when checked" in client.get(AUDIT).content.decode()

    def test_one_that_was_changed_fails_and_the_last_check_counts(self, cast: Cast, report: Report, stored: bytes) -> None:
        client = client_of(cast)
        client.post(self.url(report))
        name = default_storage.save("reports/changed.pdf", ContentFile(stored.replace(b"%%EOF", b"%%EOG")))
        with without_triggers(connection):
            Report.objects.filter(pk=report.pk).update(file=name)
        page = client.post(self.url(report))
        assert page.context["checked"].failures
        assert AuditEvent.objects.filter(action="report.checked").order_by("-index")[0].changes["result"] == "it doesn't hold"
        assert "did not hold when checked" in client.get(AUDIT).content.decode()

    def test_a_file_that_is_gone_fails(self, cast: Cast, report: Report) -> None:
        with without_triggers(connection):
            Report.objects.filter(pk=report.pk).update(file="reports/none.pdf")
        (failure,) = client_of(cast).post(self.url(report)).context["checked"].failures
        assert "can't be read" in failure.message

    @pytest.mark.parametrize(("who", "status"), [("contributor", 403), ("outsider", 404), ("administrator", 200)])
    def test_whoever_reads_reports_checks_them(self, cast: Cast, report: Report, who: str, status: int) -> None:
        assert client_of(cast, who).post(self.url(report)).status_code == status


class TestAdmitting:
    """The page on which administrators give limited access, and end it."""

    ADDRESS = "/o/meridian-bank/people/auditors/"

    def form(self, **changes: Any) -> dict[str, Any]:
        today = timezone.now().date().isoformat()
        return {
            "name": "Vera Lind",
            "email": "vera@example.com",
            "starts_on": today,
            "ends_on": today,
            "scope": "all",
            "reason": "Audit.",
        } | changes

    def test_chosen_assessments_are_all_that_the_auditor_finds(self, cast: Cast, report: Report) -> None:
        draft = make_draft(cast)
        page = client_of(cast, "administrator").post(self.ADDRESS, self.form(scope="listed", assessment=[draft.pk]))
        assert page.status_code == 200
        assert page.context["password"] in page.content.decode()
        client = Client()
        assert client.login(username="vera@example.com", email="vera@example.com", password=page.context["password"])
        assert titles(client.get(AUDIT)) == [draft.title]
        assert client.get(reverse("reports:download", args=["meridian-bank", report.pk])).status_code == 404
        assert client.post(GATHER, {"report": [report.pk]}).status_code == 404
        assert client.post(reverse("reports:check", args=["meridian-bank", report.pk])).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"starts_on": ""}, "starts_on"),
            ({"ends_on": "31.1.2027"}, "ends_on"),
            ({"ends_on": "2020-01-01"}, "ends_on"),
            ({"email": "none"}, "email"),
            ({"reason": ""}, "reason"),
            ({"scope": "listed"}, "assessments"),
            ({"scope": "listed", "assessment": ["00000000-0000-4000-8000-000000000000"]}, "assessments"),
            ({"scope": "listed", "assessment": ["what"]}, "assessments"),
            ({"period_from": "2026-13-01"}, "period_from"),
            ({"period_from": "2026-02-01", "period_to": "2026-01-01"}, "period_to"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(self, cast: Cast, changes: dict[str, Any], field: str) -> None:
        page = client_of(cast, "administrator").post(self.ADDRESS, self.form(**changes))
        assert page.status_code == 422
        assert field in page.context["errors"]
        assert 'value="Vera Lind"' in page.content.decode()
        assert not cast.organisation.audit_accesses.exists()

    def test_an_assessment_of_another_organisation_cant_be_chosen(self, cast: Cast) -> None:
        client = Client()
        client.force_login(cast.outsider)
        theirs = make_draft(cast)
        page = client.post("/o/harbour-insurance/people/auditors/", self.form(scope="listed", assessment=[theirs.pk]))
        assert page.status_code == 422

    def test_it_is_ended_with_a_reason(self, cast: Cast) -> None:
        client = client_of(cast, "administrator")
        client.post(self.ADDRESS, self.form())
        access = cast.organisation.audit_accesses.get()
        address = reverse("reports:auditor_end", args=["meridian-bank", access.pk])
        page = client.post(address, {"reason": " "})
        assert page.status_code == 422
        assert f'id="end-error-{access.pk}"' in page.content.decode()
        assert client.post(address, {"reason": "They are done."}).status_code == 302
        assert "They are done." in client.get(self.ADDRESS).content.decode()
        assert client.post(address, {"reason": "Again."}).status_code == 422

    def test_another_organisation_s_access_is_out_of_reach(self, cast: Cast) -> None:
        client_of(cast, "administrator").post(self.ADDRESS, self.form())
        address = reverse("reports:auditor_end", args=["harbour-insurance", cast.organisation.audit_accesses.get().pk])
        assert client_of(cast, "outsider").post(address, {"reason": "Mine."}).status_code == 404

    def test_assessments_to_choose_from_are_found(self, cast: Cast, report: Report) -> None:
        make_draft(cast)
        page = client_of(cast, "administrator").get(self.ADDRESS, {"q": "retail"})
        assert [case.title for case, _chosen in page.context["cases"]] == [report.assessment.title]
