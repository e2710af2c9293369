"""What would change the recommendation, and what it says under each scenario, as the result and record pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import formats
from assessments.scoring.flip import GROUPS, group_of
from assessments.views.showing import Content, amount, names_of, number, sentence
from assessments.views.trying import Trials

NEAREST = 3  # of each kind are shown; the others are folded away
TOKENS = frozenset({"demand.input_tokens_per_month", "demand.output_tokens_per_month", "demand.horizon_months"})


def changes(content: Content, asked: Mapping[str, Any], try_at: str = "") -> dict[str, Any] | None:
    """Flips by kind, nearest first; None where the evaluation holds none. ``try_at``: the address of the what-if page, empty for no trial."""
    found = content["evaluation"]
    if "flips" not in found:
        return None
    names, trials = names_of(content), Trials.of(content)
    shown = [_flip(flip, n, names, asked, f"{try_at}?{trials.query(flip)}" if try_at else "") for n, flip in enumerate(found["flips"])]
    groups = []
    for kind in GROUPS:
        of_kind = [flip for flip in shown if flip["kind"] == kind]
        title, none = _kind(kind, found)
        if kind == "together" and not of_kind:
            continue
        groups.append({"kind": kind, "title": title, "near": of_kind[:NEAREST], "more": of_kind[NEAREST:], "none": "" if of_kind else none})
    leader = found["recommendation"]["option"]
    return {"groups": groups, "count": len(shown), "leader": names.get(leader or "", "")}


def _flip(flip: Content, position: int, names: Mapping[str, str], asked: Mapping[str, Any], url: str) -> dict[str, Any]:
    return {
        "kind": group_of(flip),
        "text": sentence(flip["text"]),
        "leader": names.get(flip["leader"] or "", ""),
        "far": number(_far(flip, asked), f"flips.{position}", ""),
        "url": url,
    }


def _far(flip: Content, asked: Mapping[str, Any]) -> str:
    """How far the change lies from what is stated, in words of its kind; its figures as a Briton writes them."""
    distance = Decimal(flip["distance"])
    if flip["what"] == "weight":  # what some criteria gain others lose, so half of the sum moves
        return _("%(points)s of 100 points of weight move") % {"points": f"{distance * 50:.1f}"}
    if flip["what"] == "response":
        scored = bool(asked.get(flip["question"], {}).get("criterion"))
        return (
            _("the answer’s value moves by %(far)s") % {"far": f"{distance:.2f}"}
            if scored
            else _("another answer; it has no value of its own")
        )
    if flip["what"] == "demand" or distance >= 1:
        times = Decimal(flip["to_value"]) / Decimal(flip["from_value"])
        return _("%(times)s times what it is now") % {
            "times": f"{times:,.1f}" if times >= 10 else f"{times.quantize(Decimal('0.001')).normalize():f}"
        }
    sign = "+" if Decimal(flip["to_value"]) > Decimal(flip["from_value"]) else "−"
    return f"{sign}{distance * 100:.1f} %"


def _kind(kind: str, found: Content) -> tuple[str, str]:
    """The heading of a kind of change, and what to say where none was found, or none was looked for."""
    open_ = set(found["unanswered"]["use_case"])
    ranked = len(found["ranking"])
    unsearched = _("Not looked for yet: the demand leaves out its tokens or its horizon.") if TOKENS & open_ else ""
    if not ranked:
        unsearched = unsearched or _("No option is admissible, so there is nobody whom a figure could bring to the front.")
    if kind == "weight":
        if "archetype" in open_:
            none = _("Not looked for yet: no kind of use case is chosen, so no weights are stated.")
        elif ranked < 2:
            none = _("Fewer than two options are admissible, so no weights could put another one first.")
        else:
            none = _("No weights at all would put another option first.")
        return _("Other weights"), none
    if kind == "option":
        return _("Another answer about an option"), _("No other answer to any single question about an option would put another one first.")
    if kind == "use_case":
        title = _("Another answer about the use case, or another requirement")
        return title, _("No other answer about the use case, and no other requirement of the organisation, would put another option first.")
    if kind == "together":
        return _("A better answer and another demand together"), ""
    if kind == "demand":
        none = unsearched or _("No demand from a thousandth to a thousand times of what it is now would put another option first.")
        return _("Another demand"), none
    none = unsearched or _(
        "No cost figure alone, from a thousandth to a thousand times of what it is now, would put another option first. "
        "Only options whose costs are complete were varied."
    )
    return _("Another cost figure"), none


def scenarios(content: Content, try_at: str = "") -> dict[str, Any] | None:
    """The assessment as it stands and under each scenario, a column each; None where the evaluation holds none."""
    found = content["evaluation"]
    if not found.get("scenarios"):
        return None
    names = names_of(content)
    base = {
        "id": "",
        "title": _("As it stands"),
        "ranking": found["ranking"],
        "recommendation": found["recommendation"],
        "options": [
            {
                "id": o["id"],
                "admissible": o["admissible"],
                "score": o["score"],
                "cost_total": o["costs"].get("total", {}).get("likely"),
                "loss_per_year": o.get("loss", {}).get("expected_per_year"),
            }
            for o in found["options"]
        ],
    }
    columns = [base, *found["scenarios"]]
    measures = [
        (_("Score of 100"), "score", "score", formats.number),
        (_("Cost over the horizon, %(currency)s") % found, "cost_total", "costs.total.likely", amount),
        (_("Expected loss a year, %(currency)s") % found, "loss_per_year", "loss.expected_per_year", amount),
    ]
    groups = []
    for title, field, key, show in measures:
        if any(o[field] is not None for column in columns for o in column["options"]):
            rows = [
                {
                    "name": names[o["id"]],
                    "key": f"options.{o['id']}.{key}",
                    "cells": [
                        _compared(column, base, n, field, show) | {"of": f"{names[o['id']]}, {column['title']}"} for column in columns
                    ],
                }
                for n, o in enumerate(base["options"])
            ]
            groups.append({"title": title, "rows": rows})
    return {
        "columns": [{"id": c["id"], "title": c["title"]} for c in columns],
        "outcomes": [_outcome(column, base, names) for column in columns],
        "rankings": [[names[id_] for id_ in column["ranking"]] for column in columns],
        "groups": groups,
        "described": [
            {
                "title": s["title"],
                "description": s["description"],
                "url": f"{try_at}?{urlencode({'scenario': s['id']})}" if try_at else "",
                "key": f"scenarios.{s['id']}",
            }
            for s in found["scenarios"]
        ],
    }


OUTCOMES = {
    "clear": gettext_lazy("Clear"), "leaning": gettext_lazy("Leaning"), "too_close": gettext_lazy("Too close to call"),
    "none_admissible": gettext_lazy("None admissible"),
}  # fmt: skip
TONES = {"clear": "good", "leaning": "info", "too_close": "warn", "none_admissible": "bad"}


def _outcome(column: Content, base: Content, names: Mapping[str, str]) -> dict[str, Any]:
    outcome, option = column["recommendation"]["outcome"], column["recommendation"]["option"]
    return {
        "label": str(OUTCOMES[outcome]),
        "tone": TONES[outcome],
        "leader": names.get(option or "", ""),
        "turned": option != base["recommendation"]["option"],
    }


def _compared(column: Content, base: Content, position: int, field: str, show: Any) -> dict[str, Any]:
    """A figure of one option under a scenario, how much it differs from what it is as things stand, and where it is derived: ``under`` that
    scenario, evaluated anew, or in a record at the ``scenario`` itself."""
    option, before = column["options"][position], base["options"][position]
    text, was = option[field], before[field]
    gap = ""
    if text is not None and was is not None and show(text) != show(was):
        change = Decimal(text) - Decimal(was)
        gap = ("+" if change > 0 else "−") + show(str(abs(change)))
    return {
        "text": "" if text is None else show(text),
        "gap": gap,
        "out": field == "score" and not option["admissible"],
        "scenario": f"scenarios.{column['id']}" if column["id"] else "",
        "under": f"&{urlencode({'scenario': column['id']})}" if column["id"] else "",
    }
