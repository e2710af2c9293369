"""What stands on a page stays where it is while parts of it are swapped: saving an answer, trying a what-if, a chart that arrives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assessments.editing import option_add
from tests.browser.test_answering import CELL
from tests.fixtures import Cast, make_complete
from tests.portfolio.making import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Chromium's own record (https://wicg.github.io/layout-instability/); shifts soon after a key or click, which the metric forgives, count here.
WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      window.shifts.push([entry.value, ...entry.sources.map((s) => s.node && s.node.outerHTML ? s.node.outerHTML.slice(0, 120) : String(s.node))]);
  }).observe({type: "layout-shift", buffered: false});
}"""
MOST = 0.01  # a tenth of what counts as good, https://web.dev/articles/cls


def shifts(page: Page) -> list[Any]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")
    found: list[Any] = page.evaluate("window.shifts")
    return found


def steady(page: Page) -> None:
    found = shifts(page)
    assert sum(value for value, *_ in found) <= MOST, found


def test_the_record_tells_of_a_shift(cast: Cast, live_server, sign_in) -> None:
    """Otherwise the tests below could not fail."""
    page = sign_in(cast.risk_officer.email)
    page.evaluate(WATCH)
    shifts(page)  # what was never painted can't be seen to move
    page.evaluate("document.querySelector('main').style.paddingTop = '300px'")
    assert sum(value for value, *_ in shifts(page)) > MOST


@pytest.mark.parametrize("options", [3, 5])
def test_the_names_of_the_options_stay_on_the_screen(cast: Cast, live_server, sign_in, options: int) -> None:
    case = make_complete(cast)
    while (n := case.options.count()) < options:
        option_add(
            actor=cast.risk_officer, assessment=case, name=f"Option {n}", sourcing="managed_open", copy_from=case.proposed_option.key
        )
    page = sign_in(cast.risk_officer.email)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/o/meridian-bank/assessments/{case.pk}/questions/sovereignty/location/")
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    heads = page.locator(".compare thead th").all()
    assert len(heads) == options + 1
    assert all(0 <= head.bounding_box()["y"] < 900 for head in heads)


def test_saving_answers(cast: Cast, live_server, sign_in) -> None:
    case = make_complete(cast)
    page = sign_in(cast.risk_officer.email)
    page.goto(f"/o/meridian-bank/assessments/{case.pk}/questions/service-levels/commitment/")
    page.evaluate(WATCH)
    for option in case.options.all():
        cell = page.locator(CELL.format(option.key))
        field = cell.locator("select[name^='value:']")
        offered = field.evaluate("s => [...s.options].map(o => o.value)")
        field.select_option(next(v for v in offered if v and not v.startswith("?") and v != field.input_value()))
        expect(cell).to_contain_text("Saved")
    steady(page)


def test_a_what_if(cast: Cast, live_server, sign_in) -> None:
    case = make_complete(cast)
    page = sign_in(cast.auditor.email)
    page.goto(f"/o/meridian-bank/assessments/{case.pk}/result/what-if/")
    effect = page.locator("#what-if-effect")
    expect(effect).to_be_visible()
    page.evaluate(WATCH)
    page.get_by_role("slider", name="Control and customisation, slider").focus()
    page.keyboard.press("PageUp")
    expect(effect).not_to_contain_text("Nothing is changed yet")
    steady(page)


def test_charts_of_the_portfolio_arrive_in_their_place(cast: Cast, live_server, sign_in) -> None:
    add(cast, {"title": "Alpha", "score": Decimal(50)}, {"title": "Gamma", "sourcing": "managed_open", "provider": "Nimbus"})
    page = sign_in(cast.auditor.email)
    page.goto("/o/meridian-bank/portfolio/charts/")
    page.evaluate(WATCH)
    for section in page.locator("main section:has(h2)").all():
        section.scroll_into_view_if_needed()
        expect(section.get_by_role("img").or_(section.locator(".empty, .muted")).first).to_be_visible()
    steady(page)
