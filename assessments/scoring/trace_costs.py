"""The derivation of costs: categories, replicas, the average monthly cost and the break-even points."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from assessments.scoring import trace_risk
from assessments.scoring.costs import DEFAULTS, MonthlyPlan, likely, newest_rates
from assessments.scoring.facts import Demand, Range
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import money, plain, whole
from assessments.scoring.trace_node import Node, figure_name, figure_unit, node
from compliance.catalogue.index import Index

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation


def costs(known: Index, evaluation: Evaluation, option: OptionResult, key: str) -> Node:
    """All of an option's costs; ``key`` is where they stand in the output."""
    found, demand = option.costs, evaluation.facts.demand
    if found.total is None:
        return node("costs", "", "not computed: the demand gives no tokens or horizon, or a currency has no rate", key=key)
    rates = _rates(evaluation, option)
    categories = [
        _category(known, evaluation, option, c, [*over_time(demand), *rates], f"{key}.by_category.{c}") for c in found.by_category
    ]
    total = node(
        "cost over the horizon",
        money(found.total),
        "Σ categories, each range at its most likely figure; month m divided by (1 + discount rate)^(m ÷ 12), one-off costs in month 0",
        [*rates, *categories, *over_time(demand)],
        key=f"{key}.total.likely",
        unit=found.currency,
    )
    inputs = [total, *trace_risk.cost_range(known, evaluation, option, key)]
    if found.per_million_tokens is not None and found.tokens is not None:
        tokens = node(
            "tokens over the horizon",
            whole(found.tokens),
            "Σ tokens a month × (1 + growth)^((m − 1) ÷ 12)",
            _growing(demand),
            unit="tokens",
        )
        of = "total ÷ tokens × 1,000,000; the total is discounted, the tokens aren't"
        inputs.append(
            node(
                "cost per million tokens",
                money(found.per_million_tokens),
                of,
                [tokens],
                key=f"{key}.per_million_tokens",
                unit=found.currency,
            )
        )
    if found.replicas_at_end is not None:
        inputs.append(_replicas(known, option, demand, f"{key}.replicas_at_end"))
    inputs.append(_monthly(option, evaluation))
    return node("costs", money(found.total), "", inputs, key=key, unit=found.currency)


def over_time(demand: Demand) -> list[Node]:
    return [
        node("horizon in months", str(demand.horizon_months)),
        node("growth a year", plain(demand.growth_per_year or Decimal(0)), unit="share"),
        node("discount rate a year", plain(demand.discount_rate or Decimal(0)), unit="share"),
    ]


def volumes(demand: Demand) -> list[Node]:
    return [
        node("input tokens a month", plain(demand.input_tokens_per_month or Decimal(0))),
        node("cached share of input", plain(demand.cached_share), unit="share"),
        node("output tokens a month", plain(demand.output_tokens_per_month or Decimal(0))),
    ]


def _growing(demand: Demand) -> list[Node]:
    """What the tokens of a later month come from."""
    return [n for n in volumes(demand) if not n["name"].startswith("cached")] + over_time(demand)[:2]


def _rates(evaluation: Evaluation, option: OptionResult) -> list[Node]:
    """What the option's currency is converted at, with the days and the sources of the rates that go in."""
    given, into, exchange = option.facts.costs.currency, option.costs.currency, evaluation.release.exchange
    if option.costs.rate is None or not given or given == into:
        return []
    used = [r for r in newest_rates(exchange, evaluation.facts.as_of).values() if r.currency in (given, into)]
    days = " and ".join(dict.fromkeys(f"{r.on.day} {r.on:%B %Y}" for r in used))
    sources = list(dict.fromkeys(source for r in used for source in r.sources))
    return [node(f"{into} for one {given}", plain(round(option.costs.rate, 8)), f"rate of {days}", source=sources, place="@exchange")]


def _category(known: Index, evaluation: Evaluation, option: OptionResult, category: str, common: list[Node], key: str) -> Node:
    demand, given = evaluation.facts.demand, option.facts.costs
    figures, title = given.categories[category], known.cost_categories[category].title if category in known.cost_categories else category
    amount, unit = money(option.costs.by_category[category]), option.costs.currency
    if not figures:
        return node(title, amount, "no figure was entered, since it costs nothing", key=key, unit=unit)
    inputs = [
        *_figures(known, category, figures, given.currency or option.costs.currency),
        *(volumes(demand) if category == "model_access" or (category == "infrastructure" and runs(option)) else []),
        *([node("peak ratio", plain(demand.peak_ratio))] if category == "infrastructure" and runs(option) else []),
        *common,
    ]
    return node(title, amount, _formula(category, runs(option)), inputs, key=key, unit=unit)


def runs(option: OptionResult) -> bool:
    """Whether replicas are counted for the option."""
    return bool(option.costs.plan and option.costs.plan.replica_tokens)


def _formula(category: str, runs_replicas: bool) -> str:
    if category == "model_access":
        return (
            "each month the larger of the minimum and (fresh input × its price + cached input × its price + output × its price) ÷ 1,000,000"
        )
    if category == "infrastructure":
        machines = "replicas × GPUs per replica × price per hour × hours + " if runs_replicas else ""
        return f"one-off + each month {machines}other"
    if category == "time_to_production":
        return "weeks × cost of delay per week, in month 0"
    return "one-off + each month (per month + full-time equivalents × cost of one a year ÷ 12)"


