"""The whole document: an evaluation with what would change it, and what it says under each scenario. These take ten times as long as the
evaluation, so they are computed apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from assessments.scoring import printed
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.flips import find_flips
from assessments.scoring.rounding import plain
from assessments.scoring.scenarios import compare
from assessments.scoring.trace_node import Node, figure_name, figure_unit, node
from assessments.scoring.words import in_currency
from compliance.catalogue.index import Index, index

HOW = {
    "response": "another answer",
    "weight": "least change of all weights together (linear programming), or of one with the others in proportion",
    "demand": "another volume at the same mix, searched up to a thousandfold",
    "cost": "another figure, searched up to a thousandfold",
}


def study(evaluation: Evaluation, trace: bool = False) -> dict[str, Any]:
    """``countersign/evaluation@1`` with ``flips`` and ``scenarios``."""
    document = evaluation.as_dict(trace=trace)
    derived = document.pop("trace", None)
    document["flips"] = [flip.as_dict() for flip in find_flips(evaluation)]
    document["scenarios"] = [compared.as_dict() for compared in compare(evaluation)]
    if derived is None:
        return document
    return {
        **document,
        "trace": {**derived, "inputs": [*derived["inputs"], *_flips(evaluation, document["flips"]), *_scenarios(evaluation, document)]},
    }


def _flips(evaluation: Evaluation, flips: list[dict[str, Any]]) -> list[Node]:
    known = index(evaluation.release)
    nodes = []
    for n, flip in enumerate(flips):
        unit = _unit(known, evaluation, flip)
        was = f", from {printed.value(flip['from_value'], unit)}" if flip["from_value"] else ""
        weights = [
            node(known.criteria[c].title, change["to"], f"from {printed.value(change['from'], 'share')}", unit="share")
            for c, change in flip.get("weights", {}).items()
        ]
        how = f"{HOW[flip['what']]}; distance {plain(Decimal(flip['distance']))}{was}"
        nodes.append(node(flip["text"], flip["to_value"] or "", how, weights, key=f"flips.{n}", unit=unit))
    return [
        node(
            "what would change the recommendation",
            "",
            "the least change of each kind, smallest first, everything else as it is",
            nodes,
            key="flips",
        )
    ]


def _unit(known: Index, evaluation: Evaluation, flip: dict[str, Any]) -> str:
    """That of the figure which a flip changes."""
    if flip["what"] == "response":
        return in_currency(known.questions[flip["question"]].unit, evaluation.facts.demand.currency or evaluation.release.exchange.base)
    if flip["what"] == "cost":
        option = next(o for o in evaluation.options if o.facts.id == flip["option"])
        category, key = flip["figure"].split(".")
        return figure_unit(known, category, key, option.facts.costs.currency or option.costs.currency)
    return "share" if flip["what"] == "weight" else "tokens a month"


def _scenarios(evaluation: Evaluation, document: dict[str, Any]) -> list[Node]:
    labels, known = {o.facts.id: o.facts.label for o in evaluation.options}, index(evaluation.release)
    currency = evaluation.facts.demand.currency or evaluation.release.exchange.base
    nodes = []
    for scenario, found in zip(evaluation.release.scenarios, document["scenarios"], strict=True):
        changes = [
            node(
                change.question,
                ", ".join(change.value) if isinstance(change.value, tuple) else change.value,
                _for(change.sourcings),
                unit=in_currency(known.questions[change.question].unit, currency),
            )
            for change in scenario.answers
        ]
        several = "not applied: no archetype is chosen, so no weights are stated" if len(evaluation.weights) > 1 else ""
        changes += [
            node(f"weight of {known.criteria[criterion].title}", f"× {plain(factor)}", several)
            for criterion, factor in scenario.weights.items()
        ]
        changes += [
            node(figure_name(known, p.category, p.key), f"× {plain(p.factor)}", _for(p.sourcings), place=f"costs.{p.category}")
            for p in scenario.prices
        ]
        scores = [
            node(
                f"{labels[o['id']]}: {name}",
                o[part],
                "",
                key=f"scenarios.{scenario.id}.{o['id']}.{part}",
                unit="" if part == "score" else currency,
            )
            for o in found["options"]
            for part, name in (("score", "score"), ("cost_total", "cost over the horizon"), ("loss_per_year", "expected loss a year"))
            if o[part] is not None
        ]
        nodes.append(
            node(
                scenario.title,
                "",
                "evaluated again with the changes",
                [*scores, *changes],
                key=f"scenarios.{scenario.id}",
                source=list(scenario.sources),
            )
        )
    return [node("scenarios", "", "the same facts with named changes, evaluated again with the same draws", nodes, key="scenarios")]


def _for(sourcings: tuple[str, ...]) -> str:
    return f"in options of the sourcing {', '.join(sourcings)}" if sourcings else "in every option"
