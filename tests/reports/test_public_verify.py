"""The public check: whether a file is a report of this service, unchanged and not superseded, and nothing else."""

from __future__ import annotations

import io
from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import RateCount
from assessments.models import Assessment, Snapshot, Status
from reports import public
from reports.models import Report
from reports.public_api import PdfParser
from tests.fixtures import Cast
from tests.reports.trail import client_of
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db
FIELD = b'--x\r\nContent-Disposition: form-data; name="sha256"\r\n\r\n' + b"0" * 64 + b"\r\n--x--\r\n"
PAGE, API = "/verify/", "/api/v1/verify/"


def pdf(data: bytes, name: str = "file.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/pdf")


def ask(data: bytes, client: Client | None = None) -> str:
    """What both doors say, which is the same."""
    client = client or Client()
    said = client.post(PAGE, {"file": pdf(data)}).context["outcome"]
    answer = client.post(API, data=data, content_type="application/pdf")
    assert answer.json() == {"outcome": said}
    return str(said)


def another(report: Report, **changes: object) -> Report:
    given: dict[str, object] = {
        "organisation": report.organisation, "assessment": report.assessment, "snapshot": report.snapshot, "template_version": 1, "size": 5,
        "file": "reports/none.pdf", "sha256": "1" * 64, "unsigned_sha256": "0" * 64,
    }  # fmt: skip
    if "decision_record" not in changes:
        given["decision_record"] = report.decision_record
    return Report.objects.create(**given | changes)


@pytest.mark.databases
class TestOutcome:
    def test_a_report_as_it_was_issued(self, stored: bytes) -> None:
        assert ask(stored) == "issued"

    @pytest.mark.parametrize("at", [0, 5000, -1])
    def test_with_one_bit_changed_it_isnt_known(self, stored: bytes, at: int) -> None:
        changed = bytearray(stored)
        changed[at] ^= 1
        assert ask(bytes(changed)) == "unknown"

    def test_cut_or_with_something_after_its_end_it_isnt_known(self, stored: bytes) -> None:
        assert ask(stored[:-1]) == ask(stored + b"\n") == "unknown"

    def test_whatever_else_it_is_it_isnt_known(self, report: Report) -> None:
        assert ask(b"%PDF-1.7 something else") == ask(b"no PDF at all") == "unknown"

    def test_superseded_by_a_later_edition(self, stored: bytes, report: Report) -> None:
        another(report, edition=2, supersedes=report, reason="A typo.")
        assert ask(stored) == "superseded"

    @pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.EXPIRED])
    def test_superseded_with_its_approval(self, stored: bytes, report: Report, status: str) -> None:
        Assessment.objects.filter(pk=report.assessment_id).update(status=status)
        assert ask(stored) == "superseded"

    def test_a_draft_is_superseded_by_the_decision(self, stored: bytes, report: Report) -> None:
        with without_triggers(connection):
            Report.objects.filter(pk=report.pk).update(kind="draft", decision_record=None)
        assert ask(stored) == "superseded"

    def test_a_draft_is_superseded_by_a_later_submission(self, cast: Cast, report: Report) -> None:
        data = b"%PDF-1.7 draft"
        first = Snapshot.objects.get()
        with without_triggers(connection):
            Report.objects.all().delete()
            first.decision_record.delete()
        another(report, decision_record=None, kind="draft", sha256=public.digest_of([data]))
        assert ask(data) == "issued"
        Snapshot.objects.create(
            assessment=first.assessment,
            number=2,
            content=b"{}",
            digest="sha256:2",
            submitted_by=cast.risk_officer,
            created_at=timezone.now(),
        )
        assert ask(data) == "superseded"

    def test_it_costs_one_query_whatever_comes_out(self, report: Report, django_assert_num_queries) -> None:
        for digest in (report.sha256, "0" * 64):
            with django_assert_num_queries(1):
                public.outcome_of(digest)