def _figures(known: Index, category: str, figures: Mapping[str, Range], currency: str) -> list[Node]:
    return [
        node(
            figure_name(known, category, key, alone=True),
            plain(figure.likely),
            "" if figure.certain else f"most likely, from {figure.low.normalize():,f} to {figure.high.normalize():,f}",
            unit=figure_unit(known, category, key, currency),
        )
        for key, figure in figures.items()
    ]


def _replicas(known: Index, option: OptionResult, demand: Demand, key: str) -> Node:
    count, name = str(option.costs.replicas_at_end), "replicas in the last month"
    if not runs(option):
        return node(name, count, "it runs none", key=key)
    figures = option.facts.costs.categories["infrastructure"]
    keys = ["tokens_per_second_per_replica", "utilisation_limit", "hours_per_month", "minimum_replicas"]
    keys += ["maximum_replicas"] if "maximum_replicas" in figures else []
    inputs = [
        node(
            figure_name(known, "infrastructure", k, alone=True),
            plain(likely(figures, k)),
            "" if k in figures or k not in DEFAULTS else "taken, since nothing was entered",
            unit=figure_unit(known, "infrastructure", k, ""),
        )
        for k in keys
    ]
    return node(
        name,
        count,
        "the larger of the least number and (tokens × peak ratio ÷ (hours × 3,600)) ÷ (tokens per second × share planned to be used), rounded up"
        + ("; no more than can run" if "maximum_replicas" in figures else ""),
        [*inputs, *_growing(demand), node("peak ratio", plain(demand.peak_ratio))],
        key=key,
    )


def break_even(evaluation: Evaluation, position: int) -> Node:
    """Of two options, or of one and a published price."""
    found = evaluation.break_even[position]
    labels = {o.facts.id: o.facts.label for o in evaluation.options}
    with_ = f"the published price of {found.managed.name}" if found.managed else labels[found.between[1]]
    name = f"break-even of {labels[found.between[0]]} and {with_}"
    key = f"break_even.{position}.tokens_per_month"
    if found.tokens is None:
        return node(name, "none", found.reason, key=key)
    inputs = [
        node(_average(labels[id_]), "", f"stands under {labels[id_]}, in its costs", place=f"#options.{id_}.costs") for id_ in found.between
    ]
    if price := found.managed:
        on = f"{price.on.day} {price.on:%B %Y}"
        of = f"per million tokens at the demand's mix; published on or before {on}"
        currency = next(o.costs.currency for o in evaluation.options)
        inputs.append(node(f"price of {price.name} for {price.model}", money(price.per_million), of, source=[price.source], unit=currency))
    return node(
        name,
        whole(found.tokens),
        "smallest volume at which the average monthly costs are equal and change order",
        inputs,
        key=key,
        unit="tokens a month",
    )


def _average(label: str) -> str:
    return f"average monthly cost of {label} at a volume"


def _monthly(option: OptionResult, evaluation: Evaluation) -> Node:
    """What the average monthly cost at a volume is made of: enough to draw it."""
    plan, months, name = option.costs.plan, evaluation.facts.demand.horizon_months, _average(option.facts.label)
    if plan is None or not months or not plan.mix_tokens or option.costs.missing:
        return node(name, "", "not known: costs or demand are incomplete")
    key = f"options.{option.facts.id}.costs.monthly"
    replicas = " + replicas × cost of a replica" if plan.replica_tokens else ""
    return node(
        name,
        "",
        f"the larger of the minimum and price × tokens{replicas} + fixed + one-off ÷ months",
        [node(part, figure, key=f"{key}.{id_}", unit=unit) for id_, part, figure, unit in _parts(plan, months, option.costs.currency)],
        key=key,
    )


def _parts(plan: MonthlyPlan, months: int, currency: str) -> list[tuple[str, str, str, str]]:
    price = _exact(plan.mix_cost / plan.mix_tokens * 1_000_000)
    parts = [
        ("price_per_million", "price per million tokens at the demand's mix", price, currency),
        ("minimum", "minimum a month", _exact(plan.minimum), currency),
        ("fixed", "fixed a month", _exact(plan.fixed), currency),
        ("one_off", "one-off ÷ months", _exact(plan.one_off / months), currency),
    ]
    if plan.replica_tokens:
        parts += [
            ("replica_cost", "cost of a replica a month", _exact(plan.replica_cost), currency),
            ("replica_tokens", "tokens a replica serves a month", _exact(plan.replica_tokens / plan.peak_ratio), "tokens"),
            ("minimum_replicas", "least number of replicas", plain(plan.minimum_replicas), ""),
        ]
        if plan.maximum_replicas is not None:
            parts.append(("maximum_replicas", "most replicas that can run", plain(plan.maximum_replicas), ""))
    return parts


def _exact(figure: Decimal) -> str:
    """Finer than money is printed, since these figures are computed with."""
    return plain(round(figure, 8))
