"""What-ifs over the API: the evaluation under changes, what is refused, and that nothing is kept."""

from __future__ import annotations

import pytest

from assessments.evaluation import evaluate_assessment, facts_of, release_of
from assessments.models import Assessment
from assessments.scoring.evaluate import evaluate
from assessments.scoring.patch import NewAnswer, NewFigure, Patch, what_if
from audit.models import AuditEvent
from tests.fixtures import Cast, make_complete, make_draft, make_submitted

pytestmark = pytest.mark.django_db

BODY = {
    "scenario": "closed-vendor-incident",
    "weights": {"cost": "40"},
    "volume": "2",
    "answers": [
        {"question": "service-levels.fallback", "option": "vendor-api", "value": "none"},
        {"question": "ai-act.roles", "value": []},
    ],
    "figures": [{"option": "own-cluster", "figure": "infrastructure.gpu_price_per_hour", "value": "2.5"}],
    "demand": {"horizon_months": "24"},
}
PATCH = Patch(
    scenario="closed-vendor-incident",
    weights={"cost": "40"},
    volume="2",
    answers=(NewAnswer("service-levels.fallback", "vendor-api", "none"), NewAnswer("ai-act.roles", None, ())),
    figures=(NewFigure("own-cluster", "infrastructure", "gpu_price_per_hour", "2.5"),),
    demand={"horizon_months": "24"},
)


def ask(caller, case: Assessment, body: object):
    return caller("post", "what_if", body, assessment=case)


def test_nothing_changed_is_the_evaluation_without_draws(officer, cast: Cast) -> None:
    case = make_complete(cast)
    assert ask(officer, case, {}).json() == evaluate(release_of(case), facts_of(case), draws=0).as_dict()
    assert ask(officer, case, {"scenario": None, "weights": None, "answers": []}).json() == ask(officer, case, {}).json()


def test_the_answer_is_the_evaluation_of_the_changed_facts(officer, cast: Cast) -> None:
    case = make_complete(cast)
    found = ask(officer, case, BODY)
    assert found.status_code == 200
    assert found.json() == what_if(release_of(case), facts_of(case), PATCH).as_dict()
    assert found.json()["input_digest"] != evaluate_assessment(case).input_digest
    assert "robustness" not in found.json()


def test_draws_are_the_assessments_own(officer, cast: Cast) -> None:
    case = make_complete(cast)
    found = ask(officer, case, {"draws": 200}).json()
    assert found == evaluate(release_of(case), facts_of(case), draws=200).as_dict()
    assert found["robustness"]["samples"] == 200


def test_nothing_is_kept_and_whoever_reads_all_may_ask_at_any_stage(cast: Cast, call_as) -> None:
    case = make_submitted(cast)
    callers = [call_as(who) for who in ("auditor", "approver", "administrator")]
    before, events = facts_of(case), AuditEvent.objects.count()
    for caller in callers:
        assert ask(caller, case, BODY).status_code == 200
    assert facts_of(case) == before
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"volumes": "2"}, "volumes"),
        ({"volume": {}}, "volume"),
        ({"weights": 7}, "weights"),
        ({"answers": {}}, "answers"),
        ({"answers": [{"question": "ai-act.roles"}]}, "answers"),
        ({"answers": [{"question": "ai-act.roles", "value": 7}]}, "answers"),
        ({"answers": [{"question": "ai-act.roles", "value": "x", "basis": "certified"}]}, "answers"),
        ({"figures": [{"option": "own-cluster", "value": "1"}]}, "figures"),
        ({"demand": ["horizon_months"]}, "demand"),
        ({"draws": 10_001}, "draws"),
        ({"draws": -1}, "draws"),
        ({"draws": "many"}, "draws"),
    ],
)
def test_a_body_of_another_shape_is_a_400(officer, cast: Cast, body: object, field: str) -> None:
    answer = ask(officer, make_draft(cast), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_body_that_is_no_object(officer, cast: Cast) -> None:
    assert ask(officer, make_draft(cast), ["volume"]).status_code == 400


def test_what_can_not_be_applied_is_a_422_that_names_it_all(officer, cast: Cast) -> None:
    body = {
        "scenario": "rain",
        "weights": {"luck": "1"},
        "volume": "0",
        "answers": [{"question": "service-levels.fallback", "value": "none"}, {"question": "ai-act.roles", "value": "pilot"}],
        "figures": [
            {"option": "own-cluster", "figure": "infrastructure.gpu_price_per_hour", "value": "NaN"},
            {"option": "nobody", "figure": "x", "value": "1"},
        ],
        "demand": {"horizon_months": "0"},
    }
    answer = ask(officer, make_complete(cast), body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {
        "scenario", "weights.luck", "volume", "service-levels.fallback", "ai-act.roles[0]",
        "own-cluster.costs.infrastructure.gpu_price_per_hour", "nobody.costs.x", "demand.horizon_months",
    }  # fmt: skip


def test_weights_that_are_all_nought(officer, cast: Cast) -> None:
    case = make_complete(cast)
    weights = dict.fromkeys((c.id for c in release_of(case).criteria), "0")
    answer = ask(officer, case, {"weights": weights})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["weights"])
