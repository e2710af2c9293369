"""What an option costs over the horizon: the nine categories of the deployment tax, each range at its likely value.

Month m (from 1) has (1 + g) ** ((m - 1) / 12) times the volume and is divided by (1 + r) ** (m / 12); one-off costs and the cost of delay
fall in month 0. Formulas and their sources: docs/methods.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from assessments.scoring.facts import Costs, Demand, Range
from compliance.catalogue.model import Exchange, ExchangeRate

STAFFED = ("scaling", "monitoring", "security_and_compliance", "updates_and_patches", "fine_tuning", "support")
CATEGORIES = ("model_access", "infrastructure", *STAFFED, "time_to_production")
NEEDED = ("currency", "input_tokens_per_month", "output_tokens_per_month", "growth_per_year", "horizon_months", "discount_rate")
MILLION, SECONDS, MONTHS = Decimal(1_000_000), Decimal(3600), Decimal(12)
DEFAULTS = {"hours_per_month": Decimal(730), "minimum_replicas": Decimal(1)}
NOUGHT = Decimal(0)


@dataclass(frozen=True)
class MonthlyPlan:
    """How a month's cost hangs on its volume V of tokens at the demand's mix, in the demand's currency.

    cost(V) = max(minimum, mix_cost · V / mix_tokens) + replica_cost · replicas(V) + fixed, and replicas(V) = the larger of
    ``minimum_replicas`` and V · peak_ratio / replica_tokens rounded up (0 where no replica is run), at most ``maximum_replicas``.
    ``one_off`` falls once, before the first month.
    """

    mix_tokens: Decimal
    mix_cost: Decimal
    minimum: Decimal
    replica_cost: Decimal
    replica_tokens: Decimal | None
    peak_ratio: Decimal
    minimum_replicas: Decimal
    fixed: Decimal
    one_off: Decimal
    maximum_replicas: Decimal | None = None

    @property
    def capacity(self) -> Decimal | None:
        """The tokens a month that the most replicas serve; None where nothing limits them."""
        if self.replica_tokens is None or self.maximum_replicas is None:
            return None
        return self.maximum_replicas * self.replica_tokens / self.peak_ratio

    @property
    def fee(self) -> Decimal:
        """What access to the model costs in the first month."""
        return max(self.minimum, self.mix_cost)

    def replicas(self, tokens: Decimal) -> Decimal:
        if self.replica_tokens is None:
            return NOUGHT
        needed = max(self.minimum_replicas, (tokens * self.peak_ratio / self.replica_tokens).to_integral_value(ROUND_CEILING))
        return needed if self.maximum_replicas is None else min(needed, self.maximum_replicas)


@dataclass(frozen=True)
class OptionCosts:
    """``complete`` is false while a category or a figure of the demand is missing; amounts are then what is known, at least.

    ``total`` and what follows from it is None where the demand gives no tokens or no horizon, or a currency can't be converted.
    ``exceeded_in_month``: the first month (from 1) whose demand the most replicas can't serve.
    """

    currency: str
    rate: Decimal | None
    missing: tuple[str, ...]
    complete: bool
    by_category: Mapping[str, Decimal]
    total: Decimal | None
    tokens: Decimal | None
    replicas_at_end: int | None
    plan: MonthlyPlan | None
    weeks: Decimal | None
    exceeded_in_month: int | None = None

    @property
    def comparable(self) -> bool:
        """Complete, and for all the tokens of the demand."""
        return self.complete and self.exceeded_in_month is None

    @property
    def per_million_tokens(self) -> Decimal | None:
        """None without a total or tokens, and where the demand isn't served."""
        return self.total / self.tokens * MILLION if self.total is not None and self.tokens and self.exceeded_in_month is None else None

    @property
    def known_share(self) -> Decimal:
        """The share of the nine categories that is given."""
        return Decimal(len(CATEGORIES) - len(self.missing)) / len(CATEGORIES)


def newest_rates(exchange: Exchange, as_of: date) -> dict[str, ExchangeRate]:
    """For each currency the newest rate on or before the day."""
    newest: dict[str, ExchangeRate] = {}
    for rate in exchange.rates:
        if rate.on <= as_of and (rate.currency not in newest or rate.on >= newest[rate.currency].on):
            newest[rate.currency] = rate
    return newest


