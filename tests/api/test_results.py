from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from assessments.evaluation import evaluate_assessment
from assessments.scoring.study import study
from tests.fixtures import Cast, make_complete, make_draft

pytestmark = pytest.mark.django_db


def test_evaluation_is_the_documented_output(officer, cast: Cast) -> None:
    case = make_complete(cast)
    answer = officer("get", "evaluation", assessment=case)
    assert answer.json() == study(evaluate_assessment(case))
    assert answer.json()["format"] == "countersign/evaluation@1"


def test_evaluation_shows_the_derivation_when_asked(officer, cast: Cast) -> None:
    case = make_complete(cast)
    assert officer("get", "evaluation", assessment=case, query="?trace=1").json() == study(evaluate_assessment(case), trace=True)
    assert officer("get", "evaluation", assessment=case, query="?trace=all").status_code == 400


def test_empty_draft_can_be_evaluated(officer, cast: Cast) -> None:
    answer = officer("get", "evaluation", assessment=make_draft(cast))
    assert answer.status_code == 200
    assert answer.json()["ranking"] == []


def test_questions_are_those_that_the_command_lists(officer, capsys) -> None:
    call_command("list_questions", "--format", "json")
    assert officer("get", "questions").json() == json.loads(capsys.readouterr().out)
    assert officer("get", "questions", query="?catalogue=nothing@9").status_code == 400


def test_weights_are_a_name_or_a_map(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    own = {"cost": "3", "liability": "1"}
    assert officer("put", "weights", {"weights": own}, assessment=draft).json()["weights"] == own
    assert officer("put", "weights", {"weights": "archetype"}, assessment=draft).json()["weights"] == "archetype"


@pytest.mark.parametrize(
    ("weights", "status", "field"),
    [("gut-feeling", 422, "weights"), ({"luck": "1"}, 422, "luck"), ({"cost": "-1"}, 422, "cost"), (7, 400, "weights")],
)
def test_wrong_weights_are_refused(officer, cast: Cast, weights: object, status: int, field: str) -> None:
    answer = officer("put", "weights", {"weights": weights}, assessment=make_draft(cast))
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])


def test_option_is_proposed(officer, cast: Cast) -> None:
    case = make_complete(cast)
    option = case.options.last()
    answer = officer("put", "proposal", {"option": option.key, "reason": "We run it already."}, assessment=case)
    assert answer.json()["proposal"] == {"option": option.key, "reason": "We run it already."}
    assert officer("put", "proposal", {"option": "nobody"}, assessment=case).status_code == 422


def test_trail_tells_what_happened_with_its_leaf(officer, cast: Cast, call_as) -> None:
    draft = make_draft(cast)
    rows = call_as("auditor")("get", "reports_api:trail", assessment=draft).json()["results"]
    assert [row["action"] for row in rows] == ["assessment.created"]
    assert cast.risk_officer.name in rows[0]["sentence"]
    assert len(bytes.fromhex(rows[0]["leaf_hash"])) == 32
