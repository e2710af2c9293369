"""Bad input on the page: said beside its field with what would be right, and nothing stored; and the pages of what is unusual and yet defined.

What the neighbours hold already isn't repeated: a figure in words, a half range and one out of order, an emptied figure, and saving a page
whole (test_pages_asking_figures.py), answers (test_pages_asking_answers.py), weights in words and all nought (test_pages_deciding_weights.py),
no option on the result and the check page (test_pages_deciding_result.py, test_pages_deciding_check.py), and imported files
(test_pages_asking_describing.py). The words that page and API share stand in wrong.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from assessments import answering
from assessments.evaluation import evaluate_assessment, facts_of
from assessments.figures import NoFigure, by_hand
from assessments.models import Assessment
from assessments.scoring.reading import Bounds
from tests.assessments.asking import Case
from tests.assessments.unusual import DEFINED, Check, fill, publish
from tests.assessments.wrong import ANSWERS, FIGURES, OUT_OF_ORDER, WEIGHTS, Wrong


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return publish(tmp_path, monkeypatch)


def body(response: Any) -> str:
    return unescape(response.content.decode())


def send(case: Case, figure: Wrong, **more: Any) -> Any:
    return case.save_figure(figure.category, figure.key, figure.option, revision="0", **figure.sent, **more)


@pytest.mark.parametrize("wrong", FIGURES.values(), ids=FIGURES)
def test_a_figure_that_cannot_be_is_refused_beside_its_field(case: Case, wrong: Wrong) -> None:
    response = send(case, wrong)
    assert response.status_code == 422
    assert f'class="field-error" data-invalid>{wrong.said}' in body(response)
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize(("stands", "wrong"), OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
def test_figures_that_limit_each_other_stay_in_order(case: Case, stands: Wrong, wrong: Wrong) -> None:
    assert send(case, stands).status_code == 200
    response = send(case, wrong)
    assert response.status_code == 422
    assert wrong.said in body(response)
    assert [figure.key for figure in case.assessment.figures.all()] == [stands.key]


def test_a_target_may_be_its_limit_and_the_least_replicas_the_most(case: Case) -> None:
    for category, option in (("demand", ""), ("infrastructure", "own")):
        for key in ("budget_target_per_month", "budget_limit_per_month") if not option else ("minimum_replicas", "maximum_replicas"):
            assert case.save_figure(category, key, option, likely="5", revision="0").status_code == 200


def test_a_form_that_moves_both_limits_at_once_is_saved_whole(case: Case) -> None:
    def both(target: int, limit: int, revision: int) -> Any:
        keys = {"demand.budget_target_per_month@": target, "demand.budget_limit_per_month@": limit}
        data = {f"likely:{key}": str(figure) for key, figure in keys.items()} | {f"revision:{key}": str(revision) for key in keys}
        return case.client.post(case.url("demand"), data)

    for revision, (target, limit) in enumerate([(1000, 3000), (4000, 6000), (500, 900)]):
        assert both(target, limit, revision).status_code == 302, (target, limit)
        found = [case.figure("demand", f"budget_{name}_per_month") for name in ("target", "limit")]
        assert [figure.likely for figure in found if figure] == [target, limit]
    wrong = both(950, 900, 3)
    assert wrong.status_code == 422
    assert 'value="950"' in body(wrong)
    assert "950 is above “Budget: limit”, 900" in body(wrong)


def test_that_a_category_costs_nothing_takes_no_amount(case: Case) -> None:
    for fields in ({"likely": "7"}, {"likely": "nothing"}, {"likely": "0", "low": "1", "high": "2"}):
        response = case.save_figure("support", "", "own", revision="0", **fields)
        assert response.status_code == 422
        assert "give an amount at one of its figures" in body(response)
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("1 000", "1000"), ("1,000,000", "1000000"), ("1,200.5", "1200.5"), ("99,9", "99.9"), ("0,001", "0.001"), ("1e6", "1000000"),
     (" 12 ", "12"), ("+3.", "3"), ("-0", "0"), ("0e40", "0")],
)  # fmt: skip
def test_figures_as_people_write_them_are_read(case: Case, typed: str, stored: str) -> None:
    assert case.save_figure("scaling", "per_month", "own", likely=typed, revision="0").status_code == 200
    figure = case.figure("scaling", "per_month", case.own)
    assert figure is not None
    assert f"{figure.likely.normalize():f}" == stored


def test_a_point_that_may_part_thousands_is_asked_about_on_the_page_and_not_of_a_program(case: Case) -> None:
    said = "'75.000' can be read as 75000 or as 75; write the one you mean in just these digits."
    asked = case.save_figure("demand", "budget_limit_per_month", likely="75.000", revision="0")
    assert asked.status_code == 422
    assert said in body(asked)
    assert case.figure("demand", "budget_limit_per_month") is None
    for revision, (typed, stored) in enumerate([("75000", "75000"), ("16.0420", "16.042"), ("0.086", "0.086"), ("1500.125", "1500.125")]):
        assert case.save_figure("demand", "budget_limit_per_month", likely=typed, revision=str(revision)).status_code == 200
        figure = case.figure("demand", "budget_limit_per_month")
        assert figure is not None
        assert f"{figure.likely.normalize():f}" == stored
    answering.figure_save(  # as the API does
        actor=case.cast.risk_officer,
        assessment=case.assessment,
        option=None,
        category="demand",
        key="budget_limit_per_month",
        likely="16.042",
    )
    unchanged = case.save_figure("demand", "budget_limit_per_month", likely="16.042", revision="5")
    assert unchanged.status_code == 200  # what the field showed is no question
    assert "read as 1234 or as 1.2340;" in body(case.save_figure("demand", "budget_limit_per_month", likely="1,234", revision="5"))


@pytest.mark.parametrize(
    ("typed", "stored", "said"),
    [("0.08", "0.08", "8 % a year"), ("8 %", "0.08", "8 % a year"), ("0,125", "0.125", "12.5 % a year"), ("800%", "8", "800 % a year"),
     ("-0.05", "-0.05", "-5 % a year"), ("0", "0", "0 % a year")],
)  # fmt: skip
def test_a_rate_is_told_as_it_was_understood(case: Case, typed: str, stored: str, said: str) -> None:
    saved = case.save_figure("demand", "discount_rate", likely=typed, revision="0")
    figure = case.figure("demand", "discount_rate")
    assert figure is not None
    assert f"{figure.likely.normalize():f}" == stored
    assert f'<p class="figure-read">{said}</p>' in body(saved)


def test_a_rate_above_one_without_its_sign_is_refused(case: Case) -> None:
    for key in ("discount_rate", "growth_per_year"):
        refused = case.save_figure("demand", key, likely="8", revision="0")
        assert refused.status_code == 422
        assert "8 would be 800 %. 8 % is written 0.08 or 8 %; write 800 % with its sign if that is meant." in body(refused)
    assert case.save_figure("demand", "cached_share", likely="30", revision="0").status_code == 422
    assert "it must be a number from -0.5 to 10." in body(case.save_figure("demand", "discount_rate", likely="8000 %", revision="0"))
    assert case.assessment.figures.count() == 0
    shared = case.save_figure("infrastructure", "utilisation_limit", "own", likely="45 %", low="30%", high="0.6", revision="0")
    assert '<p class="figure-read">45 %</p>' in body(shared)


def test_an_answer_is_asked_about_only_where_both_readings_fit(case: Case) -> None:
    assert case.save("uptime", "vendor", value="99.875", revision="0").status_code == 200  # up to 100
    assert case.save("uptime", "vendor", value="1.500", revision="1").status_code == 200
    with pytest.raises(NoFigure, match="can be read as 1500 or as 1.5;"):
        by_hand("1.500", Bounds())


def test_an_empty_figure_where_none_stands_is_none(case: Case) -> None:
    assert case.save_figure("demand", "horizon_months", likely="  ", revision="0").status_code == 200
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize(("typed", "said"), ANSWERS.items())
def test_an_answer_that_cannot_be_is_refused_beside_its_field(case: Case, typed: str, said: str) -> None:
    response = case.save("uptime", "vendor", value=typed, revision="0")
    assert response.status_code == 422
    assert f'class="field-error" data-invalid>{said}' in body(response)
    assert case.answer("uptime", case.vendor) is None


def test_an_answer_is_stored_as_it_was_written(case: Case) -> None:
    for revision, (typed, stored) in enumerate([("99,50", "99.50"), ("9.9e1", "99"), ("1e2", "100")]):
        assert case.save("uptime", "vendor", value=typed, revision=str(revision)).status_code == 200
        answer = case.answer("uptime", case.vendor)
        assert answer is not None
        assert answer.value == stored


@pytest.mark.parametrize(("typed", "said"), WEIGHTS.items())
def test_a_weight_that_cannot_be_is_refused_beside_its_field_and_not_tried_out(case: Case, typed: str, said: str) -> None:
    fields = {"choice": "own", "w-service": typed, "w-control": "1"}
    saved = case.client.post(case.url("weights"), fields)
    assert saved.status_code == 422
    assert f'id="error-w-service">{said}' in body(saved)
    assert f'value="{typed}"' in body(saved)
    tried = case.client.get(case.url("weights"), fields, headers=case.htmx())
    assert tried.status_code == 200
    assert said in body(tried)
    case.assessment.refresh_from_db()
    assert case.assessment.weights == "archetype"


def test_of_several_weights_each_wrong_one_is_named(case: Case) -> None:
    fields = {"choice": "own", "w-service": "-1", "w-control": "1", "w-cost": "NaN", "w-luck": "1"}
    page = body(case.client.post(case.url("weights"), fields))
    assert 'id="error-w-service"' in page
    assert 'id="error-w-cost"' in page
    assert 'id="error-w-control"' not in page


def test_weights_are_read_as_figures_are(case: Case) -> None:
    fields = {"choice": "own", "w-service": "0,5", "w-control": "1e2", "w-cost": "0"}
    assert case.client.post(case.url("weights"), fields).status_code == 302
    case.assessment.refresh_from_db()
    assert case.assessment.weights == {"service": "0.5", "control": "100", "cost": "0"}
    assert facts_of(case.assessment).weights == {"service": Decimal("0.5"), "control": Decimal(100), "cost": Decimal(0)}


def test_a_twenty_first_option_is_refused(case: Case) -> None:
    fill(case, 20)
    response = case.client.post(case.url("option_add"), {"name": "One too many", "sourcing": "closed_api"})
    assert response.status_code == 422
    assert "An assessment compares at most 20 options; remove one first." in body(response)
    assert 'value="One too many"' in body(response)
    assert case.assessment.options.count() == 20


PAGES = ("detail", "options", "demand", "weights", "result", "trace", "check")


@pytest.mark.parametrize(("prepare", "holds"), DEFINED.values(), ids=DEFINED)
def test_what_is_unusual_and_defined_is_shown(case: Case, prepare: Callable[[Case], None], holds: Check) -> None:
    prepare(case)
    case.assessment = Assessment.objects.get(pk=case.assessment.pk)
    evaluation = evaluate_assessment(case.assessment).as_dict()
    assert holds(evaluation), evaluation
    for page in PAGES:
        response = case.client.get(case.url(page))
        assert response.status_code == 200, page
        assert not re.search(r"\bNaN\b", body(response)), page  # as a word: a random token may hold the three letters
    for category in ("model_access", "infrastructure"):
        assert case.client.get(case.url("costs", category=category)).status_code == 200
