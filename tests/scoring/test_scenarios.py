"""The catalogue's scenarios, applied to the worked examples: what they change, and that they leave the rest alone."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Costs, Range, Response
from assessments.scoring.file import read_assessment
from assessments.scoring.scenarios import applied
from compliance.catalogue.reference import AnswerChange, PriceChange, Scenario
from compliance.releases import by_name, newest

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def example(name):
    return read_assessment((FOLDER / name).read_text(), name, by_name)


def scores(release, facts):
    return {o["id"]: Decimal(o["score"]) for o in evaluate(release, facts).as_dict()["options"]}


@pytest.mark.parametrize("name", ["bank-chatbot.yaml", "internal-documents.yaml"])
@pytest.mark.parametrize("scenario", newest().scenarios, ids=lambda s: s.id)
def test_each_changes_a_score_and_leaves_the_facts_as_they_were(name, scenario):
    facts, release = example(name)
    before = scores(release, facts)
    after = scores(release, applied(facts, scenario, release))
    assert after != before
    assert scores(release, facts) == before


def test_parity_of_managed_open_weights_lifts_them_and_nobody_else():
    facts, release = example("bank-chatbot.yaml")
    parity = next(s for s in release.scenarios if all(c.sourcings == ("managed_open",) for c in s.answers))
    before, after = scores(release, facts), scores(release, applied(facts, parity, release))
    assert after["managed-open"] > before["managed-open"]
    if not parity.weights:
        assert {k: v for k, v in after.items() if k != "managed-open"} == {k: v for k, v in before.items() if k != "managed-open"}


def test_answers_weights_and_prices():
    facts, release = example("bank-chatbot.yaml")
    scenario = Scenario(
        id="x", title="Something", description="It happens.", sources=("own-scales",),
        answers=(AnswerChange("service-levels.fallback", "none", ("closed_api",)), AnswerChange("liability.insurance", "no")),
        weights={"cost": Decimal(2)},
        prices=(PriceChange("model_access", "input_price_per_million", Decimal("1.3"), ("closed_api",)),),
    )  # fmt: skip
    vendor = next(o for o in facts.options if o.sourcing == "closed_api")
    priced = replace(vendor, costs=Costs(categories={"model_access": {"input_price_per_million": Range.single(Decimal(2))}}))
    facts = replace(facts, options=(priced, *(o for o in facts.options if o is not vendor)))
    found = applied(facts, scenario, release)
    assert found.options[0].responses["service-levels.fallback"] == Response("none")
    assert found.options[1].responses["service-levels.fallback"] == facts.options[1].responses["service-levels.fallback"]
    assert found.responses["liability.insurance"] == Response("no")
    assert found.options[0].costs.categories["model_access"]["input_price_per_million"].likely == Decimal("2.6")
    profile = next(a for a in release.archetypes if a.id == facts.archetype).weights
    assert found.weights["cost"] == profile["cost"] * 2
    assert found.weights["control"] == profile["control"]
