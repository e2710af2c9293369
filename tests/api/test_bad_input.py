"""Bad input over the API: refused with the field that is wrong and what would be right, and nothing stored; and what is unusual and defined
is evaluated.

What the neighbours hold already isn't repeated: figures of a horizon (test_figures.py), names and maps of weights (test_results.py), choices
(test_responses.py), wrong files (test_files.py). The words that page and API share stand in tests/assessments/wrong.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assessments.models import Assessment, Response
from tests.assessments.asking import Case
from tests.assessments.unusual import DEFINED, Check, fill
from tests.assessments.unusual import publish as publish_small
from tests.assessments.wrong import ANSWERS, FIGURES, OUT_OF_ORDER, WEIGHTS, Wrong


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return publish_small(tmp_path, monkeypatch)


def put(officer: Any, case: Case, figure: Wrong, body: dict[str, Any] | None = None) -> Any:
    where = {"option": figure.option, "category": figure.category} if figure.option else {}
    name = "cost_figure" if figure.option else "demand_figure"
    return officer("put", name, figure.sent if body is None else body, assessment=case.assessment, key=figure.key, **where)


def said(answer: Any) -> dict[str, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return {name: " ".join(texts) for name, texts in answer.json()["errors"].items()}


@pytest.mark.parametrize("wrong", FIGURES.values(), ids=FIGURES)
def test_a_figure_that_cannot_be_is_refused_by_its_field(officer: Any, case: Case, wrong: Wrong) -> None:
    answer = put(officer, case, wrong)
    assert (answer.status_code, list(said(answer))) == (422, [wrong.at])
    assert said(answer)[wrong.at].startswith(wrong.said)
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize(
    ("body", "at", "message"),
    [
        ({"likely": ""}, "likely", "Give a number; DELETE takes the figure away."),
        ({"likely": "  "}, "likely", "Give a number; DELETE takes the figure away."),
        ({"likely": None}, "likely", "may not be null"),
        ({}, "likely", "required"),
        ({"low": "1", "high": "4"}, "likely", "required"),
        ({"likely": 12}, "likely", 'Give the number as text, such as "12.5".'),
        ({"likely": 12.5}, "likely", 'Give the number as text, such as "12.5".'),
        ({"likely": True}, "likely", 'Give the number as text, such as "12.5".'),
        ({"likely": ["12"]}, "likely", 'Give the number as text, such as "12.5".'),
        ({"likely": "2", "low": 1, "high": "3"}, "low", 'Give the number as text, such as "12.5".'),
        ({"likely": "9" * 41}, "likely", "no more than 40"),
    ],
)
def test_what_is_no_figure_at_all_is_a_bad_request(officer: Any, case: Case, body: dict[str, Any], at: str, message: str) -> None:
    answer = put(officer, case, FIGURES["negative price"], body)
    assert (answer.status_code, list(said(answer))) == (400, [at])
    assert message in said(answer)[at]
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize("body", ['{"likely": NaN}', '{"likely": Infinity}', '{"likely": "1"', "likely=1"])
def test_a_body_that_is_no_json_is_a_bad_request(officer: Any, case: Case, body: str) -> None:
    address = f"/api/v1/organisations/meridian-bank/assessments/{case.assessment.pk}/demand/horizon_months/"
    answer = officer.client.put(address, body, content_type="application/json")
    assert answer.status_code == 400
    assert case.assessment.figures.count() == 0


@pytest.mark.parametrize(("stands", "wrong"), OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
def test_figures_that_limit_each_other_stay_in_order(officer: Any, case: Case, stands: Wrong, wrong: Wrong) -> None:
    assert put(officer, case, stands).status_code == 200
    answer = put(officer, case, wrong)
    assert (answer.status_code, list(said(answer))) == (422, [wrong.at])
    assert said(answer)[wrong.at].startswith(wrong.said)
    assert [figure.key for figure in case.assessment.figures.all()] == [stands.key]


@pytest.mark.parametrize(("typed", "message"), ANSWERS.items())
def test_an_answer_that_cannot_be_is_refused_by_its_field(officer: Any, case: Case, typed: str, message: str) -> None:
    answer = officer("put", "option_response", {"value": typed}, assessment=case.assessment, option="vendor", question="uptime")
    assert (answer.status_code, list(said(answer))) == (422, ["value"])
    assert said(answer)["value"].startswith(message)
    assert not Response.objects.exists()


@pytest.mark.parametrize(("typed", "message"), WEIGHTS.items())
def test_a_weight_that_cannot_be_is_refused_by_its_criterion(officer: Any, case: Case, typed: str, message: str) -> None:
    answer = officer("put", "weights", {"weights": {"service": typed, "control": "1"}}, assessment=case.assessment)
    assert (answer.status_code, list(said(answer))) == (422, ["service"])
    assert said(answer)["service"].startswith(message)
    assert Assessment.objects.get().weights == "archetype"


@pytest.mark.parametrize(
    ("weights", "status", "fields"),
    [
        ({"service": "0"}, 422, ["service"]),
        ({"service": "0", "control": "0.00", "cost": "0", "time": "-0"}, 422, ["control", "cost", "service", "time"]),
        ({"service": "x", "luck": "1"}, 422, ["luck", "service"]),
        ({}, 400, ["weights"]),
        ({"service": ""}, 400, ["weights"]),
        ({"service": 1}, 400, ["weights"]),
        (None, 400, ["weights"]),
        ([["service", "1"]], 400, ["weights"]),
    ],
)
def test_weights_that_weigh_nothing_or_are_none_are_refused(officer: Any, case: Case, weights: Any, status: int, fields: list[str]) -> None:
    answer = officer("put", "weights", {"weights": weights}, assessment=case.assessment)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (status, fields)
    assert Assessment.objects.get().weights == "archetype"


def test_a_twenty_first_option_is_refused(officer: Any, case: Case) -> None:
    fill(case, 20)
    answer = officer("post", "options", {"name": "One too many", "sourcing": "closed_api"}, assessment=case.assessment)
    assert (answer.status_code, said(answer)) == (422, {"name": "An assessment compares at most 20 options; remove one first."})
    assert case.assessment.options.count() == 20


@pytest.mark.parametrize(("prepare", "holds"), DEFINED.values(), ids=DEFINED)
def test_what_is_unusual_and_defined_is_evaluated(officer: Any, case: Case, prepare: Callable[[Case], None], holds: Check) -> None:
    prepare(case)
    answer = officer("get", "evaluation", assessment=case.assessment, query="?trace=1")
    assert answer.status_code == 200
    assert holds(answer.json()), answer.json()
    assert officer("get", "export", assessment=case.assessment).status_code == 200
