"""The demand and the costs through their pages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.progress import standing_of
from tests.assessments.asking import Case

MOST_QUERIES = 15


def test_a_demand_figure_saves_itself_and_is_there_after_a_reload(case: Case) -> None:
    response = case.save_figure("demand", "input_tokens_per_month", likely="400,000,000", revision="0")
    assert response.status_code == 200
    assert 'class="saved"' in response.content.decode()
    assert case.figure("demand", "input_tokens_per_month").likely == Decimal(400_000_000)
    assert 'value="400000000"' in case.client.get(case.url("demand")).content.decode()


def test_currency_and_day_save_by_themselves_for_who_may(case: Case) -> None:
    data = {"currency": "USD", "as_of": "2026-11-23"}
    assert case.client.post(case.url("demand"), data, headers=case.htmx()).status_code == 200
    case.assessment.refresh_from_db()
    assert (case.assessment.currency, case.assessment.as_of) == ("USD", date(2026, 11, 23))
    case.acting("contributor").client.post(case.url("demand"), {"currency": "GBP", "as_of": ""}, headers=case.htmx())
    case.assessment.refresh_from_db()
    assert case.assessment.currency == "USD", "a contributor answers, the terms aren't theirs"


def test_a_wrong_day_or_currency_is_told_and_kept(case: Case) -> None:
    response = case.client.post(case.url("demand"), {"currency": "EUR", "as_of": "soon"})
    assert response.status_code == 422
    assert "is no date" in response.content.decode()
    assert 'value="soon"' in response.content.decode()
    assert case.client.post(case.url("demand"), {"currency": "XXX", "as_of": ""}, headers=case.htmx()).status_code == 422


def test_a_range_saves_and_one_out_of_order_is_refused(case: Case) -> None:
    price = "input_price_per_million"
    case.save_figure("model_access", price, "vendor", likely="2", low="1", high="4", revision="0")
    figure = case.figure("model_access", price, case.vendor)
    assert (figure.low, figure.likely, figure.high) == (1, 2, 4)
    wrong = case.save_figure("model_access", price, "vendor", likely="9", low="1", high="4", revision="1")
    assert wrong.status_code == 422
    assert "Low must not be above likely" in wrong.content.decode()
    half = case.save_figure("model_access", price, "vendor", likely="2", low="1", high="", revision="1")
    assert "both the low and the high" in half.content.decode()


def test_bad_figures_are_refused_beside_the_field(case: Case) -> None:
    assert "is no number" in case.save_figure("demand", "horizon_months", likely="three years", revision="0").content.decode()
    assert case.save_figure("demand", "horizon_months", likely="1.5", revision="0").status_code == 422
    assert case.save_figure("demand", "cached_share", likely="30", revision="0").status_code == 422
    assert case.save_figure("infrastructure", "gpu_price_per_hour", "own", likely="-1", revision="0").status_code == 422
    assert case.assessment.figures.count() == 0


def test_an_emptied_figure_is_taken_away(case: Case) -> None:
    case.save_figure("scaling", "per_month", "own", likely="100", revision="0")
    case.save_figure("scaling", "per_month", "own", likely="", revision="1")
    assert case.figure("scaling", "per_month", case.own) is None


def test_costs_nothing_stands_for_the_category_until_a_figure_does(case: Case) -> None:
    case.save_figure("support", "", "vendor", likely="0", revision="0")
    assert case.figure("support", "", case.vendor) is not None
    assert re.search(
        r'name="likely:support\.@vendor"[^>]* checked', case.client.get(case.url("costs", category="support")).content.decode()
    )
    body = case.save_figure("support", "per_month", "vendor", likely="50", revision="0").content.decode()
    assert 'id="a-support_--vendor" hx-swap-oob="true"' in body
    assert case.figure("support", "", case.vendor) is None
    refused = case.save_figure("support", "", "vendor", likely="0", revision="0")
    assert refused.status_code == 422
    assert "Take them away before" in refused.content.decode()


def test_costs_nothing_can_be_taken_back(case: Case) -> None:
    case.save_figure("support", "", "vendor", likely="0", revision="0")
    assert case.save_figure("support", "", "vendor", revision="1").status_code == 200
    assert case.figure("support", "", case.vendor) is None


def test_a_stale_figure_shows_both(case: Case) -> None:
    case.save_figure("scaling", "fte", "own", likely="1", revision="0")
    case.acting("contributor").save_figure("scaling", "fte", "own", likely="2", revision="1")
    response = case.save_figure("scaling", "fte", "own", likely="3", revision="1")
    body = response.content.decode()
    assert response.status_code == 409
    assert "<dd>2</dd>" in body
    assert "<dd>3</dd>" in body
    assert case.save_figure("scaling", "fte", "own", likely="3", revision="2").status_code == 200


def test_the_catalogue_offers_its_figure_in_the_options_currency_with_its_source(case: Case) -> None:
    case.assessment.as_of = date(2026, 11, 23)
    case.assessment.save()
    page = case.client.get(case.url("costs", category="model_access")).content.decode()
    assert "Use 1.8 EUR" in page, "2 USD at the rate of the day, 0.9"
    assert "USD per million tokens" in page
    assert "A source" in page
    assert "our own judgement" in page
    assert "The vendor&#x27;s part." in page


def test_without_scripts_a_category_is_saved_at_once_and_wrong_figures_are_kept(case: Case) -> None:
    url = case.url("costs", category="scaling")
    data = {f"revision:scaling.{key}@{option}": "0" for key in ("one_off", "per_month", "") for option in ("vendor", "own")}
    response = case.client.post(
        url, data | {"likely:scaling.one_off@own": "1000", "likely:scaling.per_month@own": "lots", "likely:scaling.@vendor": "0"}
    )
    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="lots"' in body
    assert "&#x27;lots&#x27; is no number" in body
    assert case.figure("scaling", "one_off", case.own).likely == 1000
    assert case.figure("scaling", "", case.vendor) is not None
    fine = case.client.post(url, {"revision:scaling.per_month@own": "0", "likely:scaling.per_month@own": "70"}, follow=True)
    assert "Saved 1 figure." in fine.content.decode()


def test_without_scripts_the_demand_is_saved_at_once(case: Case) -> None:
    data = {"currency": "USD", "as_of": "", "revision:demand.horizon_months@": "0", "likely:demand.horizon_months@": "36"}
    assert case.client.post(case.url("demand"), data)["Location"] == case.url("demand")
    assert case.figure("demand", "horizon_months").likely == 36
    back = case.save_figure("demand", "horizon_months", likely="24", revision="1", htmx=False)
    assert back["Location"] == case.url("demand")


def test_progress_counts_categories_and_needed_figures(case: Case) -> None:
    case.save_figure("support", "", "vendor", likely="0", revision="0")
    body = case.save_figure("demand", "horizon_months", likely="36", revision="0").content.decode()
    assert re.search(r'id="count-demand" hx-swap-oob="true".*?1/5', body)
    progress = standing_of(case.assessment).progress
    assert (progress.costs.answered, progress.costs.asked) == (1, 18)


def test_who_only_reads_and_whom_it_does_not_concern(case: Case) -> None:
    auditor = case.acting("auditor")
    assert 'type="text"' not in auditor.client.get(case.url("demand")).content.decode()
    assert auditor.save_figure("scaling", "fte", "own", likely="1").status_code == 403
    assert auditor.client.post(case.url("costs", category="scaling"), {}).status_code == 403
    assert case.acting("outsider").save_figure("scaling", "fte", "own", likely="1").status_code == 404
    assert case.client.get(case.url("costs", category="luck")).status_code == 404
    assert case.save_figure("scaling", "luck", "own", likely="1").status_code == 404
    assert case.save_figure("scaling", "fte", "nobody", likely="1").status_code == 404


def test_frozen_figures_are_read_only(case: Case) -> None:
    case.save_figure("scaling", "fte", "own", likely="1.5", revision="0")
    case.close()
    page = case.client.get(case.url("costs", category="scaling")).content.decode()
    assert "1.5 full-time posts" in page
    assert case.save_figure("scaling", "fte", "own", likely="2", revision="1").status_code == 409
    case.client.post(case.url("demand"), {"currency": "USD", "as_of": ""})
    case.assessment.refresh_from_db()
    assert case.assessment.currency == "EUR"


def test_few_queries(case: Case) -> None:
    for url in (case.url("demand"), case.url("costs", category="infrastructure")):
        with CaptureQueriesContext(connection) as asked:
            case.client.get(url)
        assert len(asked) <= MOST_QUERIES


def test_digits_that_are_no_revision_are_taken_for_none(case: Case) -> None:
    assert case.save_figure("support", "per_month", "vendor", likely="5", revision="9" * 5000).status_code == 200
    assert case.figure("support", "per_month", case.vendor).likely == 5
