"""The derivation of what is drawn: ranges of cost and score, doubts, robustness, losses and the accountability premium."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from assessments.scoring.loss import ScenarioLoss, event_mean
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import decimal_of, money, plain, points, share, shares
from assessments.scoring.trace_node import Node, figure_name, figure_unit, node
from assessments.scoring.values import CriterionValue
from compliance.catalogue.index import Index
from compliance.catalogue.risk import LossChange

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation

PERT = "(low + 4 × most likely + high) ÷ 6"
EVENTS = f"mean of the range (PERT), {PERT}, × the factors of what the answers change"
COST = "median × the factors of what the answers change × from median to mean (lognormal)"
EXTRA = "difference of the totals × 12 ÷ months"
AVOIDED = "difference of the expected losses of one year, not discounted"
BORNE = "mean of the smaller of share × cost and the cap, over the lognormal cost of an event"


def least(known: Index, criterion: str, value: CriterionValue, key: str) -> Node:
    """What a value may fall to, answer by answer."""
    terms = [
        node(
            t.asked.question.text,
            share(t.doubt),
            f"{plain(round(t.value, 4))} × {plain(round(t.doubt / t.value * 100, 4))} % in doubt; weight {plain(t.weight)}",
            question=t.asked.question.id,
            basis=t.asked.response.basis if t.asked.response else "",
        )
        for t in value.terms
        if t.asked and t.doubt
    ]
    formula = "value − Σ weight × doubt ÷ Σ weight; the doubt of an answer is its value × the share in doubt by its basis"
    return node(f"least value of {known.criteria[criterion].title}", share(value.value - value.doubt), formula, terms, key=key)


def cost_range(known: Index, evaluation: Evaluation, option: OptionResult, key: str) -> list[Node]:
    drawn = option.cost_draws
    if drawn.p10 is None or drawn.p50 is None or drawn.p90 is None:
        return []
    currency = option.facts.costs.currency or option.costs.currency
    figures = [
        node(
            figure_name(known, category, name),
            f"{plain(f.low)} to {plain(f.high)}",
            f"most likely {plain(f.likely)}",
            place=f"costs.{category}",
            unit=figure_unit(known, category, name, currency),
        )
        for category, given in option.facts.costs.categories.items()
        for name, f in given.items()
        if not f.certain
    ]
    of = f"what {{}} % of {evaluation.draws:,} draws of the figures that have a range don't exceed"
    below = f"; each is drawn from a PERT distribution between low and high, of mean {PERT}"
    return [
        node(
            f"P{p} of the cost over the horizon",
            money(amount),
            of.format(p) + (below if p == 10 else ""),
            figures if p == 10 else [],
            key=f"{key}.total.p{p}",
            unit=option.costs.currency,
        )
        for p, amount in ((10, drawn.p10), (50, drawn.p50), (90, drawn.p90))
    ]


def score_range(evaluation: Evaluation, option: OptionResult, key: str) -> list[Node]:
    found = evaluation.robustness.spread.get(option.facts.id) if evaluation.robustness else None
    if found is None:
        return []
    formula = f"what {{}} % of {evaluation.draws:,} scores don't exceed, with weights near the stated ones, values and costs drawn"
    return [
        node(
            f"P{p} of the score",
            points(s),
            formula.format(p) if p == 10 else f"what {p} % of them don't exceed",
            key=f"{key}.score_range.p{p}",
        )
        for p, s in zip((10, 50, 90), found, strict=True)
    ]


def loss(evaluation: Evaluation, option: OptionResult, amounts: list[int], key: str) -> list[Node]:
    found = option.loss
    if found is None:
        return []
    unit = option.costs.currency
    scenarios = [_scenario(s, unit, f"{key}.scenarios.{s.scenario.id}") for s in found.scenarios]
    nodes = [node("expected loss a year", money(found.expected), "Σ scenarios", scenarios, key=f"{key}.expected_per_year", unit=unit)]
    if found.p95 is not None:
        drawn = (
            f"{evaluation.draws:,} years: events by a Poisson process whose rate is drawn from its PERT range, each with a lognormal cost"
        )
        nodes.append(
            node(
                "loss of the worst year in twenty",
                money(found.p95),
                f"what 95 % of the years don't exceed; {drawn}",
                key=f"{key}.p95",
                unit=unit,
            )
        )
        nodes += [
            node(
                f"share of years that lose more than {unit} {amount:,}",
                share(found.exceedance(amount)),
                "counted over the same drawn years",
                key=f"{key}.exceedance.{amount}",
                unit="share",
            )
            for amount in amounts
        ]
    return nodes


def _scenario(found: ScenarioLoss, unit: str, key: str) -> Node:
    scenario = found.scenario
    frequency = scenario.frequency
    often = [node("events a year", f"{plain(frequency.low)} to {plain(frequency.high)}", f"most likely {plain(frequency.likely)}")]
    median = node(
        "median cost of one event",
        money(found.median),
        "the catalogue's assumption, in place of an answer" if found.assumed else "",
        question=scenario.question,
        source=list(scenario.sources) if found.assumed else [],
        unit=unit,
    )
    # Each factor stands where it is multiplied: what is listed below a number gives the number.
    rarer = [_change(c, c.frequency, c.id in found.unruled) for c in found.changes if c.frequency != 1]
    milder = [_change(c, c.magnitude, c.id in found.unruled) for c in found.changes if c.magnitude != 1]
    to_mean = node(
        "from median to mean",
        f"× {plain(round(Decimal(event_mean(1.0, float(scenario.spread))), 6))}",
        "exp(σ² ÷ 2), σ = ln(spread) ÷ 1.6449: 90 % of events lie between the median divided and multiplied by the spread",
        [node("spread", plain(scenario.spread))],
    )
    inputs = [
        node("expected events a year", plain(round(found.events, 8)), EVENTS, [*often, *rarer]),
        node("mean cost of one event", money(found.per_event), COST, [median, to_mean, *milder], unit=unit),
    ]
    if found.transfer:
        limit = "no cap" if found.cap is None else f"cap {unit} {Decimal(money(found.cap)):,}"
        what = node(
            found.transfer.title,
            plain(found.transfer.share),
            f"of each event's cost; {limit}",
            source=list(found.transfer.sources),
            unit="share",
        )
        inputs.append(node("borne by others, an event", money(found.borne_by_others), BORNE, [what], unit=unit))
    certain = "" if found.certain else "; counted since it can't be ruled out"
    formula = f"events × (cost of one − what others bear){certain}"
    return node(scenario.title, money(found.expected), formula, inputs, key=key, source=list(scenario.sources), unit=unit)


def _change(change: LossChange, factor: Decimal, unruled: bool) -> Node:
    return node(change.title, f"× {plain(factor)}", "counted since it can't be ruled out" if unruled else "", source=list(change.sources))


def robustness(known: Index, evaluation: Evaluation) -> list[Node]:
    found, parameters = evaluation.robustness, evaluation.release.robustness
    if found is None or parameters is None or not found.stated:
        return []
    labels = {o.facts.id: o.facts.label for o in evaluation.options}
    drawn = [
        node("draws", str(found.samples), f"by a random number generator (PCG64) that starts from a digest, so that the same facts give the same "
             f"draws: {evaluation.seed}"),
        node("factor of the weights", plain(found.weight_factor),
             "each stated weight between itself ÷ factor and × factor, evenly on a logarithmic scale",
             source=list(parameters.sources)),
        *(node(f"share in doubt of an answer that is {d.basis.replace('_', '-')}", plain(d.share), unit="share") for d in parameters.doubts),
    ]  # fmt: skip
    ranks = "of the draws, how many put the option first, second, and so on"
    key = "robustness"

    def ranked(of: Mapping[str, tuple[Fraction, ...]], name: str) -> list[Node]:
        return [
            node(labels[id_], ", ".join(shares(row)), ranks, key=f"{key}.{name}.rank_acceptability.{id_}", unit="share")
            for id_, row in of.items()
        ]

    def one(fraction: Fraction | None) -> str:
        return "none: it is never first" if fraction is None else share(decimal_of(fraction))

    central = [
        node(
            labels[id_],
            "none: it is never first" if weights is None else "",
            "mean of the weights that put it first",
            [
                node(known.criteria[c].title, w, unit="share")
                for c, w in zip(weights or {}, shares([Fraction(w) for w in (weights or {}).values()]), strict=True)
            ],
            key=f"{key}.any_weights.central_weights.{id_}",
        )
        for id_, weights in found.central.items()
    ]
    confidence = [
        node(labels[id_], one(c), "how often it is first at its central weights", key=f"{key}.any_weights.confidence.{id_}", unit="share")
        for id_, c in found.confidence.items()
    ]
    pairs = [
        node(
            f"{labels[a]} before {labels[b]}",
            one(wins),
            "of the draws near the stated weights",
            key=f"{key}.pairwise.{a}.{b}",
            unit="share",
        )
        for a, row in found.pairwise.items()
        for b, wins in row.items()
    ]
    parts = [
        node("near the stated weights", "", "", ranked(found.stated, "stated_weights")),
        node("under any weights", "", "any weights that add up to 1 are drawn alike", ranked(found.any, "any_weights")),
        node("central weights", "", "", central),
        node("confidence", "", "", confidence),
        node("one against one", "", "", pairs),
        node("what is drawn", "", "", drawn),
    ]
    return [node("robustness", "", "scores under drawn weights, values and costs (SMAA-2)", parts, key=key)]


def accountability(evaluation: Evaluation) -> list[Node]:
    by_id = {o.facts.id: o for o in evaluation.options}
    found = []
    for n, premium in enumerate(evaluation.premiums):
        key, pair = f"accountability.{n}", (by_id[premium.option], by_id[premium.against])
        unit = pair[0].costs.currency
        totals = [
            node(f"cost over the horizon of {o.facts.label}", money(o.costs.total), unit=unit) for o in pair if o.costs.total is not None
        ]
        months = node("horizon in months", str(evaluation.facts.demand.horizon_months))
        losses = [node(f"expected loss a year of {o.facts.label}", money(o.loss.expected), unit=unit) for o in pair if o.loss]
        extra, avoided = money(premium.extra_cost), money(premium.loss_avoided)
        inputs = [
            node(
                "extra cost a year",
                extra,
                f"{EXTRA}, discounted as they are",
                [*totals, months],
                key=f"{key}.extra_cost_per_year",
                unit=unit,
            ),
            node("loss avoided a year", avoided, AVOIDED, losses, key=f"{key}.loss_avoided_per_year", unit=unit),
        ]
        name = f"accountability premium of {pair[0].facts.label} against {pair[1].facts.label}"
        found.append(node(name, money(premium.net), "loss avoided − extra cost", inputs, key=f"{key}.net_per_year", unit=unit))
    return found
