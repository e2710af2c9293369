"""The whole document: an evaluation with what would change it, and what it says under each scenario. These take ten times as long as the
evaluation, so they are computed apart."""

from __future__ import annotations

from typing import Any

from assessments.scoring.evaluate import Evaluation
from assessments.scoring.flips import find_flips
from assessments.scoring.rounding import plain
from assessments.scoring.scenarios import compare
from assessments.scoring.trace_node import Node, node

HOW = {
    "response": "another answer, everything else as it is",
    "weight": "least change of weights (linear programming, or one weight with the others in proportion)",
    "demand": "another volume at the same mix, searched up to a thousandfold",
    "cost": "another figure, everything else as it is, searched up to a thousandfold",
}


def study(evaluation: Evaluation, trace: bool = False) -> dict[str, Any]:
    """``countersign/evaluation@1`` with ``flips`` and ``scenarios``."""
    document = evaluation.as_dict(trace=trace)
    derived = document.pop("trace", None)
    document["flips"] = [flip.as_dict() for flip in find_flips(evaluation)]
    document["scenarios"] = [compared.as_dict() for compared in compare(evaluation)]
    if derived is None:
        return document
    return {**document, "trace": {**derived, "inputs": [*derived["inputs"], *_flips(document["flips"]), *_scenarios(evaluation, document)]}}


def _flips(flips: list[dict[str, Any]]) -> list[Node]:
    nodes = [
        node(
            flip["text"],
            flip["to_value"] or "",
            f"{HOW[flip['what']]}; distance {flip['distance']}" + (f", from {flip['from_value']}" if flip["from_value"] else ""),
            [node(c, change["to"], f"from {change['from']}") for c, change in flip.get("weights", {}).items()],
            key=f"flips.{n}",
        )
        for n, flip in enumerate(flips)
    ]
    return [node("what would change the recommendation", "", "the least change of each kind, smallest first", nodes, key="flips")]


def _scenarios(evaluation: Evaluation, document: dict[str, Any]) -> list[Node]:
    labels = {o.facts.id: o.facts.label for o in evaluation.options}
    nodes = []
    for scenario, found in zip(evaluation.release.scenarios, document["scenarios"], strict=True):
        changes = [
            node(change.question, ", ".join(change.value) if isinstance(change.value, tuple) else change.value, _for(change.sourcings))
            for change in scenario.answers
        ]
        several = "not applied: no archetype is chosen, so no weights are stated" if len(evaluation.weights) > 1 else ""
        changes += [node(f"weight of {criterion}", f"× {plain(factor)}", several) for criterion, factor in scenario.weights.items()]
        changes += [node(f"{p.category}.{p.key}", f"× {plain(p.factor)}", _for(p.sourcings)) for p in scenario.prices]
        scores = [
            node(f"{labels[o['id']]}: {name}", o[part], "evaluated again with the changes", key=f"scenarios.{scenario.id}.{o['id']}.{part}")
            for o in found["options"]
            for part, name in (("score", "score"), ("cost_total", "cost over the horizon"), ("loss_per_year", "expected loss a year"))
            if o[part] is not None
        ]
        nodes.append(node(scenario.title, "", "", [*scores, *changes], key=f"scenarios.{scenario.id}", source=list(scenario.sources)))
    return [node("scenarios", "", "the same facts with named changes, evaluated again with the same draws", nodes, key="scenarios")]


def _for(sourcings: tuple[str, ...]) -> str:
    return f"in options of the sourcing {', '.join(sourcings)}" if sourcings else ""
