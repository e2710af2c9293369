"""The derivation of what is drawn: ranges of cost and score, doubts, robustness, losses and the accountability premium."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from assessments.scoring.loss import ScenarioLoss
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import decimal_of, money, plain, points, share, shares
from assessments.scoring.trace_node import Node, node
from assessments.scoring.values import CriterionValue
from compliance.catalogue.index import Index
from compliance.catalogue.risk import LossChange

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation

EVENTS = "(low + 4 × likely + high) ÷ 6 × the factors of what the answers change"
COST = "median × the factors of what the answers change × exp(σ² ÷ 2), σ = ln(spread) ÷ 1.6449 (lognormal)"
BORNE = "mean of the smaller of share × cost and the cap, over the lognormal cost of an event"


def least(known: Index, criterion: str, value: CriterionValue, key: str) -> Node:
    """What a value may fall to, answer by answer."""
    terms = [
        node(
            t.asked.question.text,
            share(t.doubt),
            f"value × the share in doubt of its basis; weight {plain(t.weight)}",
            question=t.asked.question.id,
            basis=t.asked.response.basis if t.asked.response else "",
        )
        for t in value.terms
        if t.asked and t.doubt
    ]
    formula = "value − Σ weight × doubt ÷ Σ weight"
    return node(f"least of {known.criteria[criterion].title}", share(value.value - value.doubt), formula, terms, key=key)


def cost_range(evaluation: Evaluation, option: OptionResult, key: str) -> list[Node]:
    drawn = option.cost_draws
    if drawn.p10 is None or drawn.p50 is None or drawn.p90 is None:
        return []
    figures = [
        node(f"{category}.{name}", f"{plain(f.low)} to {plain(f.high)}", f"PERT, most likely {plain(f.likely)}")
        for category, given in option.facts.costs.categories.items()
        for name, f in given.items()
        if not f.certain
    ]
    formula = f"what {{}} % of {evaluation.draws:,} draws of all the figures below don't exceed; each drawn from its PERT distribution"
    return [
        node(f"P{p} of the cost over the horizon", money(amount), formula.format(p), figures, key=f"{key}.total.p{p}")
        for p, amount in ((10, drawn.p10), (50, drawn.p50), (90, drawn.p90))
    ]


def score_range(evaluation: Evaluation, option: OptionResult, key: str) -> list[Node]:
    found = evaluation.robustness.spread.get(option.facts.id) if evaluation.robustness else None
    if found is None:
        return []
    formula = f"what {{}} % of {evaluation.draws:,} scores don't exceed, weights, values and costs drawn (see robustness)"
    return [
        node(f"P{p} of the score", points(s), formula.format(p), key=f"{key}.score_range.p{p}")
        for p, s in zip((10, 50, 90), found, strict=True)
    ]


def loss(evaluation: Evaluation, option: OptionResult, amounts: list[int], key: str) -> list[Node]:
    found = option.loss
    if found is None:
        return []
    scenarios = [_scenario(s, f"{key}.scenarios.{s.scenario.id}") for s in found.scenarios]
    nodes = [node("expected loss a year", money(found.expected), "Σ scenarios", scenarios, key=f"{key}.expected_per_year")]
    if found.p95 is not None:
        drawn = (
            f"{evaluation.draws:,} years: events by a Poisson process whose rate is drawn from its PERT range, each with a lognormal cost"
        )
        nodes.append(
            node("loss of the worst year in twenty", money(found.p95), f"what 95 % of the years don't exceed; {drawn}", key=f"{key}.p95")
        )
        nodes += [
            node(f"share of years that lose more than {amount:,}", share(found.exceedance(amount)), drawn, key=f"{key}.exceedance.{amount}")
            for amount in amounts
        ]
    return nodes


def _scenario(found: ScenarioLoss, key: str) -> Node:
    scenario = found.scenario
    frequency = scenario.frequency
    changes = [_change(c, c.id in found.unruled) for c in found.changes]
    often = [node("events a year", f"{plain(frequency.low)} to {plain(frequency.high)}", f"most likely {plain(frequency.likely)}")]
    median = node(
        "median cost of one event",
        money(found.median),
        "the catalogue's assumption, in place of an answer" if found.assumed else "",
        question=scenario.question,
        source=list(scenario.sources) if found.assumed else [],
    )
    inputs = [
        node("expected events a year", share(found.events), EVENTS, [*often, *changes]),
        node("mean cost of one event", money(found.per_event), COST, [median, node("spread", plain(scenario.spread)), *changes]),
    ]
    if found.transfer:
        limit = "no cap" if found.cap is None else f"cap {money(found.cap)}"
        what = node(
            found.transfer.title, plain(found.transfer.share), f"share of each event's cost; {limit}", source=list(found.transfer.sources)
        )
        inputs.append(node("borne by others, an event", money(found.borne_by_others), BORNE, [what]))
    certain = "" if found.certain else "; counted since it can't be ruled out"
    formula = f"events × (cost of one − what others bear){certain}"
    return node(scenario.title, money(found.expected), formula, inputs, key=key, source=list(scenario.sources))


def _change(change: LossChange, unruled: bool) -> Node:
    factors = [f"{what} × {plain(f)}" for what, f in (("frequency", change.frequency), ("cost", change.magnitude)) if f != 1]
    open_ = "; counted since it can't be ruled out" if unruled else ""
    return node(change.title, "", ", ".join(factors) + open_, source=list(change.sources))


def robustness(known: Index, evaluation: Evaluation) -> list[Node]:
    found, parameters = evaluation.robustness, evaluation.release.robustness
    if found is None or parameters is None or not found.stated:
        return []
    labels = {o.facts.id: o.facts.label for o in evaluation.options}
    drawn = [
        node("draws", str(found.samples), f"PCG64, seeded with the digest {evaluation.seed}"),
        node("factor of the weights", plain(found.weight_factor), "each stated weight between itself ÷ factor and × factor, evenly on a log scale",
             source=list(parameters.sources)),
        *(node(f"share in doubt of an answer that is {d.basis.replace('_', ' ')}", plain(d.share)) for d in parameters.doubts),
    ]  # fmt: skip
    ranks = "share of the draws that put the option first, second, and so on"
    key = "robustness"

    def ranked(of: Mapping[str, tuple[Fraction, ...]], name: str) -> list[Node]:
        return [node(labels[id_], ", ".join(shares(row)), ranks, key=f"{key}.{name}.rank_acceptability.{id_}") for id_, row in of.items()]

    def one(fraction: Fraction | None) -> str:
        return "none: it is never first" if fraction is None else share(decimal_of(fraction))

    central = [
        node(
            labels[id_],
            "none: it is never first" if weights is None else "",
            "mean of the weights that put it first",
            [
                node(known.criteria[c].title, w)
                for c, w in zip(weights or {}, shares([Fraction(w) for w in (weights or {}).values()]), strict=True)
            ],
            key=f"{key}.any_weights.central_weights.{id_}",
        )
        for id_, weights in found.central.items()
    ]
    confidence = [
        node(labels[id_], one(c), "how often it is first at its central weights", key=f"{key}.any_weights.confidence.{id_}")
        for id_, c in found.confidence.items()
    ]
    pairs = [
        node(f"{labels[a]} before {labels[b]}", one(wins), "share of the draws near the stated weights", key=f"{key}.pairwise.{a}.{b}")
        for a, row in found.pairwise.items()
        for b, wins in row.items()
    ]
    parts = [
        node("near the stated weights", "", "", ranked(found.stated, "stated_weights")),
        node("under any weights", "", "weights even on the simplex", ranked(found.any, "any_weights")),
        node("central weights", "", "", central),
        node("confidence", "", "", confidence),
        node("one against one", "", "", pairs),
        node("what is drawn", "", "", drawn),
    ]
    return [node("robustness", "", "SMAA-2: scores under drawn weights, values and costs", parts, key=key)]


def accountability(evaluation: Evaluation) -> list[Node]:
    by_id = {o.facts.id: o for o in evaluation.options}
    found = []
    for n, premium in enumerate(evaluation.premiums):
        key, pair = f"accountability.{n}", (by_id[premium.option], by_id[premium.against])
        totals = [node(f"cost over the horizon of {o.facts.label}", money(o.costs.total)) for o in pair if o.costs.total is not None]
        months = node("horizon in months", str(evaluation.facts.demand.horizon_months))
        losses = [node(f"expected loss a year of {o.facts.label}", money(o.loss.expected)) for o in pair if o.loss]
        extra, avoided = money(premium.extra_cost), money(premium.loss_avoided)
        inputs = [
            node("extra cost a year", extra, "difference of the totals × 12 ÷ months", [*totals, months], key=f"{key}.extra_cost_per_year"),
            node("loss avoided a year", avoided, "difference of the expected losses", losses, key=f"{key}.loss_avoided_per_year"),
        ]
        name = f"accountability premium of {pair[0].facts.label} against {pair[1].facts.label}"
        found.append(node(name, money(premium.net), "loss avoided − extra cost", inputs, key=f"{key}.net_per_year"))
    return found
