"""The pages of auditors and the public check by day and by night, by keyboard, and without a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import finds_nothing
from tests.browser.test_signing_pages import look
from tests.fixtures import Cast, make_approved, make_draft
from tests.test_permissions import stored_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_of_auditors(cast: Cast, live_server, sign_in) -> None:
    report = stored_report(make_approved(cast))
    make_draft(cast)
    administrator = sign_in(cast.administrator.email)
    look(administrator, "/o/meridian-bank/people/auditors/", opened=True)
    page = administrator
    page.goto("/o/meridian-bank/people/")
    page.get_by_role("link", name="Give or end limited access").click()
    today = timezone.now().date().isoformat()
    page.get_by_label("Name").fill("Vera Lind")
    page.get_by_label("Email").fill("vera@example.com")
    page.get_by_label("Last day (UTC)").fill(today)
    page.get_by_label("Those ticked here").check()
    page.get_by_label(report.assessment.title).check()
    page.get_by_label("Why", exact=True).fill("The yearly audit.")
    page.get_by_role("button", name="Give the access").click()
    expect(page.get_by_text("Vera Lind can audit until")).to_be_visible()
    finds_nothing(page)
    look(page, "/o/meridian-bank/people/auditors/", opened=True)

    auditor = sign_in(cast.auditor.email)
    look(auditor, "/o/meridian-bank/audit/")
    auditor.get_by_label(f"The report of {report.assessment.title}").check()
    with auditor.expect_download() as download:
        auditor.get_by_role("button", name="Download the ticked reports as a zip").press("Enter")
    assert download.value.suggested_filename.startswith("reports-meridian-bank-")
    auditor.get_by_role("button", name="Check now").press("Enter")
    expect(auditor.get_by_role("heading", name="Report checked")).to_be_visible()
    finds_nothing(auditor)


def test_the_public_check_without_a_script(cast: Cast, live_server, browser: Browser, tmp_path: Path) -> None:
    report = stored_report(make_approved(cast))
    file = tmp_path / "report.pdf"
    with report.file.open("rb") as stored:
        file.write_bytes(stored.read())
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/account/sign-in/")
    page.get_by_role("link", name="Check whether a report is genuine").click()
    for content, answer in (
        (file.read_bytes(), "Issued by this service, and unchanged"),
        (file.read_bytes() + b" ", "Not known here"),
    ):
        file.write_bytes(content)
        page.get_by_label("Drop").set_input_files(file)
        page.get_by_role("button", name="Check it").press("Enter")
        expect(page.get_by_role("heading", name=answer)).to_be_visible()
    context.close()


def test_the_public_check_by_day_and_by_night(cast: Cast, live_server, browser: Browser) -> None:
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    page: Page = context.new_page()
    look(page, "/verify/")
    page.get_by_label("Drop").set_input_files({"name": "some.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="Not known here")).to_be_visible()
    finds_nothing(page)
    context.close()
