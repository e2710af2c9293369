from __future__ import annotations

import pytest

from assessments import editing
from tests.fixtures import Cast, make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast: Cast):
    draft = make_draft(cast)
    editing.option_add(actor=cast.risk_officer, assessment=draft, name="Own cluster", sourcing="self_hosted_open")
    return draft


def test_demand_is_entered_and_taken_away(officer, draft) -> None:
    saved = officer("put", "demand_figure", {"likely": "400000000"}, assessment=draft, key="input_tokens_per_month")
    assert (saved.status_code, saved.json()["likely"], saved.json()["revision"]) == (200, "400000000", 1)
    assert officer("delete", "demand_figure", assessment=draft, key="input_tokens_per_month").status_code == 204
    assert officer("get", "figures", assessment=draft).json()["count"] == 0


def test_cost_is_a_range(officer, draft) -> None:
    where = {"assessment": draft, "option": "own-cluster", "category": "infrastructure", "key": "gpu_price_per_hour"}
    saved = officer("put", "cost_figure", {"low": "1.90", "likely": "2.5", "high": "4"}, **where)
    assert [saved.json()[name] for name in ("low", "likely", "high")] == ["1.9", "2.5", "4"]
    wrong = officer("put", "cost_figure", {"low": "3", "likely": "2.5", "high": "4"}, **where)
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["low"])


def test_category_without_figures_can_be_said_to_cost_nothing(officer, draft) -> None:
    where = {"assessment": draft, "option": "own-cluster", "category": "support"}
    assert officer("put", "cost_category", **where).json()["key"] == ""
    assert officer("get", "figures", assessment=draft, query="?option=own-cluster").json()["count"] == 1
    assert officer("delete", "cost_category", **where).status_code == 204
    assert officer("get", "figures", assessment=draft).json()["count"] == 0


def test_older_revision_is_a_conflict(officer, draft) -> None:
    where = {"assessment": draft, "key": "horizon_months"}
    officer("put", "demand_figure", {"likely": "36", "revision": 0}, **where)
    late = officer("put", "demand_figure", {"likely": "24", "revision": 0}, **where)
    assert (late.status_code, late.json()["theirs"]["likely"], late.json()["mine"]["likely"]) == (409, "36", "24")


@pytest.mark.parametrize("likely", ["many", "NaN", "1e400", "-1", "12.5"])
def test_figure_that_cannot_be_is_refused(officer, draft, likely: str) -> None:
    answer = officer("put", "demand_figure", {"likely": likely}, assessment=draft, key="horizon_months")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["likely"])


def test_unknown_figure_is_refused_with_the_known_ones(officer, draft) -> None:
    answer = officer("put", "cost_figure", {"likely": "1"}, assessment=draft, option="own-cluster", category="support", key="weeks")
    assert answer.status_code == 422
    assert "one_off" in answer.json()["detail"]
