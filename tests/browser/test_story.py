"""The whole job, played in a browser as three people: asked, scored, signed off, printed, verified."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO

import pikepdf
import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from assessments.models import Assessment, DecisionRecord, Response
from audit.models import AuditEvent
from tests.browser import conftest
from tests.fixtures import EXAMPLE, PASSWORD
from tests.triggers import without_triggers
from tests.workers import manage, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.databases, pytest.mark.django_db(transaction=True)]


def finds_nothing(page: Page) -> None:
    """axe, once: pages don't differ by database."""
    if connection.vendor == "postgresql":
        conftest.finds_nothing(page)


def test_from_a_new_assessment_to_options(cast, live_server, sign_in):
    """A risk officer writes down a use case and two options; the assessment then says what is missing."""
    page = sign_in(cast.risk_officer.email)
    finds_nothing(page)
    page.get_by_role("link", name="Begin with your own").click()
    page.get_by_role("button", name="Create and add options").click()
    expect(page.get_by_text("Enter the title").first).to_be_visible()
    page.get_by_label("Title").fill("Assistant for branch staff")
    page.get_by_label("Name of the use case").fill("Branch assistant")
    page.get_by_label("Purpose").fill("Answers questions of branch staff about products.")
    page.get_by_role("radio", name=re.compile("Internal document processing")).check(force=True)
    finds_nothing(page)
    page.get_by_role("button", name="Create and add options").click()
    expect(page.get_by_role("button", name="Add this option")).to_be_visible()
    for name, sourcing in (("Vendor", "Closed API"), ("Own machines", "Self-hosted open weights")):
        page.get_by_label("Name", exact=False).first.fill(name)
        page.get_by_role("radio", name=re.compile(sourcing)).check(force=True)
        page.get_by_role("button", name="Add this option").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    finds_nothing(page)
    assessment = Assessment.objects.get()
    assert [o.sourcing for o in assessment.options.all()] == ["closed_api", "self_hosted_open"]
    page.goto(f"/o/meridian-bank/assessments/{assessment.pk}/check/")
    finds_nothing(page)
    page.get_by_role("radio", name=re.compile("Vendor")).check(force=True)
    page.get_by_role("button", name=re.compile("proposal", re.I)).click()
    expect(page.get_by_text("The proposal is saved.")).to_be_visible()
    assert Assessment.objects.get().proposed_option.name == "Vendor"


def test_three_people(cast, live_server, sign_in, start_worker, files_of_the_service, tmp_path):
    start_worker()
    officer = sign_in(cast.risk_officer.email)
    base = import_example(officer)
    answer_questions(officer, base, tmp_path)
    read_result(officer, base)
    propose_and_submit(officer, base)

    refused(officer, base)
    approver = sign_in(cast.approver.email)
    decide(approver, base)
    record = DecisionRecord.objects.get()

    auditor = sign_in(cast.auditor.email)
    pdf = audit(auditor, base, tmp_path)
    check_pdf(pdf, record)
    verify(pdf, tmp_path)
    tell_tampering(pdf, tmp_path)


def import_example(page: Page) -> str:
    page.get_by_role("link", name="Or import a file").click()
    page.get_by_label("File", exact=True).set_input_files(EXAMPLE)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url(re.compile(r"/assessments/[0-9a-f-]{36}/$"))
    finds_nothing(page)
    return page.url


def answer_questions(page: Page, base: str, tmp_path) -> None:
    """An answer saves itself and survives a reload; conditional questions go and come back; a file is attached."""
    page.goto(base + "questions/service-levels/commitment/")
    finds_nothing(page)
    promise = page.locator('select[name^="value:"][name$="@vendor-api"]').first
    name = promise.get_attribute("name")
    before = promise.input_value()
    other = next(v for v in promise.locator("option").evaluate_all("os => os.map(o => o.value)") if v and v != before)
    promise.select_option(other)
    expect(page.get_by_text(re.compile(r"^Saved")).first).to_be_visible()
    page.reload()
    again = page.locator(f'select[name="{name}"]')
    expect(again).to_have_value(other)
    again.select_option(before)
    expect(page.get_by_text(re.compile(r"^Saved")).first).to_be_visible()
    page.reload()
    expect(page.locator(f'select[name="{name}"]')).to_have_value(before)
    assert Response.objects.filter(revision__gte=3).count() == 1

    certificate = tmp_path / "certificate.txt"
    certificate.write_text("Certificate No. 42\n")
    page.get_by_text("Basis, note, evidence").first.click()
    page.locator('input[type="file"]').first.set_input_files(certificate)
    attach = page.get_by_role("button", name=re.compile("Attach")).first
    if attach.is_visible():
        attach.click()
    expect(page.get_by_role("link", name=re.compile("certificate.txt")).first).to_be_visible()

    page.goto(base + "questions/ai-act/prohibited/")
    expect(page.locator('[value="5.1a.b"]')).to_have_count(0)
    practice = page.locator('input[name="value:ai-act.prohibited-practices@"][value="5.1.ba"]')
    practice.check(force=True)
    expect(page.locator('[value="5.1a.b"]').first).to_be_visible()
    expect(practice).to_be_checked()
    page.locator('input[name="special:ai-act.prohibited-practices@"]').first.check(force=True)
    expect(page.locator('[value="5.1a.b"]')).to_have_count(0)
    expect(practice).not_to_be_checked()
    finds_nothing(page)


