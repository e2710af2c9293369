"""The portfolio by keyboard: a filter, the order of a column, a chart that is drawn when it comes into view, its table and its download."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from assessments.portfolio.figures import CHARTS
from tests.browser.conftest import finds_nothing
from tests.portfolio.making import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_portfolio(cast, live_server, sign_in):
    add(
        cast, {"title": "Alpha", "score": Decimal(50)}, {"title": "Beta", "score": Decimal(90)},
        {"title": "Gamma", "sourcing": "managed_open", "provider": "Nimbus"},
    )  # fmt: skip
    page = sign_in(cast.auditor.email)
    page.goto(f"/o/{cast.organisation.slug}/portfolio/")
    rows = page.locator(".portfolio-table tbody tr")
    expect(rows).to_have_count(3)
    finds_nothing(page)

    page.get_by_label("Sourcing").focus()
    page.keyboard.type("Closed")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Filter").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Score").focus()
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("Beta")
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", "descending")

    page.get_by_role("link", name="Charts").click()
    section = page.locator("section", has=page.get_by_role("heading", name="Concentration per provider"))
    section.scroll_into_view_if_needed()
    expect(section.get_by_role("img", name=re.compile("Concentration per provider"))).to_be_visible()
    section.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(section.get_by_role("row", name=re.compile("Acme"))).to_contain_text("100.0")  # the filter holds here as well
    finds_nothing(page)
    with page.expect_download() as download:
        section.get_by_role("link", name=re.compile("CSV")).press("Enter")
    assert re.fullmatch(r"providers-\d{8}\.csv", download.value.suggested_filename)


def test_every_chart_is_printed_and_none_lies_on_another(cast, live_server, sign_in):
    add(cast, {"title": "Alpha", "review_on": date(2030, 1, 1)}, years=[Decimal(1)])
    page = sign_in(cast.auditor.email)
    page.goto(f"/o/{cast.organisation.slug}/portfolio/charts/")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.get_by_role("link", name=re.compile("Show the chart"))).to_have_count(0, timeout=1)
    expect(page.locator(".portfolio-chart svg.chart")).to_have_count(len(CHARTS))

    page.emulate_media(media="print")
    boxes = [chart.bounding_box() for chart in page.locator(".portfolio-chart").all()]
    assert all(above["y"] + above["height"] <= below["y"] for above, below in pairwise(boxes))


def test_paper_is_white(cast, live_server, sign_in):
    page = sign_in(cast.auditor.email)
    page.emulate_media(color_scheme="dark")
    page.goto(f"/o/{cast.organisation.slug}/portfolio/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="dark", media="print")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark", media="screen")
    expect(root).to_have_attribute("data-bs-theme", "dark")
