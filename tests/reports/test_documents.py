"""Documents besides the first sign-off report: executive summary, draft, later editions; and the style that they are printed in."""

from __future__ import annotations

import hashlib
import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

import pikepdf
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from assessments.errors import Refused, WrongStatus
from audit.models import AuditEvent
from jobs.models import Job
from reports.asking import report_ask, report_correct
from reports.issuing import check_issued
from reports.models import Kind, Report, ReportStyle
from reports.styling import MOST_PIXELS, contrast_on_white, style_of, style_row, style_set
from reports.tasks import make_report
from reports.verifier import verify_pdf
from tests import fixtures
from tests.fixtures import Cast, attach, make_complete, make_submitted
from tests.reports.test_printing import text_of

pytestmark = pytest.mark.django_db

SMALL = Path(__file__).parents[1] / "chaos" / "case.yaml"


def png(width: int = 40, height: int = 20, colour: str = "#aa0000") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGBA", (width, height), colour).save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue(), "image/png")


def printed(job: Job) -> Report:
    assert make_report(str(job.pk)) is True
    job.refresh_from_db()
    assert job.status == Job.Status.DONE, job.error
    return Report.objects.latest("created_at")


def stored(report: Report) -> bytes:
    with report.file.open("rb") as file:
        return file.read()


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


class TestExecutiveSummary:
    def test_it_is_two_pages_that_hold_in_every_respect(self, report: Report, cast: Cast) -> None:
        summary = printed(report_ask(actor=cast.risk_officer, assessment=report.assessment, kind="executive_summary"))
        data = stored(summary)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert len(pdf.pages) == 2
        verification = verify_pdf(data)
        assert verification.failures == []
        assert [c for c in check_issued(data, verification) if c.ok is False] == []
        text = text_of(data)
        assert "Executive summary" in text
        assert report.assessment.title in text
        told = AuditEvent.objects.get(action="report.summary_made")
        assert told.changes["sha256"] == hashlib.sha256(data).hexdigest()

    def test_asked_twice_it_is_made_once(self, report: Report, cast: Cast) -> None:
        asked = [report_ask(actor=cast.approver, assessment=report.assessment, kind="executive_summary") for _ in range(2)]
        assert asked[0].pk == asked[1].pk
        assert AuditEvent.objects.filter(action="report.asked").count() == 1

    def test_who_may_not_is_refused(self, report: Report, cast: Cast) -> None:
        for who in ("contributor", "auditor", "outsider"):
            with pytest.raises(PermissionDenied):
                report_ask(actor=cast[who], assessment=report.assessment, kind="executive_summary")
        with pytest.raises(Refused):
            report_ask(actor=cast.risk_officer, assessment=report.assessment, kind="sign_off")


class TestDraft:
    def test_it_says_on_every_page_that_nobody_signed_it(self, cast: Cast) -> None:
        with mock.patch.object(fixtures, "EXAMPLE", SMALL):
            case = make_submitted(cast)
        draft = printed(report_ask(actor=cast.risk_officer, assessment=case, kind="draft"))
        data = stored(draft)
        verification = verify_pdf(data)
        assert verification.failures == []
        assert "This is a draft, which nobody has signed: it decides nothing." in [c.message for c in verification.checks]
        assert [c for c in check_issued(data, verification) if c.ok is False] == []
        assert "Draft, not signed" in text_of(data)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert sorted(pdf.attachments) == ["evaluation.json", "snapshot.json"]
            marked = [page for page in pdf.pages if "/XObject" in page.Resources or "/Pattern" in page.Resources]
            assert len(marked) == len(pdf.pages)
        assert draft.decision_record is None

    def test_there_is_none_before_a_submission(self, cast: Cast) -> None:
        with pytest.raises(WrongStatus, match="Nothing has been submitted yet"):
            report_ask(actor=cast.risk_officer, assessment=make_complete(cast), kind="draft")

    def test_before_a_submission_its_page_says_when_and_offers_no_button(self, cast: Cast) -> None:
        case = make_complete(cast)
        page = client_of(cast, "risk_officer").get(reverse("reports:documents", args=[cast.organisation.slug, case.pk])).content.decode()
        assert "It can be made once the assessment was submitted." in page and "Have it made" not in page
        # It stands within the assessment: its spine leads on, and says where one is.
        assert reverse("assessments:result", args=[cast.organisation.slug, case.pk]) in page
        assert 'aria-current="page"><span class="spine-label">Documents</span>' in page