def rates_on(exchange: Exchange, as_of: date) -> dict[str, Decimal]:
    """Units of the base currency for one unit of each currency: the newest rate on or before the day."""
    return {**{currency: rate.rate for currency, rate in newest_rates(exchange, as_of).items()}, exchange.base: Decimal(1)}


def conversion(exchange: Exchange, as_of: date, currency: str, into: str) -> Decimal | None:
    """What one unit of ``currency`` is worth in ``into``; None where the catalogue has no rate by that day."""
    if currency == into:
        return Decimal(1)
    rates = rates_on(exchange, as_of)
    return rates[currency] / rates[into] if currency in rates and into in rates else None


def missing_demand(demand: Demand) -> list[str]:
    """The keys of the demand that the costs need and nobody has given."""
    return [key for key in NEEDED if getattr(demand, key) is None]


@lru_cache(maxsize=64)
def month_factors(growth: Decimal, discount: Decimal, months: int) -> tuple[tuple[Decimal, Decimal], ...]:
    """Volume factor and discount divisor of each month. Needs a local decimal context."""
    return tuple(((1 + growth) ** (Decimal(m - 1) / MONTHS), (1 + discount) ** (Decimal(m) / MONTHS)) for m in range(1, months + 1))


def likely(figures: Mapping[str, Range], key: str) -> Decimal:
    """A figure at its likely value; left out it is its default, or 0."""
    return figures[key].likely if key in figures else DEFAULTS.get(key, NOUGHT)


def computable(category: str, figures: Mapping[str, Range]) -> bool:
    """GPUs without a throughput can't be counted: the category is then unknown, not free."""
    if category != "infrastructure" or not likely(figures, "gpus_per_replica"):
        return True
    return likely(figures, "tokens_per_second_per_replica") > 0 and likely(figures, "utilisation_limit") > 0


def option_costs(costs: Costs, demand: Demand, exchange: Exchange, as_of: date) -> OptionCosts:
    """The costs of one option in the demand's currency. Needs a local decimal context.

    A demand without a currency is read in the catalogue's base, without growth or discount as 0, and leaves the result incomplete.
    """
    currency = demand.currency or exchange.base
    rate = conversion(exchange, as_of, costs.currency or currency, currency)
    given = {c: costs.categories[c] for c in CATEGORIES if c in costs.categories and computable(c, costs.categories[c])}
    missing = tuple(c for c in CATEGORIES if c not in given)
    complete = not missing and rate is not None and not missing_demand(demand)
    weeks = likely(given["time_to_production"], "weeks") if "time_to_production" in given else None
    plan = _plan(given, demand, rate) if rate is not None else None
    if plan is None or demand.horizon_months is None or rate is None:
        return OptionCosts(currency, rate, missing, complete, {}, None, None, None, plan, weeks)

    first = _tokens(demand)
    factors = month_factors(demand.growth_per_year or NOUGHT, demand.discount_rate or NOUGHT, demand.horizon_months)
    amounts = {c: _over_horizon(c, given[c], plan, rate, first, factors) for c in given}
    return OptionCosts(
        currency=currency,
        rate=rate,
        missing=missing,
        complete=complete,
        by_category=amounts,
        total=sum(amounts.values(), NOUGHT),
        tokens=first * sum((volume for volume, _ in factors), NOUGHT),
        replicas_at_end=int(plan.replicas(first * factors[-1][0])) if "infrastructure" in given else None,
        plan=plan,
        weeks=weeks,
        exceeded_in_month=_exceeded(plan, first, factors),
    )


