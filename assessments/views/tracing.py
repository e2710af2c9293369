"""The derivation of a number as its page shows it: nested steps, each leaf with the page at which it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.models import BasisOfAnswer
from assessments.views.places import Where

CATEGORY = ".by_category."
FURTHER = "#"  # before the key of another number
UNFOLDED = 2  # levels that are open at first
DEMAND_STEPS = frozenset({"input tokens a month", "cached share of input", "output tokens a month", "peak ratio"})


@dataclass(frozen=True)
class Step:
    """One number with what it came from. A leaf (no ``inputs``) has the ``url`` at which it is answered, or (``further``) derived."""

    name: str
    value: str
    formula: str
    basis: str
    sources: tuple[str, ...]
    url: str
    further: bool
    open: bool
    inputs: tuple[Step, ...]


@dataclass(frozen=True)
class Reader:
    """``asked`` holds the questions by id, ``sources`` the titles of sources by id; ``where`` says where something is answered, and
    ``derivations`` is the address of this page, ready for a number's key."""

    asked: Mapping[str, Any]
    sources: Mapping[str, str]
    where: Where
    derivations: str

    def step(self, node: Mapping[str, Any], above: str = "", option: str = "", depth: int = 0) -> Step:
        """``node`` and all below it; ``above`` names what the node above it hangs on, ``option`` the option that it is about."""
        if node.get("key", "").startswith("options."):
            option = node["key"].split(".")[1]
        scope = self._scope(node, above, option)
        inputs = tuple(self.step(child, scope, option, depth + 1) for child in node["inputs"])
        further = scope.startswith(FURTHER)
        url = self.derivations + scope.removeprefix(FURTHER) if further else self.where(scope, option) if scope else ""
        return Step(
            name=self.asked[node["name"]]["text"] if node["name"] in self.asked else node["name"],
            value=self._value(node, scope),
            formula=node["formula"],
            basis=BasisOfAnswer(node["basis"]).label if node.get("basis") else "",
            sources=tuple(self.sources.get(id_, id_) for id_ in node.get("source", ())),
            url="" if inputs else url,
            further=further,
            open=depth < UNFOLDED,
            inputs=inputs,
        )

    def _scope(self, node: Mapping[str, Any], above: str, option: str) -> str:
        """What the number hangs on: a question, ``costs.<category>``, ``demand`` or ``weights``, as ``where`` names them, or another number."""
        key, name = node.get("key", ""), node["name"]
        if question := node.get("question"):
            return str(question)
        if name in self.asked:
            return str(name)
        if CATEGORY in key:
            return "costs." + key.rsplit(CATEGORY, 1)[1]
        if key.endswith(".weight"):
            return "weights"
        if key.endswith((".best", ".completeness")) and ".values." in key:
            return FURTHER + key.rsplit(".", 1)[0] + ".value"
        if ".costs.monthly" in key or name in ("monthly cost", "monthly_cost"):
            return f"{FURTHER}options.{option}.costs"
        if name in ("weeks to production", "weeks_to_production"):
            return "costs.time_to_production"
        if key.endswith(".replicas_at_end"):
            return "costs.infrastructure"
        if key.endswith((".costs", ".total.likely", ".per_million_tokens", "demand.tokens_per_month")) or key.startswith("break_even."):
            return "demand"
        if above.startswith("costs.") and not node["inputs"] and name in DEMAND_STEPS:
            return "demand"
        return above

    def _value(self, node: Mapping[str, Any], scope: str) -> str:
        """The value; an answer in the words of its choices."""
        texts = {choice["id"]: choice["text"] for choice in self.asked.get(scope, {}).get("choices", ())}
        if node["name"] != "response" or not texts:
            return str(node["value"])
        return "; ".join(texts.get(id_, id_) for id_ in node["value"].split(", "))


def found(tree: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The node that stands for ``key``, nearest to the root; None where there is none."""
    waiting = [tree]
    for node in waiting:  # grows while it is read
        if node.get("key") == key:
            return node
        waiting.extend(node["inputs"])
    return None