class TestEditions:
    def test_a_later_one_takes_the_place_of_the_former_and_says_so(self, report: Report, cast: Cast) -> None:
        before = stored(report)
        style_set(actor=cast.administrator, organisation=report.organisation, paper="letter", colour="#7a1f3d", logo=png())
        job = report_correct(actor=cast.administrator, report=report, reason="The logo was missing.")
        second = printed(job)
        assert (second.edition, second.supersedes, second.style.version) == (2, report, 1)
        assert stored(report) == before, "the former one stays"
        data = stored(second)
        verification = verify_pdf(data)
        assert verification.failures == []
        text = text_of(data, "-l", "1")
        assert "edition 2" in text
        assert report.sha256 in text
        assert "The logo was missing." in text
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert [float(x) for x in pdf.pages[0].MediaBox][2:] == [612, 792]
        old = check_issued(before, verify_pdf(before))
        assert any(c.name == "superseded" and second.sha256 in c.message for c in old)
        with pytest.raises(WrongStatus):
            report_correct(actor=cast.administrator, report=report, reason="Again.")
        told = AuditEvent.objects.get(action="report.corrected")
        assert told.changes["supersedes"] == report.sha256

    def test_it_needs_a_reason_and_the_right(self, report: Report, cast: Cast) -> None:
        with pytest.raises(Refused):
            report_correct(actor=cast.administrator, report=report, reason=" ")
        with pytest.raises(PermissionDenied):
            report_correct(actor=cast.risk_officer, report=report, reason="Because.")

    def test_a_row_is_never_changed(self, report: Report) -> None:
        for change in (lambda: Report.objects.filter(pk=report.pk).update(sha256="0" * 64), lambda: report.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


class TestPage:
    def url(self, name: str, of: Report, **more: Any) -> str:
        return reverse(f"reports:{name}", kwargs={"org": of.organisation.slug, **more})

    def test_asking_following_and_correcting(self, report: Report, cast: Cast) -> None:
        officer, admin = client_of(cast, "risk_officer"), client_of(cast, "administrator")
        of = {"assessment": report.assessment_id}
        page = self.url("documents", report, **of)
        assert "Have it made" in officer.get(page).content.decode()
        assert officer.post(self.url("ask", report, **of), {"kind": "executive_summary"}).status_code == 302
        assert "Waits for a worker" in officer.get(page).content.decode()
        wrong = admin.post(self.url("correct", report, report=report.pk), {"reason": ""})
        assert wrong.status_code == 422
        assert "Give the reason." in wrong.content.decode()
        assert admin.post(self.url("correct", report, report=report.pk), {"reason": "Another logo."}).status_code == 302
        assert Job.objects.filter(task="reports.make_report").count() == 2

    def test_few_queries(self, report: Report, cast: Cast, django_assert_max_num_queries: Any) -> None:
        officer = client_of(cast, "risk_officer")
        with django_assert_max_num_queries(15):
            officer.get(self.url("documents", report, assessment=report.assessment_id))

    def test_the_style_is_set_and_shown(self, cast: Cast) -> None:
        admin = client_of(cast, "administrator")
        page = reverse("reports:style", args=[cast.organisation.slug])
        bad = admin.post(page, {"paper": "A4", "colour": "#ffff00"})
        assert bad.status_code == 422
        assert "hard to read on white" in bad.content.decode()
        assert admin.post(page, {"paper": "letter", "colour": "#0B5963", "logo": png()}).status_code == 302
        row = style_row(cast.organisation)
        assert (row.version, row.paper, row.colour) == (1, "letter", "#0b5963")
        logo = admin.get(reverse("reports:logo", args=[cast.organisation.slug]))
        assert logo.content == bytes(row.logo)
        admin.post(page, {"paper": "letter", "colour": "#0b5963", "remove_logo": "1"})
        assert style_of(style_row(cast.organisation)).logo == b""
        assert AuditEvent.objects.filter(action="report_style.set").count() == 2


def bomb() -> bytes:
    """A PNG of a hundred million pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 10_000
    lines = zlib.compress(b"\0" * (side // 8 + 1) * side, 9)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "can't be read"),
        (b"\x89PNG\r\n\x1a\nnothing", "can't be read"),
        (bomb(), "four million pixels"),
        (b"x" * (512 * 1024 + 1), "512 kB"),
        (b"", "can't be read"),
    ],
    ids=["script", "broken", "bomb", "large", "empty"],
)
def test_what_is_no_logo_is_refused_and_leaves_nothing(cast: Cast, data: bytes, says: str) -> None:
    assert MOST_PIXELS < 10_000**2
    with pytest.raises(Refused) as refused:
        style_set(
            actor=cast.administrator, organisation=cast.organisation, paper="A4", colour="#10292e",
            logo=SimpleUploadedFile("logo.png", data),
        )  # fmt: skip
    assert says in refused.value.fields["logo"]
    assert not ReportStyle.objects.exists()


def test_a_logo_keeps_nothing_of_the_file_but_the_picture(cast: Cast) -> None:
    out = io.BytesIO()
    picture = Image.new("RGB", (3000, 100), "#123456")
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    picture.save(out, "JPEG", exif=exif)
    row = style_set(
        actor=cast.administrator, organisation=cast.organisation, paper="A4", colour="#10292e",
        logo=SimpleUploadedFile("logo.jpg", out.getvalue()),
    )  # fmt: skip
    assert b"secret place" not in bytes(row.logo)
    with Image.open(io.BytesIO(bytes(row.logo))) as kept:
        assert (kept.format, kept.size) == ("PNG", (1200, 40))


@pytest.mark.parametrize(("colour", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#777777", 4.48)])
def test_contrast(colour: str, ratio: float) -> None:
    # The greys are the published border cases of WCAG 2, 1.4.3.
    assert round(contrast_on_white(colour), 2) == ratio


def test_kinds_have_a_title() -> None:
    from reports.pdf import KINDS

    assert set(KINDS) == set(Kind.values)


def test_a_style_never_changes(cast: Cast) -> None:
    style_set(actor=cast.administrator, organisation=cast.organisation, paper="A4", colour="#0b5963")
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportStyle.objects.update(colour="#000000")


def test_an_image_bomb_as_evidence_is_kept_as_bytes_and_never_unpacked(cast: Cast) -> None:
    case = make_complete(cast)
    data = bomb()
    tracemalloc.start()
    kept = attach(cast, case, "scan.png", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (kept.size, kept.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert peak < 10_000_000, "the picture has a hundred million pixels"
