"""What the options risk, as the result and record pages show it: expected losses by scenario, and what they cost against each other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts import formats
from assessments.views.places import Where
from assessments.views.showing import Content, amount, names_of, number, numbers_of


def risk(content: Content, asked: Mapping[str, Any], where: Where) -> dict[str, Any] | None:
    """Losses by option and by scenario; None where none were computed."""
    options = [o for o in content["evaluation"]["options"] if "loss" in o]
    if not options:
        return None
    names = names_of(content)
    totals = [
        {
            "name": names[o["id"]],
            "expected": number(amount(o["loss"]["expected_per_year"]), f"options.{o['id']}.loss.expected_per_year", names[o["id"]]),
            "p95": number(amount(o["loss"]["p95"]), f"options.{o['id']}.loss.p95", names[o["id"]]) if "p95" in o["loss"] else None,
        }
        for o in options
    ]
    numbers = numbers_of(content["evaluation"].get("trace"))
    rows = [row for scenario in content.get("losses", ()) if (row := _scenario(scenario, options, names))]
    for row in rows:
        if row["assumed"]:
            row["question"] = _question(row, numbers, asked, where)
    return {
        "options": [names[o["id"]] for o in options],
        "totals": totals,
        "drawn": any(t["p95"] for t in totals),
        "rows": rows,
        "assumed": sum(row["assumed"] for row in rows),
        "premiums": premiums(content, names),
    }


def _question(row: Content, numbers: Mapping[str, Content], asked: Mapping[str, Any], where: Where) -> dict[str, str] | None:
    """The question whose answer would stand in for the catalogue's assumption; the derivation of the loss names it."""
    cell = next(cell for cell in row["cells"] if cell)
    waiting = [numbers[cell["expected"]["key"]]] if cell["expected"]["key"] in numbers else []
    for node in waiting:
        if node.get("question") in asked:
            return {"text": asked[node["question"]]["text"], "url": where(node["question"])}
        waiting.extend(node["inputs"])
    return None


def _scenario(scenario: Content, options: list[Content], names: Mapping[str, str]) -> dict[str, Any] | None:
    """A scenario with a cell an option; None where it can happen to none of them."""
    found = [next((s for s in o["loss"]["scenarios"] if s["id"] == scenario["id"]), None) for o in options]
    if not any(found):
        return None
    titles = {t["id"]: t["title"] for t in (*scenario["changes"], *scenario["transfers"])}
    return {
        "id": scenario["id"],
        "title": scenario["title"],
        "description": scenario["description"],
        "assumed": any(s and s["assumed"] for s in found),
        "cells": [
            _cell(s, f"options.{o['id']}.loss.scenarios.{scenario['id']}", f"{scenario['title']}, {names[o['id']]}", names[o["id"]], titles)
            if s
            else None
            for o, s in zip(options, found, strict=True)
        ],
    }


def _cell(found: Content, key: str, of: str, name: str, titles: Mapping[str, str]) -> dict[str, Any]:
    events = Decimal(found["events_per_year"])
    return {
        "name": name,
        "expected": number(amount(found["expected_per_year"]), key, of),
        "often": _often(events),
        "per_event": amount(found["cost_per_event"]),
        "others": amount(found["borne_by_others"]) if Decimal(found["borne_by_others"]) else "",
        "transfer": titles.get(found["transfer"] or "", ""),
        "changes": [{"title": titles.get(id_, id_), "open": id_ in found["not_ruled_out"]} for id_ in found["changes"]],
    }


def _often(events: Decimal) -> str:
    """Events a year as people say it: so many a year, or one in so many years."""
    if events >= 1 or not events:
        return _("%(count)s a year") % {"count": formats.number(f"{events:.1f}")}
    years = 1 / events
    return _("once in %(years)s years") % {"years": formats.number(f"{years:.0f}" if years >= 5 else f"{years:.1f}")}


def premiums(content: Content, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """For each two options of which others answer more for the first: what that costs, what it takes off the loss, in a sentence and figures."""
    found, currency = content["evaluation"], content["evaluation"]["currency"]
    return [
        {
            "sentence": premium_sentence(premium, names, currency),
            "name": _("%(one)s against %(other)s") % {"one": names[premium["option"]], "other": names[premium["against"]]},
            "cells": [
                number(amount(premium[field]), f"accountability.{n}.{field}", names[premium["option"]])
                for field in ("extra_cost_per_year", "loss_avoided_per_year", "net_per_year")
            ],
        }
        for n, premium in enumerate(found.get("accountability", ()))
    ]


def premium_sentence(premium: Content, names: Mapping[str, str], currency: str) -> str:
    """What the option costs more or less, what it takes off or adds to the expected loss, and what comes of both."""
    extra, avoided, net = (Decimal(premium[key]) for key in ("extra_cost_per_year", "loss_avoided_per_year", "net_per_year"))

    def money(figure: Decimal) -> str:
        return f"{currency} {amount(str(abs(figure)))}"

    values = {
        "one": names[premium["option"]],
        "other": names[premium["against"]],
        "extra": money(extra),
        "loss": money(avoided),
        "net": money(net),
    }
    if not extra:
        cost = _("%(one)s costs as much as %(other)s")
    elif extra > 0:
        cost = _("%(one)s costs %(extra)s a year more than %(other)s")
    else:
        cost = _("%(one)s costs %(extra)s a year less than %(other)s")
    if not avoided:
        loss = _("leaves the expected loss as it is")
    elif avoided > 0:
        loss = _("takes %(loss)s off the expected loss")
    else:
        loss = _("adds %(loss)s to the expected loss")
    if not net:
        end = _("both come to the same.")
    elif extra < 0 < avoided:
        end = _("it is ahead on both counts, by %(net)s a year together.")
    elif avoided < 0 < extra:
        end = _("it is behind on both counts, by %(net)s a year together.")
    elif extra > 0 and avoided > 0:
        end = (
            _("the premium is earned back, with %(net)s a year to spare.")
            if net > 0
            else _("%(net)s a year of the premium isn’t earned back.")
        )
    elif extra < 0 and avoided < 0:
        end = (
            _("what is saved outweighs what is risked, by %(net)s a year.")
            if net > 0
            else _("what is risked outweighs what is saved, by %(net)s a year.")
        )
    else:
        end = _("it is ahead by %(net)s a year.") if net > 0 else _("it is behind by %(net)s a year.")
    joint = _("but") if extra < 0 and avoided < 0 else _("and")
    return f"{cost} {joint} {loss}: {end}" % values
