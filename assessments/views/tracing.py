"""The derivation of a number as its page shows it: nested steps, each leaf with the page at which it is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest
from django.urls import reverse

from accounts import formats
from assessments.models import Assessment, BasisOfAnswer, Snapshot
from assessments.scoring import printed
from assessments.scoring.costs import CATEGORIES
from assessments.scoring.trace_node import leaf
from assessments.views.places import Where
from assessments.views.showing import formula, sentence

CATEGORY = ".by_category."
FURTHER = "#"  # before the key of another number
CATALOGUE = "@"  # before a part of the page of the catalogue's reference data
CHOICE = re.compile(r"(?<![\w.-])([a-z0-9][\w.-]*)(?= = [0-9])")  # the id of a choice, before its value
Told: TypeAlias = frozenset[tuple[str, ...]]
NOTHING: Told = frozenset()
UNFOLDED = 2  # levels that are open at first
DEMAND_STEPS = frozenset(
    {
        "input tokens a month", "cached share of input", "output tokens a month", "peak ratio", "horizon in months", "growth a year",
        "discount rate a year",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One number with what it came from. A leaf (no ``inputs``) has the ``url`` at which it is answered, or (``further``) derived, or
    (``catalogue``) stands as a parameter."""

    name: str
    value: str
    formula: str
    basis: str
    sources: tuple[str, ...]
    url: str
    further: bool
    catalogue: bool
    open: bool
    inputs: tuple[Step, ...]


@dataclass(frozen=True)
class Reader:
    """``asked`` holds the questions by id, ``sources`` the titles of sources by id; ``where`` says where something is answered, and
    ``derivations`` is the address of this page, ready for a number's key. ``evaluation`` is the output that is derived, and ``catalogue`` the
    address of its release's reference data, where the parameters of what is drawn stand."""

    asked: Mapping[str, Any]
    sources: Mapping[str, str]
    where: Where
    derivations: str
    evaluation: Mapping[str, Any]
    catalogue: str

    def step(self, node: Mapping[str, Any], above: str = "", option: str = "", depth: int = 0, told: Told = NOTHING) -> Step:
        """``node`` and all below it; ``above`` names what the node above it hangs on, ``option`` the option that it is about, and ``told`` the
        leaves that stand further up."""
        if node.get("key", "").startswith("options."):
            option = node["key"].split(".")[1]
        scope = self._scope(node, above, option)
        children = [child for child in node["inputs"] if leaf(child) not in told]
        below = told | {found for child in children if (found := leaf(child))}
        inputs = tuple(self.step(child, scope, option, depth + 1, below) for child in children)
        further = scope.startswith(FURTHER)
        return Step(
            name=self._name(node),
            value=self._value(node, scope),
            formula=self._formula(node, scope),
            basis=str(BasisOfAnswer(node["basis"]).label) if node.get("basis") else "",
            sources=tuple(self.sources.get(id_, id_) for id_ in node.get("source", ())),
            url="" if inputs else self._url(scope, option),
            further=further,
            catalogue=scope.startswith(CATALOGUE),
            open=depth < UNFOLDED,
            inputs=inputs,
        )

    def _name(self, node: Mapping[str, Any]) -> str:
        name: str = self.asked[node["name"]]["text"] if node["name"] in self.asked else node["name"]
        return sentence(name) if node.get("key", "").startswith("flips.") else name

    def _url(self, scope: str, option: str) -> str:
        if scope.startswith(FURTHER):
            return self.derivations + scope.removeprefix(FURTHER)
        if scope.startswith(CATALOGUE):
            return f"{self.catalogue}#{scope.removeprefix(CATALOGUE)}"
        return self.where(scope, option) if scope else ""

    def _scope(self, node: Mapping[str, Any], above: str, option: str) -> str:
        """What the number hangs on: a question, ``costs.<category>``, ``demand`` or ``weights``, as ``where`` names them, another number, or a
        parameter of the catalogue."""
        key, name = node.get("key", ""), node["name"]
        if question := node.get("question"):
            return str(question)
        if place := node.get("place"):
            return str(place)
        if name in self.asked:
            return str(name)
        if CATEGORY in key:
            return "costs." + key.rsplit(CATEGORY, 1)[1]
        if drawn := self._drawn(key, name, option):
            return drawn
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

    def _drawn(self, key: str, name: str, option: str) -> str:
        """What a figure hangs on that was drawn, or that follows from what was; empty for any other."""
        first, _dot, rest = key.partition(".")
        if first == "flips" and rest:
            return self._flip(self.evaluation["flips"][int(rest)])
        if first == "accountability":
            premium = self.evaluation["accountability"][int(rest.split(".")[0])]
            part = "loss.expected_per_year" if "loss_avoided" in key else "costs.total.likely"
            return f"{FURTHER}options.{premium['option']}.{part}"
        if key == "robustness":
            return CATALOGUE + key
        if first == "scenarios":
            return "weights" if name.startswith("weight of ") else ""
        if first == "robustness" or ".score_range." in key:
            return FURTHER + "robustness"
        if ".loss.scenarios." in key:
            return CATALOGUE + "loss-" + key.rsplit(".", 1)[1]
        if ".loss." in key:
            return f"{FURTHER}options.{option}.loss.expected_per_year"
        if key.endswith((".total.p50", ".total.p90")):  # the figures that are drawn stand under the first of the three
            return f"{FURTHER}options.{option}.costs.total.p10"
        category, _dot, figure = name.partition(".")
        return f"costs.{category}" if figure and category in CATEGORIES else ""

    def _flip(self, flip: Mapping[str, Any]) -> str:
        """Where stands what a flip changes."""
        if flip["what"] == "response":
            return str(flip["question"])
        if flip["what"] == "cost":
            return "costs." + flip["figure"].partition(".")[0]
        return "weights" if flip["what"] == "weight" else "demand"

    def _value(self, node: Mapping[str, Any], scope: str) -> str:
        """The value, in print; an answer in the words of its choices."""
        texts = self._choices(scope)
        if texts and (node["name"] == "response" or node["name"] in self.asked):
            return "; ".join(texts.get(id_, id_) for id_ in node["value"].split(", "))
        text = printed.value(node["value"], node.get("unit", ""))
        return formats.numbers(text) if printed.is_figures(node["value"]) else text

    def _formula(self, node: Mapping[str, Any], scope: str) -> str:
        """The formula, in print and with the words of the choices that it names by their ids."""
        before, chosen, after = node["formula"].partition("value of the choice: ")
        texts = self._choices(scope)
        words = CHOICE.sub(lambda m: f"“{texts[m[1]]}”" if m[1] in texts else m[1], after)
        return formula(printed.sentence(f"{before}{chosen}{words}"))

    def _choices(self, scope: str) -> dict[str, str]:
        return {choice["id"]: choice["text"] for choice in self.asked.get(scope, {}).get("choices") or ()}


def trace_url(request: HttpRequest, assessment: Assessment, snapshot: Snapshot | None = None, tried: str = "") -> str:
    """The address of the derivations, ready for the key of a number to be put behind it; ``tried``: the query of a what-if that it is under."""
    base = reverse("assessments:trace", kwargs={"org": request.organisation.slug, "assessment": assessment.pk})  # type: ignore[attr-defined]
    under = f"record={snapshot.number}&" if snapshot else f"{tried}&" if tried else ""
    return f"{base}?{under}of="


def found(tree: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The node that stands for ``key``, nearest to the root; None where there is none."""
    waiting = [tree]
    for node in waiting:  # grows while it is read
        if node.get("key") == key:
            return node
        waiting.extend(node["inputs"])
    return None
