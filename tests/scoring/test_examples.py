"""The worked examples: complete, and won by the answers that stand in them."""

from pathlib import Path

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment, write_assessment
from compliance.releases import by_name

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def example(name):
    return read_assessment((FOLDER / name).read_text(), name, by_name)


@pytest.mark.parametrize(
    ("name", "leaders", "lean"),
    [("bank-chatbot.yaml", {"closed_api"}, "closed"), ("internal-documents.yaml", {"managed_open", "self_hosted_open"}, "open")],
)
def test_it_is_complete_and_leans_as_its_archetype_does(name, leaders, lean):
    facts, release = example(name)
    data = evaluate(release, facts).as_dict()
    assert data["unanswered"] == {"use_case": [], "options": {}}
    assert data["ignored"] == {"use_case": [], "options": {}}
    assert all(o["costs"]["complete"] and o["completeness"] == "1.0000" for o in data["options"])
    assert {o.sourcing for o in facts.options} == {"closed_api", "managed_open", "self_hosted_open"}
    assert next(o["sourcing"] for o in data["options"] if o["id"] == data["ranking"][0]) in leaders
    assert next(a.lean for a in release.archetypes if a.id == facts.archetype) == lean


@pytest.mark.parametrize("name", ["bank-chatbot.yaml", "internal-documents.yaml"])
def test_written_and_read_again_it_gives_the_same_figures(name):
    facts, release = example(name)
    again, _ = read_assessment(write_assessment(facts, release), name, by_name)
    assert again == facts
    assert evaluate(release, again).as_dict(trace=True) == evaluate(release, facts).as_dict(trace=True)


def test_the_chatbot_s_class():
    facts, release = example("bank-chatbot.yaml")
    act = evaluate(release, facts).as_dict()["ai_act"]
    assert (act["risk_class"], [b["reference"] for b in act["basis"]]) == ("limited", ["Art. 50(1)", "Art. 50(2)"])


@pytest.mark.parametrize("name", ["bank-chatbot.yaml", "internal-documents.yaml"])
def test_no_answer_can_be_left_out_to_gain(name):
    from dataclasses import replace
    from decimal import Decimal

    facts, release = example(name)
    before = {o["id"]: Decimal(o["score"]) for o in evaluate(release, facts).as_dict()["options"]}
    for gone in facts.responses:
        changed = replace(facts, responses={k: v for k, v in facts.responses.items() if k != gone})
        after = evaluate(release, changed).as_dict()["options"]
        assert all(Decimal(o["score"]) <= before[o["id"]] for o in after), gone
    first = facts.options[0]
    for gone in first.responses:
        changed = replace(first, responses={k: v for k, v in first.responses.items() if k != gone})
        after = evaluate(release, replace(facts, options=(changed, *facts.options[1:]))).as_dict()["options"][0]
        assert Decimal(after["score"]) <= before[first.id], gone
