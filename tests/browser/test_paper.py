"""What a section, the result and a record are on paper: each answer once, nothing that only a screen can do, and no table wider than the sheet."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.fixtures import make_complete, make_submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHEET = {"width": 703, "height": 1000}  # A4 without its margins, in CSS pixels


def on_paper(page: Page, url: str) -> None:
    page.goto(url, wait_until="networkidle")
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")


def beyond_the_sheet(page: Page) -> list[str]:
    return page.eval_on_selector_all(
        "main :is(th, td)",
        f"cells => cells.filter(c => c.getClientRects().length && c.getBoundingClientRect().right > {SHEET['width']}).map(c => c.innerText)",
    )


def test_a_section_has_each_answer_once(cast, live_server, sign_in):
    case = make_complete(cast)
    page = sign_in(cast.risk_officer.email)
    kwargs = {"org": cast.organisation.slug, "assessment": case.pk, "questionnaire": "liability", "section": "exposure"}
    on_paper(page, reverse("assessments:section", kwargs=kwargs))
    expect(page.locator(".talk").first).to_be_hidden()
    insured = page.locator(".compare-cell", has_text="We do, with insurance for it").first
    expect(insured.locator(".chosen")).to_be_visible()
    expect(insured.locator("select").first).to_be_hidden()
    notes = page.get_by_label("Note")
    shown = [note.input_value() for note in notes.all() if note.is_visible()]
    assert "Endorsement of the professional indemnity policy, renewed in June 2026" in shown
    assert all(shown)
    assert beyond_the_sheet(page) == []


def test_the_result_has_what_a_sheet_can_show(cast, live_server, sign_in):
    case = make_complete(cast)
    page = sign_in(cast.risk_officer.email)
    on_paper(page, reverse("assessments:result", kwargs={"org": cast.organisation.slug, "assessment": case.pk}))
    expect(page.get_by_role("heading", name="Scenarios side by side")).to_be_visible()
    for screen_only in (".result-part > summary", ".reason-why", ".wi-fold", ".on-this-page"):
        expect(page.locator(screen_only).first).to_be_hidden()
    expect(page.get_by_role("cell", name="80.1").last).to_be_visible()
    assert beyond_the_sheet(page) == []


def test_a_heading_of_the_record_stays_with_what_it_heads(cast, live_server, sign_in):
    case = make_submitted(cast)
    page = sign_in(cast.risk_officer.email)
    on_paper(page, reverse("assessments:record", kwargs={"org": cast.organisation.slug, "assessment": case.pk}))
    assert beyond_the_sheet(page) == []
    for title in ("What would change the recommendation", "Blockers and findings", "Cost of the whole deployment", "Ranking"):
        heading = page.locator("main").get_by_role("heading", name=title).first
        expect(heading).to_be_visible()
        kept = heading.evaluate(
            """heading => {
                const head = heading.closest('.block-head') || heading, intro = head.nextElementSibling;
                return [head, ...(intro.matches('p') ? [intro] : [])].map(one => getComputedStyle(one).breakAfter);
            }"""
        )
        assert set(kept) == {"avoid"}, title
    # Below a table a line that nobody sees would take the table's head to a sheet of its own.
    assert not [caption for caption in page.locator("main caption.visually-hidden").all() if caption.is_visible()]