def read_result(page: Page, base: str) -> None:
    page.goto(base + "result/")
    expect(page.locator("#recommendation")).to_contain_text("Vendor API in the EU")
    page.locator("#part-act > summary").click()
    expect(page.locator("#part-act").get_by_text("Art. 50(1)").first).to_be_visible()
    assert page.locator("svg[role=img]").count() >= 3
    finds_nothing(page)
    page.goto(base + "result/trace/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def propose_and_submit(page: Page, base: str) -> None:
    page.goto(base + "check/")
    page.get_by_role("radio", name=re.compile("Managed open weights")).check(force=True)
    page.get_by_role("button", name=re.compile("proposal", re.I)).click()
    expect(page.get_by_text("The proposal is saved.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Submit")).click()
    expect(page.get_by_text("isn't the recommended one").first).to_be_visible()
    page.get_by_role("radio", name=re.compile("Managed open weights")).check(force=True)
    page.get_by_label(re.compile("Reason|Why")).first.fill("The bank keeps an open option on principle; <b>see</b> file:///etc/passwd")
    page.get_by_role("button", name=re.compile("proposal", re.I)).click()
    expect(page.get_by_text("The proposal is saved.")).to_be_visible()
    finds_nothing(page)
    page.get_by_role("button", name=re.compile("^Submit")).click()
    expect(page.get_by_text("In review").first).to_be_visible()
    finds_nothing(page)


def refused(page: Page, base: str) -> None:
    """The author can't sign."""
    answer = page.goto(base + "sign/")
    assert answer is not None
    assert answer.status == 403


def decide(page: Page, base: str) -> None:
    page.goto(base + "record/")
    expect(page.get_by_text("sha256:").first).to_be_visible()
    finds_nothing(page)
    page.goto(base + "sign/")
    expect(page.get_by_role("button", name="Sign and approve")).to_have_count(0)
    finds_nothing(page)
    page.goto(base + "record/")
    unread = page.locator(".part-seen button")
    while unread.count():
        left = unread.count()
        unread.first.click()
        expect(unread).to_have_count(left - 1)
    page.goto(base + "sign/")
    finds_nothing(page)
    for field in page.locator(".accept textarea").all():
        field.fill("Accepted until the next review.")
    page.locator("#id_password-approve").fill("not the password")
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.locator("#error_password-approve")).to_be_visible()
    assert not DecisionRecord.objects.exists()
    page.locator("#id_password-approve").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("Approved").first).to_be_visible()
    finds_nothing(page)


def audit(page: Page, base: str, tmp_path) -> bytes:
    """See all, change nothing, download the report once the worker has made it."""
    page.goto(base)
    expect(page.get_by_text("Approved").first).to_be_visible()
    page.goto(base + "questions/service-levels/commitment/")
    assert page.locator(".answer").count() > 0
    assert page.locator(".answer :is(select, textarea, input:not([type=hidden])):enabled").count() == 0
    page.goto(base + "report/panel/")
    link = page.get_by_role("link", name=re.compile("Download"))
    expect(link.first).to_be_visible(timeout=120_000)
    finds_nothing(page)
    with page.expect_download() as waiting:
        link.first.click()
    path = tmp_path / "sign-off.pdf"
    waiting.value.save_as(path)
    wait_for(lambda: AuditEvent.objects.filter(action="report.downloaded").exists())
    page.goto(base + "trail/")
    expect(page.get_by_text("Approver signed and approved").first).to_be_visible()
    finds_nothing(page)
    return path.read_bytes()


def check_pdf(pdf: bytes, record: DecisionRecord) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        attached = {name: entry.get_file().read_bytes() for name, entry in document.attachments.items()}
    assert bytes(record.content) in attached.values()
    assert bytes(record.snapshot.content) in attached.values()
    assert "sha256:" + hashlib.sha256(bytes(record.snapshot.content)).hexdigest() == record.snapshot.digest
    assert json.loads(bytes(record.content))["decision"]["option_name"] == "Managed open weights"


def verify(pdf: bytes, tmp_path) -> None:
    """The auditor's two commands find everything in order."""
    code, said = manage("verify_audit")
    assert code == 0, said
    (tmp_path / "sound.pdf").write_bytes(pdf)
    code, said = manage("verify_report", str(tmp_path / "sound.pdf"))
    assert code == 0, said


def tell_tampering(pdf: bytes, tmp_path) -> None:
    """One changed byte of the file, one changed row of the trail: named."""
    spoiled = tmp_path / "spoiled.pdf"
    middle = len(pdf) // 2
    spoiled.write_bytes(pdf[:middle] + bytes([pdf[middle] ^ 1]) + pdf[middle + 1 :])
    code, said = manage("verify_report", str(spoiled))
    assert code == 1
    assert "does NOT hold" in said

    event = AuditEvent.objects.get(action="assessment.approved")
    with without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditevent SET action = 'assessment.rejected' WHERE id = %s", [event.pk])
    code, said = manage("verify_audit")
    assert code == 1
    assert str(event.index) in said