class TestPage:
    def test_it_is_open_to_everybody_and_needs_no_script(self) -> None:
        page = Client().get(PAGE)
        assert page.status_code == 200
        assert 'enctype="multipart/form-data"' in page.content.decode()

    def test_it_tells_nothing_of_the_report(self, cast: Cast, report: Report, stored: bytes) -> None:
        for client in (Client(), Client()):
            text = client.post(PAGE, {"file": pdf(stored, "Secret name.pdf")}).content.decode()
            names = (cast.organisation.name, cast.organisation.slug, report.assessment.title, "Approver", "Secret name")
            for secret in (*names, report.sha256, str(report.pk)):
                assert secret not in text
            assert f"{report.created_at:%Y}" not in text

    def test_it_says_the_same_to_whoever_is_signed_in(self, cast: Cast, stored: bytes) -> None:
        for who in ("auditor", "outsider"):
            client = Client()
            client.force_login(cast[who])
            assert client.post(PAGE, {"file": pdf(stored)}).context["outcome"] == "issued"

    def test_it_names_no_organisation_to_whoever_is_signed_in(self, cast: Cast, stored: bytes) -> None:
        page = client_of(cast, "auditor").post(PAGE, {"file": pdf(stored)}).content.decode()
        assert "Auditor" in page, "who is signed in is shown"
        assert cast.organisation.name not in page, "one might take the report for that organisation's"

    def test_a_form_from_anywhere_is_answered_without_a_cookie(self, stored: bytes) -> None:
        assert Client(enforce_csrf_checks=True).post(PAGE, {"file": pdf(stored)}).context["outcome"] == "issued"

    @pytest.mark.parametrize("form", [{}, {"file": "text"}, {"other": "x"}])
    def test_without_a_file_it_asks_for_one(self, form: dict[str, str]) -> None:
        page = Client().post(PAGE, form)
        assert page.status_code == 422
        assert "Choose a PDF file first" in page.content.decode()

    def test_an_empty_file_is_none(self) -> None:
        assert Client().post(PAGE, {"file": pdf(b"")}).status_code == 422

    def test_a_large_file_is_hashed_as_it_comes_and_written_nowhere(self) -> None:
        with mock.patch("tempfile.NamedTemporaryFile", side_effect=AssertionError("it was stored")):
            data = b"x" * (6 << 20)
            assert Client().post(PAGE, {"file": pdf(data)}).context["outcome"] == "unknown"

    def test_what_is_too_large_is_refused_by_what_it_says_of_itself(self) -> None:
        with mock.patch.object(public, "LARGEST_REQUEST", 1000):
            page = Client().post(PAGE, {"file": pdf(b"x" * 2000)})
            answer = Client().post(API, data=b"x" * 2000, content_type="application/pdf")
        assert (page.status_code, answer.status_code) == (413, 413)
        assert "200 MB" in page.content.decode()


class TestApi:
    def test_a_form_and_plain_bytes_are_taken(self, stored: bytes) -> None:
        assert Client().post(API, {"file": pdf(stored)}).json() == {"outcome": "issued"}
        assert Client().post(API, data=stored, content_type="application/octet-stream").json() == {"outcome": "issued"}

    def test_a_bad_token_makes_no_difference(self, stored: bytes) -> None:
        answer = Client().post(API, data=stored, content_type="application/pdf", headers={"Authorization": "Bearer cs_wrong"})
        assert answer.json() == {"outcome": "issued"}

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b"{}", "application/json", 415),
            (b"", "application/pdf", 400),
            (FIELD, "multipart/form-data; boundary=x", 400),
            (b"no form", "multipart/form-data", 400),
        ],
    )
    def test_what_is_no_file_is_refused(self, body: bytes, kind: str, status: int) -> None:
        answer = Client().post(API, data=body, content_type=kind)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"

    def test_it_is_read_piece_by_piece(self) -> None:
        sizes = []

        class Counting(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                sizes.append(size)
                return super().read(size)

        PdfParser().parse(Counting(b"x" * 200_000))
        assert max(sizes) == 64 * 1024
        assert min(sizes) > 0


@pytest.mark.databases
class TestRate:
    def test_from_one_address_so_many_are_checked_in_ten_minutes_over_both_doors(self) -> None:
        with mock.patch.object(public, "MOST", 2):
            assert Client().post(PAGE, {"file": pdf(b"x")}).status_code == 200
            assert Client().post(API, data=b"x", content_type="application/pdf").status_code == 200
            page, answer = Client().post(PAGE, {"file": pdf(b"x")}), Client().post(API, data=b"x", content_type="application/pdf")
            assert (page.status_code, answer.status_code) == (429, 429)
            assert page["Retry-After"] == answer["Retry-After"] == "600"
            assert Client(REMOTE_ADDR="192.0.2.9").post(PAGE, {"file": pdf(b"x")}).status_code == 200
            RateCount.objects.filter(source="127.0.0.1").update(began=timezone.now() - timedelta(minutes=10))
            assert Client().post(PAGE, {"file": pdf(b"x")}).status_code == 200

    def test_an_ipv6_network_counts_as_one_address(self) -> None:
        with mock.patch.object(public, "MOST", 1):
            assert Client(REMOTE_ADDR="2001:db8::1").post(PAGE, {"file": pdf(b"x")}).status_code == 200
            assert Client(REMOTE_ADDR="2001:db8::2").post(PAGE, {"file": pdf(b"x")}).status_code == 429

    def test_an_address_is_forgotten_when_another_comes_later(self) -> None:
        Client().post(PAGE, {"file": pdf(b"x")})
        RateCount.objects.update(began=timezone.now() - timedelta(minutes=10))
        Client(REMOTE_ADDR="192.0.2.9").post(PAGE, {"file": pdf(b"x")})
        assert list(RateCount.objects.values_list("source", flat=True)) == ["192.0.2.9"]

    def test_looking_at_the_page_isnt_counted(self) -> None:
        Client().get(PAGE)
        assert not RateCount.objects.exists()