def by_year(plan: MonthlyPlan, demand: Demand) -> tuple[Decimal, ...]:
    """What each year of the horizon costs at the likely figures, undiscounted and in the demand's currency; a last year that isn't whole
    counts the months that it has, and what falls once, before the first month, is in the first. Empty without a horizon.

    Needs a local decimal context.
    """
    first = _tokens(demand)
    months = [
        max(plan.minimum, plan.mix_cost * volume) + plan.replica_cost * plan.replicas(first * volume) + plan.fixed
        for volume, _ in month_factors(demand.growth_per_year or NOUGHT, NOUGHT, demand.horizon_months or 0)
    ]
    years = [sum(months[n : n + 12], NOUGHT) for n in range(0, len(months), 12)]
    return (years[0] + plan.one_off, *years[1:]) if years else ()


def _exceeded(plan: MonthlyPlan, first: Decimal, factors: tuple[tuple[Decimal, Decimal], ...]) -> int | None:
    capacity = plan.capacity
    if capacity is None:
        return None
    return next((month for month, (volume, _) in enumerate(factors, 1) if first * volume > capacity), None)


def one_off(category: str, figures: Mapping[str, Range]) -> Decimal:
    """What falls in month 0, in the option's own currency."""
    if category == "time_to_production":
        return likely(figures, "weeks") * likely(figures, "cost_of_delay_per_week")
    return likely(figures, "one_off")


def per_month(category: str, figures: Mapping[str, Range]) -> Decimal:
    """What a month costs whatever its volume, in the option's own currency; replicas and tokens come on top."""
    if category in STAFFED:
        return likely(figures, "per_month") + likely(figures, "fte") * likely(figures, "fte_cost_per_year") / MONTHS
    return likely(figures, "other_per_month") if category == "infrastructure" else NOUGHT


def tokens_cost(figures: Mapping[str, Range], demand: Demand) -> Decimal:
    """What the demand's first month of input, cached and output tokens costs, in the option's own currency."""
    price = likely(figures, "input_price_per_million")
    cached = likely(figures, "cached_input_price_per_million") if "cached_input_price_per_million" in figures else price
    fresh_and_cached = (1 - demand.cached_share) * price + demand.cached_share * cached
    output = (demand.output_tokens_per_month or NOUGHT) * likely(figures, "output_price_per_million")
    return ((demand.input_tokens_per_month or NOUGHT) * fresh_and_cached + output) / MILLION


def _tokens(demand: Demand) -> Decimal:
    return (demand.input_tokens_per_month or NOUGHT) + (demand.output_tokens_per_month or NOUGHT)


def _plan(given: Mapping[str, Mapping[str, Range]], demand: Demand, rate: Decimal) -> MonthlyPlan | None:
    if demand.input_tokens_per_month is None or demand.output_tokens_per_month is None:
        return None
    access, machines = given.get("model_access", {}), given.get("infrastructure", {})
    seconds = likely(machines, "hours_per_month") * SECONDS
    speed = likely(machines, "tokens_per_second_per_replica") * likely(machines, "utilisation_limit")
    return MonthlyPlan(
        mix_tokens=_tokens(demand),
        mix_cost=rate * tokens_cost(access, demand),
        minimum=rate * likely(access, "minimum_per_month"),
        replica_cost=rate
        * likely(machines, "gpus_per_replica")
        * likely(machines, "gpu_price_per_hour")
        * likely(machines, "hours_per_month"),
        replica_tokens=speed * seconds or None,
        peak_ratio=demand.peak_ratio,
        minimum_replicas=likely(machines, "minimum_replicas"),
        fixed=rate * sum((per_month(c, f) for c, f in given.items()), NOUGHT),
        one_off=rate * sum((one_off(c, f) for c, f in given.items()), NOUGHT),
        maximum_replicas=machines["maximum_replicas"].likely if "maximum_replicas" in machines else None,
    )


def _over_horizon(
    category: str,
    figures: Mapping[str, Range],
    plan: MonthlyPlan,
    rate: Decimal,
    first: Decimal,
    factors: tuple[tuple[Decimal, Decimal], ...],
) -> Decimal:
    fixed = rate * per_month(category, figures)
    total = rate * one_off(category, figures)
    for volume, divisor in factors:
        month = fixed
        if category == "model_access":
            month += max(plan.minimum, plan.mix_cost * volume)
        elif category == "infrastructure":
            month += plan.replica_cost * plan.replicas(first * volume)
        total += month / divisor
    return total
