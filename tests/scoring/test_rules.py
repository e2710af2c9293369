"""Findings and blockers."""

from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import GOOD, USE_CASE, answers, facts, option


def first(small, responses=None, use_case=None):
    return evaluate(small, facts(option("one", responses), responses=USE_CASE if use_case is None else use_case)).as_dict()["options"][0]


def without(responses, *ids):
    return {k: v for k, v in responses.items() if k not in ids}


def test_a_finding_that_an_answer_shows(small):
    found = first(small, GOOD | answers(sla="none"))
    assert found["findings"] == [{"id": "no-sla", "severity": "high", "question": "sla", "obligations": []}]
    assert found["blockers"] == []
    assert found["admissible"] is True


def test_a_finding_is_not_reported_while_it_is_unknown(small):
    assert first(small, without(GOOD, "sla"))["findings"] == []


def test_a_blocker_is_a_finding_too_and_bars_its_option(small):
    found = first(small, GOOD | answers(failover="no"))
    assert found["admissible"] is False
    assert found["blockers"] == [
        {"id": "unguarded", "question": "failover", "message": "It serves customers without a failover.", "acceptable_by": "approver"}
    ]
    assert [f["id"] for f in found["findings"]] == ["unguarded"]


def test_a_blocker_that_can_not_be_ruled_out_blocks_and_says_what_to_answer(small):
    found = first(small, without(GOOD, "failover"))
    assert found["admissible"] is False
    assert found["findings"] == []
    assert found["blockers"][0]["message"] == (
        "“No failover” can’t be ruled out until “Question failover?” (failover) is answered. "
        "If it holds: It serves customers without a failover."
    )


def test_it_names_what_decides_whether_the_question_is_asked(small):
    message = first(small, without(GOOD, "sla", "failover"))["blockers"][0]["message"]
    assert "“Question sla?” (sla) is answered" in message


def test_a_blocker_that_another_answer_rules_out_does_not_block(small):
    inside = USE_CASE | answers(kind="inside")
    assert first(small, without(GOOD, "failover"), inside)["blockers"] == []


def test_rules_of_the_use_case_count_for_every_option(small):
    data = evaluate(small, facts(responses=USE_CASE | answers(practice="yes"))).as_dict()
    assert data["ai_act"]["risk_class"] == "prohibited"
    assert [[b["id"] for b in o["blockers"]] for o in data["options"]] == [["forbidden"], ["forbidden"]]
    assert data["options"][0]["blockers"][0]["acceptable_by"] is None
    assert data["ranking"] == []
    assert data["recommendation"]["outcome"] == "none_admissible"


def test_a_rule_on_the_class_is_unknown_while_the_class_is(small):
    message = first(small, use_case=without(USE_CASE, "practice"))["blockers"][0]["message"]
    assert message.startswith("“Forbidden” can’t be ruled out until “Question practice?” (practice) is answered.")


def test_the_class_is_read_from_visible_answers(small):
    high = evaluate(small, facts(responses=USE_CASE | answers(roles=("provider",)))).as_dict()["ai_act"]
    assert (high["risk_class"], high["roles"]) == ("high", ["provider"])
    assert high["basis"] == [
        {"reference": "Annex III(4)(a)", "because": ["roles", "kind"], "applies_from": "2027-12-02", "in_force": False}
    ]
