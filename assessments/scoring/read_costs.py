"""Reads the demand and the cost figures of an assessment file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from assessments.scoring.costs import CATEGORIES, STAFFED
from assessments.scoring.facts import Budget, Costs, Demand, Range
from assessments.scoring.reading import Bounds, Reader, joined
from compliance.catalogue.yamltree import Node

AMOUNT = Bounds(most=Decimal(10) ** 12)
SHARE = Bounds(most=Decimal(1))
GROWTH = Bounds(least=Decimal(-1), most=Decimal(10), closed=False)
# A month's divisor is a power of 1 + the rate: near -1 it would vanish.
DISCOUNT = Bounds(least=Decimal("-0.5"), most=Decimal(10))
TOKENS = Bounds()

DEMAND: Mapping[str, Bounds] = {
    "input_tokens_per_month": TOKENS,
    "output_tokens_per_month": TOKENS,
    "cached_share": SHARE,
    "peak_ratio": Bounds(least=Decimal(1), most=Decimal(10_000)),
    "growth_per_year": GROWTH,
    "horizon_months": Bounds(least=Decimal(1), most=Decimal(600), whole=True),
    "discount_rate": DISCOUNT,
}
_STAFFED = {"one_off": AMOUNT, "per_month": AMOUNT, "fte": Bounds(most=Decimal(10_000)), "fte_cost_per_year": AMOUNT}
FIGURES: Mapping[str, Mapping[str, Bounds]] = {
    "model_access": dict.fromkeys(
        ("input_price_per_million", "cached_input_price_per_million", "output_price_per_million", "minimum_per_month"), AMOUNT
    ),
    "infrastructure": {
        "gpus_per_replica": Bounds(most=Decimal(100_000)),
        "gpu_price_per_hour": AMOUNT,
        "hours_per_month": Bounds(most=Decimal(744), closed=False),
        "tokens_per_second_per_replica": Bounds(most=Decimal(10) ** 9, closed=False),
        "utilisation_limit": Bounds(most=Decimal(1), closed=False),
        "minimum_replicas": Bounds(most=Decimal(100_000), whole=True),
        "maximum_replicas": Bounds(least=Decimal(1), most=Decimal(100_000), whole=True),
        "other_per_month": AMOUNT,
        "one_off": AMOUNT,
    },
    **dict.fromkeys(STAFFED, _STAFFED),
    "time_to_production": {"weeks": Bounds(most=Decimal(1_000)), "cost_of_delay_per_week": AMOUNT},
}
# Of two keys in one category the first must not be above the second. Left out, a minimum of replicas is 1, which no maximum is below.
ORDERED = (("minimum_replicas", "maximum_replicas"),)


def read_demand(reader: Reader, node: Node | None, key: str) -> Demand:
    """What stands there; keys that are left out stay None, or take the default of the format."""
    parts = reader.entries(node, key, ("currency", *DEMAND, "budget"))
    figures = {name: reader.number(parts.get(name), joined(key, name), bounds) for name, bounds in DEMAND.items()}
    horizon = figures.pop("horizon_months")
    cached, peak = figures.pop("cached_share"), figures.pop("peak_ratio")
    return Demand(
        currency=reader.currency(parts.get("currency"), joined(key, "currency")),
        cached_share=Decimal(0) if cached is None else cached,
        peak_ratio=Decimal(1) if peak is None else peak,
        horizon_months=None if horizon is None else int(horizon),
        budget=_budget(reader, parts.get("budget"), joined(key, "budget")),
        **figures,
    )


def _budget(reader: Reader, node: Node | None, key: str) -> Budget | None:
    if node is None:
        return None
    parts = reader.entries(node, key, ("target_per_month", "limit_per_month"))
    target = reader.number(parts.get("target_per_month"), joined(key, "target_per_month"), AMOUNT)
    limit = reader.number(parts.get("limit_per_month"), joined(key, "limit_per_month"), AMOUNT)
    for name in ("target_per_month", "limit_per_month"):
        if name not in parts and node.kind == "map":
            reader.note(node, joined(key, name), "missing: a budget needs both its target and its limit; or leave the budget out")
    if target is None or limit is None:
        return None
    if target > limit:
        reader.note(
            parts["target_per_month"], joined(key, "target_per_month"), f"{target:f} is above limit_per_month {limit:f}; it can't be"
        )
        return None
    return Budget(target, limit)


def read_costs(reader: Reader, node: Node | None, key: str) -> Costs:
    """Figures by category and key; a category without a value (``monitoring:``) is left out, ``{}`` costs nothing."""
    parts = reader.entries(node, key, ("currency", *CATEGORIES))
    categories = {}
    for category in CATEGORIES:
        if category in parts:
            place = joined(key, category)
            entries = reader.entries(parts[category], place, FIGURES[category])
            figures = {name: _range(reader, value, joined(place, name), FIGURES[category][name]) for name, value in entries.items()}
            categories[category] = {name: figure for name in FIGURES[category] if (figure := figures.get(name))}
            _in_order(reader, entries, place, categories[category])
    return Costs(reader.currency(parts.get("currency"), joined(key, "currency")), categories)


def _in_order(reader: Reader, entries: Mapping[str, Node], place: str, figures: Mapping[str, Range]) -> None:
    """Ranges must keep apart too: whatever is drawn from them, the first isn't above the second."""
    for lower, upper in ORDERED:
        if lower in figures and upper in figures and figures[lower].high > figures[upper].low:
            message = f"{figures[upper].low:f} is below {lower} {figures[lower].high:f}; it can't be"
            reader.note(entries[upper], joined(place, upper), message)


def _range(reader: Reader, node: Node, key: str, bounds: Bounds) -> Range | None:
    if node.kind != "map":
        figure = reader.number(node, key, bounds)
        return None if figure is None else Range.single(figure)
    parts = reader.entries(node, key, ("low", "likely", "high"))
    low, likely, high = (reader.number(parts.get(name), joined(key, name), bounds) for name in ("low", "likely", "high"))
    if missing := [name for name in ("low", "likely", "high") if name not in parts]:
        reader.note(node, key, f"a range needs low, likely and high; missing: {', '.join(missing)}")
    if low is None or likely is None or high is None:
        return None
    if not low <= likely <= high:
        reader.note(node, key, f"must have low <= likely <= high; it has {low:f}, {likely:f}, {high:f}")
        return None
    return Range(low, likely, high)
