"""Values of answers, criteria and scores, by hand."""

from dataclasses import replace
from decimal import localcontext

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Response
from assessments.scoring.rounding import COMPUTING, share
from assessments.scoring.values import anchored
from compliance.catalogue.model import Anchors
from tests.scoring.conftest import GOOD, D, answers, facts, option, weights


def result(small, *options, **more):
    return evaluate(small, facts(*options, **more)).as_dict()


def values(small, responses, **more):
    return result(small, option("one", responses), **more)["options"][0]["values"]


@pytest.mark.parametrize(
    ("figure", "anchors", "expected"),
    [
        ("99.45", Anchors(D(99), D("99.9")), "0.5000"),
        ("98", Anchors(D(99), D("99.9")), "0.0000"),
        ("100", Anchors(D(99), D("99.9")), "1.0000"),
        ("13", Anchors(D(26), D(0)), "0.5000"),
        ("2", Anchors(D(20), D("0.2"), "log"), "0.5000"),
        ("0", Anchors(D(20), D("0.2"), "log"), "1.0000"),
        ("0", Anchors(D("0.2"), D(20), "log"), "0.0000"),
        ("200", Anchors(D(20), D("0.2"), "log"), "0.0000"),
        ("3", Anchors(D(3), D(3)), "1.0000"),
    ],
)
def test_numbers_lie_between_their_anchors(figure, anchors, expected):
    with localcontext(COMPUTING):
        assert share(anchored(D(figure), anchors)) == expected


def test_a_criterion_is_the_weighted_mean_of_its_questions(small):
    # sla part 3 × 0.5, failover 1, uptime 0.5, certificates the least of a (1) and c (0.5): (1.5 + 1 + 0.5 + 0.5) / 6
    mixed = answers(sla="part", failover="yes", uptime=D("99.45"), certificates=("a", "c"), audit="yes")
    assert values(small, mixed)["service"] == {"value": "0.5833", "best": "0.5833", "weight": "0.5000", "completeness": "1.0000"}


def test_none_of_several_choices_is_the_best(small):
    assert values(small, GOOD | answers(certificates=()))["service"]["value"] == "1.0000"


def test_an_unanswered_question_counts_as_worst_and_at_best_as_best(small):
    without = {k: v for k, v in GOOD.items() if k != "sla"}
    # Without sla nobody knows whether failover is asked: 4 of 6 parts are open.
    assert values(small, without)["service"] == {"value": "0.3333", "best": "1.0000", "weight": "0.5000", "completeness": "0.3333"}


def test_an_answer_of_unknown_counts_as_unanswered(small):
    unknown = GOOD | {"uptime": Response(None, "unknown")}
    data = result(small, option("one", unknown))
    assert data["options"][0]["values"]["service"]["value"] == "0.8333"
    assert data["unanswered"]["options"] == {"one": ["uptime"]}


def test_not_applicable_leaves_the_sum(small):
    aside = answers(sla="part", failover="no", uptime=D("99.9"), certificates=Response(None, "not_applicable"), audit="yes", remark="-")
    data = result(small, option("one", aside))
    assert data["options"][0]["values"]["service"] == {"value": "0.5000", "best": "0.5000", "weight": "0.5000", "completeness": "1.0000"}
    assert data["unanswered"]["options"] == {}


def test_not_applicable_counts_as_unanswered_where_the_question_does_not_allow_it(small):
    data = result(small, option("one", GOOD | {"audit": Response(None, "not_applicable")}))
    assert data["options"][0]["values"]["control"]["value"] == "0.0000"
    assert data["unanswered"]["options"] == {"one": ["audit"]}


def test_a_criterion_with_nothing_applicable_leaves_the_weights(small):
    # Not critical, so audit is hidden; a closed API, so the weights at hand are too: control has no question left.
    use_case = facts().responses | answers(critical="no")
    data = result(small, option("one"), responses=use_case)
    found = data["options"][0]["values"]
    assert "control" not in found
    assert [v["weight"] for v in found.values()] == ["0.5556", "0.2222", "0.2222"]
    assert data["ignored"]["options"] == {"one": ["audit", "weights-at-hand"]}


def test_the_score_is_the_weighted_mean_of_the_criteria(small):
    data = result(small, option("one", weeks=13), weights=weights(service=1, time=3))
    # (1 × 1 + 3 × 0.5) / 4
    assert data["options"][0]["score"] == "62.5"


def test_weights_by_name(small):
    one = option("one", weeks=13)
    assert result(small, one, weights="archetype")["options"][0]["score"] == "90.0"
    assert result(small, one, weights="even")["options"][0]["score"] == "87.5"


def test_without_an_archetype_the_worst_profile_counts_and_the_best_is_best(small):
    one = option("one", weeks=13)
    data = result(small, one, archetype=None)
    scores = [result(small, one, archetype=a)["options"][0] for a in ("chatbot", "documents")]
    assert data["options"][0]["score"] == min(s["score"] for s in scores) == "90.0"
    assert data["options"][0]["score_best"] == max(s["score_best"] for s in scores) == "95.0"
    assert data["unanswered"]["use_case"] == ["archetype"]


def test_weight_on_nothing_that_applies_judges_nothing(small):
    use_case = facts().responses | answers(critical="no")
    found = result(small, option("one"), responses=use_case, weights=weights(control=1))["options"][0]
    assert (found["score"], found["score_best"], found["completeness"]) == ("0.0", "100.0", "0.0000")


def test_nothing_answered(small):
    empty = replace(option("one"), responses={}, costs=type(option("one").costs)())
    data = result(small, empty, responses={}, demand=type(facts().demand)())
    found = data["options"][0]
    assert (found["score"], found["score_best"], found["completeness"]) == ("0.0", "100.0", "0.0000")
    assert found["costs"] == {"complete": False}
    assert data["recommendation"]["outcome"] == "none_admissible"


@pytest.mark.parametrize(
    "wrong",
    [
        {"archetype": "chat-bot"},
        {"weights": "odd"},
        {"weights": {"speed": D(1)}},
        {"weights": {"cost": D(0)}},
        {"weights": {"cost": D(-1)}},
    ],
)
def test_facts_that_the_release_can_not_read_are_refused(small, wrong):
    with pytest.raises(ValueError):
        evaluate(small, facts(**wrong))


def test_a_choice_that_does_not_exist_is_refused(small):
    with pytest.raises(ValueError, match="sla has no choice 'best'; it has full, part, none"):
        evaluate(small, facts(option("one", GOOD | answers(sla="best"))))
