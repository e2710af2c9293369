"""What the options cost, as the result and record pages show it: categories, ranges, capacity and break-even points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts import formats
from assessments.charts.costs import curve_of
from assessments.views.showing import Content, amount, counted, names_of


def costs(content: Content) -> dict[str, Any] | None:
    """A row a category, a cell an option; None where the demand leaves nothing to compute."""
    options = content["evaluation"]["options"]
    if not any("total" in option["costs"] for option in options):
        return None

    def row(label: str, read: Callable[[Content], str | None], key: str, show: Callable[[str], str] = amount) -> dict[str, Any]:
        found = [(option, read(option["costs"])) for option in options]
        return {
            "label": label,
            "cells": [
                {
                    "text": show(text) if text is not None else "",
                    "key": f"options.{option['id']}.costs.{key}",
                    "of": label,
                    "option": option["id"],
                }
                for option, text in found
            ],
        }

    def category(id_: str) -> Callable[[Content], str | None]:
        return lambda c: c.get("by_category", {}).get(id_)

    def total(part: str) -> Callable[[Content], str | None]:
        return lambda c: c.get("total", {}).get(part)

    used = [c for c in content["cost_categories"] if any(c["id"] in o["costs"].get("by_category", {}) for o in options)]
    rows = [row(c["title"], category(c["id"]), f"by_category.{c['id']}") for c in used]
    ranged = any("p10" in o["costs"].get("total", {}) for o in options)
    feet = [row(_("Total over the horizon"), total("likely"), "total.likely")]
    if ranged:
        feet += [
            row(_("P10: one draw in ten costs less"), total("p10"), "total.p10"),
            row(_("P50: as many draws cost more as less"), total("p50"), "total.p50"),
            row(_("P90: one draw in ten costs more"), total("p90"), "total.p90"),
        ]
    feet.append(row(_("Per million tokens"), lambda c: c.get("per_million_tokens"), "per_million_tokens"))
    if any("replicas_at_end" in o["costs"] for o in options):
        feet.append(row(_("Replicas in the last month"), lambda c: c.get("replicas_at_end"), "replicas_at_end", str))
    return {
        "options": [o["id"] for o in options],
        "rows": rows,
        "feet": feet,
        "ranged": ranged,
        "exceeded": exceeded(content),
        "complete": [o["costs"]["complete"] for o in options],
        "all_complete": all(o["costs"]["complete"] for o in options),
    }


def exceeded(content: Content) -> list[str]:
    """A sentence for each option whose replicas can't serve the demand to the end of the horizon."""
    names = names_of(content)
    sentences = []
    for option in content["evaluation"]["options"]:
        capacity = option["costs"].get("capacity")
        if capacity and capacity["exceeded_in_month"] is not None:
            values = {
                "option": names[option["id"]],
                "tokens": counted(Decimal(capacity["tokens_per_month"])),
                "month": capacity["exceeded_in_month"],
            }
            sentences.append(
                _(
                    "%(option)s serves at most %(tokens)s tokens a month with all the replicas that it may have, and the demand passes "
                    "that in month %(month)s. Its cost counts as the worst, whatever it is."
                )
                % values
            )
    return sentences


def break_even(content: Content) -> list[dict[str, Any]]:
    """A sentence for each two options, and for each option that is held against a published managed price."""
    found, names = content["evaluation"], names_of(content)
    providers = {p["id"]: p["name"] for p in content.get("providers", ())}
    sentences = []
    for position, pair in enumerate(found["break_even"]):
        if "managed" in pair:
            text = _against_price(found, pair, names, providers)
        else:
            text = _between(found, pair, names)
        sentences.append({"text": text + _replicas(pair, names), "key": f"break_even.{position}.tokens_per_month"})
    return sentences


def _between(found: Content, pair: Content, names: Mapping[str, str]) -> str:
    first, second = pair["between"]
    values = {"first": names[first], "second": names[second]}
    if pair["tokens_per_month"] is None:
        return _("%(first)s and %(second)s have no break-even: %(reason)s") % (values | {"reason": pair["reason"]})
    tokens = Decimal(pair["tokens_per_month"])
    values["tokens"] = counted(tokens)
    curves = [curve_of(found, id_) for id_ in (first, second)]
    if curves[0] is None or curves[1] is None:
        return _("%(first)s and %(second)s cost the same at %(tokens)s tokens a month.") % values
    # It is the smallest volume at which they change order, so below it one of them costs less throughout.
    if curves[0].cost(tokens / 2) > curves[1].cost(tokens / 2):
        values |= {"first": names[second], "second": names[first]}
    return _("%(first)s costs less than %(second)s up to %(tokens)s tokens a month; there the order turns.") % values


def _against_price(found: Content, pair: Content, names: Mapping[str, str], providers: Mapping[str, str]) -> str:
    price = pair["managed"]
    (own,) = pair["between"]
    values = {
        "option": names[own],
        "price": amount(price["price_per_million"]),
        "currency": found["currency"],
        "provider": providers.get(price["provider"], price["provider"]),
        "day": formats.day(price["on"]),
    }
    managed = _(
        "the published managed price of the same model, %(price)s %(currency)s per million tokens at %(provider)s on %(day)s, tokens alone"
    )
    values["managed"] = managed % values
    if pair["tokens_per_month"] is None:
        return _("%(option)s has no break-even with %(managed)s: %(reason)s") % (values | {"reason": pair["reason"]})
    tokens = Decimal(pair["tokens_per_month"])
    values["tokens"] = counted(tokens)
    curve = curve_of(found, own)
    if curve and curve.cost(tokens / 2) < Decimal(price["price_per_million"]) * tokens / 2 / 1_000_000:
        return _("%(option)s costs less than %(managed)s, up to %(tokens)s tokens a month.") % values
    return _("%(option)s costs less than %(managed)s, from %(tokens)s tokens a month on.") % values


def _replicas(pair: Content, names: Mapping[str, str]) -> str:
    """How many replicas an option runs at its break-even."""
    if pair["tokens_per_month"] is None:
        return ""
    sentences = [
        _("%(option)s then runs %(count)s replicas.") % {"option": names[id_], "count": count}
        for id_, count in pair.get("replicas", {}).items()
        if count > 1
    ]
    return " " + " ".join(sentences) if sentences else ""
