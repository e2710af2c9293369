"""What a narrow screen says of tables that it cuts, and how it shows those that it doesn't."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assessments import registering
from assessments.evaluation import evaluate_assessment
from tests.fixtures import make_complete, make_submitted, today
from tests.portfolio.making import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


def test_a_table_says_that_it_is_cut_where_it_is(cast, live_server, sign_in):
    case = make_complete(cast)
    page = sign_in(cast.risk_officer.email)
    page.goto(reverse("assessments:result", kwargs={"org": cast.organisation.slug, "assessment": case.pk}), wait_until="networkidle")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    hints = page.locator(".table-wider")
    expect(hints.first).to_be_hidden()  # on a wide screen all of a table is there, or it shows how to scroll
    page.set_viewport_size(PHONE)
    expect(page.locator(".table-wider:has(+ [aria-label='Value of each option on each criterion'])")).to_be_visible()
    for hint in hints.all():
        cut = hint.evaluate("hint => hint.nextElementSibling.scrollWidth > hint.nextElementSibling.clientWidth")
        expect(hint).to_be_visible() if cut else expect(hint).to_be_hidden()


def test_a_severity_is_as_wide_as_its_word_and_what_is_not_given_is_said(cast, live_server, sign_in):
    case = make_submitted(cast)
    evaluation = evaluate_assessment(case)
    assert registering.register_of(case, evaluation.release, evaluation.as_dict()), "there is a finding"
    page = sign_in(cast.risk_officer.email)
    page.set_viewport_size(PHONE)
    page.goto(reverse("assessments:record", kwargs={"org": cast.organisation.slug, "assessment": case.pk}), wait_until="networkidle")
    row = page.get_by_role("row").filter(has=page.locator("td[data-label='Who and until when']")).first
    width = row.locator("td[data-label='Before'] .tag").evaluate("tag => tag.getBoundingClientRect().width")
    assert width < 150
    expect(row.locator("td[data-label='Who and until when']")).to_contain_text("not given")


def test_a_chart_begins_with_what_it_is_about(cast, live_server, sign_in):
    add(cast, {"title": "Alpha"}, categories=("support",), duties=((date(2018, 5, 25), "gdpr", "gap"), (today(), "ai-act", "met")))
    page = sign_in(cast.auditor.email)
    page.set_viewport_size(PHONE)
    page.goto(f"/o/{cast.organisation.slug}/portfolio/charts/")
    for heading, share in (("Obligations by date", 1), ("Residual risk", 1), ("Open against closed", 0.5)):
        section = page.locator("section.portfolio-chart", has=page.get_by_role("heading", name=heading))
        section.scroll_into_view_if_needed()
        frame = section.locator(".chart-frame")
        expect(frame).to_be_visible()
        stands = frame.evaluate("frame => frame.scrollLeft / (frame.scrollWidth - frame.clientWidth)")
        assert abs(stands - share) < 0.05, heading
