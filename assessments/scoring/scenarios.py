"""Applies a scenario of the catalogue to facts: its answers, weights and prices. Pure; the record that it varies stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from assessments.scoring.evaluate import Evaluation, evaluate, profiles
from assessments.scoring.facts import Costs, Facts, OptionFacts, Range, Response, Value
from assessments.scoring.rounding import money, points
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release
from compliance.catalogue.reference import PriceChange, Scenario


def applied(facts: Facts, scenario: Scenario, release: Release) -> Facts:
    """The facts under ``scenario``. Weights are multiplied where one profile is in use, and are then the assessment's own."""
    known = index(release)
    shared = dict(facts.responses)
    for change in scenario.answers:
        if known.questions[change.question].scope == "use_case":
            shared[change.question] = _answer(known, change.question, change.value)
    weights = facts.weights
    in_use = profiles(known, facts)
    if scenario.weights and len(in_use) == 1:
        weights = {c: w * scenario.weights.get(c, Decimal(1)) for c, w in next(iter(in_use.values())).items()}
    return replace(facts, responses=shared, weights=weights, options=tuple(_option(o, scenario, known) for o in facts.options))


@dataclass(frozen=True)
class Compared:
    """A scenario and what the assessment says under it."""

    scenario: Scenario
    evaluation: Evaluation

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the output."""
        found = self.evaluation
        return {
            "id": self.scenario.id,
            "title": self.scenario.title,
            "description": self.scenario.description,
            "ranking": [o.facts.id for o in found.ranking],
            "recommendation": {"outcome": found.recommendation.outcome, "option": found.recommendation.option},
            "options": [
                {
                    "id": o.facts.id,
                    "admissible": o.admissible,
                    "score": points(o.score.value),
                    "cost_total": None if o.costs.total is None else money(o.costs.total),
                    "loss_per_year": None if o.loss is None else money(o.loss.expected),
                }
                for o in found.options
            ],
        }


def compare(evaluation: Evaluation) -> tuple[Compared, ...]:
    """The same facts under each scenario of the catalogue, with the record's draws and seed."""
    release, facts = evaluation.release, evaluation.facts
    return tuple(
        Compared(s, evaluate(release, applied(facts, s, release), draws=evaluation.draws, seed=evaluation.seed)) for s in release.scenarios
    )


def _option(option: OptionFacts, scenario: Scenario, known: Index) -> OptionFacts:
    responses = dict(option.responses)
    for change in scenario.answers:
        if known.questions[change.question].scope == "option" and (not change.sourcings or option.sourcing in change.sourcings):
            responses[change.question] = _answer(known, change.question, change.value)
    prices = [p for p in scenario.prices if not p.sourcings or option.sourcing in p.sourcings]
    return replace(option, responses=responses, costs=_priced(option.costs, prices))


def _answer(known: Index, question: str, value: str | tuple[str, ...]) -> Response:
    typed: Value = Decimal(value) if known.questions[question].type == "number" and isinstance(value, str) else value
    if known.questions[question].type == "choices" and isinstance(value, str):
        typed = (value,)
    return Response(typed)


def _priced(costs: Costs, prices: list[PriceChange]) -> Costs:
    categories: dict[str, Mapping[str, Range]] = dict(costs.categories)
    for price in prices:
        figures = dict(categories.get(price.category, {}))
        if price.key in figures:
            was = figures[price.key]
            figures[price.key] = Range(was.low * price.factor, was.likely * price.factor, was.high * price.factor)
            categories[price.category] = figures
    return replace(costs, categories=categories)
