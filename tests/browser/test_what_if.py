"""What would change a result, tried out in a browser: the search, the sliders by keyboard, a scenario, and a way to try what was found."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import finds_nothing
from tests.fixtures import make_complete

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_if(cast, live_server, sign_in):
    case = make_complete(cast)
    before = case.responses.count(), case.weights
    page = sign_in(cast.auditor.email)
    page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/result/")
    effect = page.locator("#what-if-effect")
    expect(effect).to_contain_text("Vendor API in the EU leads with 80.1 of 100 points")
    expect(page.locator("#flips")).to_contain_text("Own cluster leads at the nearest weights that put it first")
    expect(page.get_by_text("first in").first).to_be_visible()
    finds_nothing(page)

    chart = page.get_by_role("figure").filter(has=page.get_by_role("img", name=re.compile("How often each option takes each rank")))
    with page.expect_download() as download:
        chart.get_by_role("link", name=re.compile("CSV")).press("Enter")
    assert re.fullmatch(r"ranks-\d{8}\.csv", download.value.suggested_filename)
    assert '"Own cluster, near the stated weights"' in Path(download.value.path()).read_text("utf-8")
    with page.expect_download() as download:
        chart.get_by_role("link", name=re.compile("SVG")).click()
    assert ElementTree.parse(download.value.path()).getroot().get("viewBox")

    control = page.get_by_role("slider", name="Control and customisation, slider")
    control.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")  # ten of a hundred each
    expect(effect).to_contain_text("Own cluster")
    expect(effect.get_by_role("row", name=re.compile("Own cluster"))).to_contain_text("Rank 1")
    finds_nothing(page)

    page.get_by_role("link", name="Start over").click()
    expect(effect).to_contain_text("Nothing is changed yet")
    page.wait_for_load_state("networkidle")  # the page is a new one, and listens once its script has run
    page.locator("#w-cost").evaluate("field => { field.style.width = '9rem' }")  # as who draws a field larger; the new one takes its place
    page.get_by_role("radio", name="Sovereignty tightens").check(force=True)
    expect(effect.get_by_role("row", name=re.compile("Vendor API in the EU"))).to_contain_text("before 80.1")

    page.get_by_role("link", name=re.compile(r"Try it\s*: Own cluster leads once the weight")).first.click()
    expect(page).to_have_url(re.compile("what-if"))
    expect(page.locator("#what-if-effect").get_by_role("row", name=re.compile("Own cluster"))).to_contain_text("Rank 1")
    finds_nothing(page)
    case.refresh_from_db()
    assert (case.responses.count(), case.weights) == before
