"""The break-even points of an evaluation: between each two options, and of what one runs itself against the published managed price of the same
model."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from assessments.scoring import break_even
from assessments.scoring.costs import MILLION, NOUGHT, MonthlyPlan, conversion, missing_demand
from assessments.scoring.facts import OWN_SOURCINGS, Demand, Facts
from assessments.scoring.results import BreakEven, ManagedPrice, OptionResult
from assessments.scoring.rounding import decimal_of, whole
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from compliance.catalogue.offers import model_named
from compliance.catalogue.reference import Price

TOKEN_PRICES = ("input_price_per_million", "cached_input_price_per_million", "output_price_per_million")


def crossings(release: Release, facts: Facts, options: Sequence[OptionResult]) -> tuple[BreakEven, ...]:
    """Each two options, then each that runs its model itself against the managed price, where one is published. Needs a decimal context."""
    found = [_between(facts, (a, b)) for a, b in combinations(options, 2)]
    for option in options:
        if option.facts.sourcing in OWN_SOURCINGS and (price := managed_price(release, option, facts)):
            found.append(_between(facts, (option,), price))
    return tuple(found)


def managed_price(release: Release, option: OptionResult, facts: Facts) -> ManagedPrice | None:
    """The lowest published price of a host for the option's model, at the demand's mix, by the newest price of each host on or before the day."""
    model = model_named(release, option.facts.model) if option.facts.model else None
    tokens = (facts.demand.input_tokens_per_month or NOUGHT) + (facts.demand.output_tokens_per_month or NOUGHT)
    if model is None or not tokens:
        return None
    newest: dict[str, dict[str, Price]] = {}
    for price in release.prices:
        hosted = not price.sourcings or "managed_open" in price.sourcings
        if price.model == model.id and price.provider and price.category == "model_access" and price.key in TOKEN_PRICES and hosted:
            of_host = newest.setdefault(price.provider, {})
            if price.on <= facts.as_of and (price.key not in of_host or of_host[price.key].on <= price.on):
                of_host[price.key] = price
    found = []
    for provider, prices in newest.items():
        if "input_price_per_million" in prices and "output_price_per_million" in prices:
            cost = _mix_cost(release, prices, facts)
            if cost is not None:
                newest_of = max(prices.values(), key=lambda p: p.on)
                name = index(release).providers[provider].name
                found.append(ManagedPrice(provider, name, model.id, cost / tokens * MILLION, newest_of.on, newest_of.source))
    return min(found, key=lambda p: (p.per_million, p.provider), default=None)


def _mix_cost(release: Release, prices: dict[str, Price], facts: Facts) -> Decimal | None:
    demand = facts.demand
    into = demand.currency or release.exchange.base
    per_key = {}
    for key, price in prices.items():
        rate = conversion(release.exchange, facts.as_of, price.currency or into, into)
        if rate is None:
            return None
        per_key[key] = price.likely * rate
    fresh = per_key["input_price_per_million"]
    cached = per_key.get("cached_input_price_per_million", fresh)
    of_input = (1 - demand.cached_share) * fresh + demand.cached_share * cached
    inputs, outputs = demand.input_tokens_per_month or NOUGHT, demand.output_tokens_per_month or NOUGHT
    return (inputs * of_input + outputs * per_key["output_price_per_million"]) / MILLION


def _plan_of(price: ManagedPrice, demand: Demand) -> MonthlyPlan:
    tokens = (demand.input_tokens_per_month or NOUGHT) + (demand.output_tokens_per_month or NOUGHT)
    return MonthlyPlan(tokens, price.per_million * tokens / MILLION, NOUGHT, NOUGHT, None, Decimal(1), NOUGHT, NOUGHT, NOUGHT)


def _between(facts: Facts, options: tuple[OptionResult, ...], managed: ManagedPrice | None = None) -> BreakEven:
    between = tuple(o.facts.id for o in options)
    demand = facts.demand

    def none(reason: str) -> BreakEven:
        return BreakEven(between, None, reason, managed)

    missing = [k for k in missing_demand(demand) if k in ("input_tokens_per_month", "output_tokens_per_month", "horizon_months")]
    if missing:
        return none(f"The demand leaves out {', '.join(missing)}.")
    for option in options:
        if option.costs.rate is None:
            return none(f"The costs of {option.facts.label} can't be converted to {option.costs.currency}.")
        if option.costs.missing:
            return none(f"The costs of {option.facts.label} leave out {', '.join(option.costs.missing)}.")
    plans = [o.costs.plan for o in options] + ([_plan_of(managed, demand)] if managed else [])
    labels = [o.facts.label for o in options] + ([f"the published price of {managed.name}"] if managed else [])
    a, b = plans
    if a is None or b is None or not a.mix_tokens:
        return none("The demand has no tokens, so it has no mix of input and output.")
    try:
        found = break_even.crossing(a, b, demand.horizon_months or 1)
    except break_even.TooManySteps:
        return none(f"Whole replicas keep the two in the balance; none was found within {break_even.MAX_STEPS} of their steps.")
    if found.tokens is None:
        if not found.cheaper:
            return none("Both cost the same at every volume.")
        cheaper = labels[0] if found.cheaper < 0 else labels[1]
        return none(f"{cheaper[0].upper()}{cheaper[1:]} costs less at every volume, at the demand's mix of tokens.")
    tokens = decimal_of(found.tokens)
    for plan, label in zip(plans, labels, strict=True):
        if plan is not None and plan.capacity is not None and tokens > plan.capacity:
            return none(
                f"They would cost the same at {int(whole(tokens)):,} tokens a month; {label} can serve {int(whole(plan.capacity)):,} "
                f"with all of its {plan.maximum_replicas} replicas."
            )
    replicas = {o.facts.id: int(p.replicas(tokens)) for o, p in zip(options, plans, strict=False) if p is not None and p.replica_tokens}
    return BreakEven(between, tokens, "", managed, replicas)
