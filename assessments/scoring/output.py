"""The documented output of an evaluation, as plain data. Keys for what isn't computed are absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from assessments.scoring.costs import missing_demand
from assessments.scoring.draws import quantile
from assessments.scoring.loss import OptionLoss, ScenarioLoss
from assessments.scoring.premium import Premium
from assessments.scoring.results import BreakEven, OptionResult
from assessments.scoring.robustness import Robustness
from assessments.scoring.rounding import decimal_of, money, plain, points, share, shares, whole
from compliance.catalogue.index import index

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation

FORMAT = "countersign/evaluation@1"


def document(evaluation: Evaluation) -> dict[str, Any]:
    """``countersign/evaluation@1``. Needs a local decimal context."""
    release, facts = evaluation.release, evaluation.facts
    recommendation = evaluation.recommendation
    return {
        "format": FORMAT,
        "catalogue": {"key": release.key, "version": release.version, "digest": index(release).digest},
        "input_digest": evaluation.input_digest,
        "as_of": facts.as_of.isoformat(),
        "currency": facts.demand.currency or release.exchange.base,
        "ai_act": evaluation.classification.as_dict(),
        "obligations": evaluation.classification.other_obligations(),
        "unanswered": {
            "use_case": unanswered_of_use_case(evaluation),
            "options": {o.facts.id: ids for o in evaluation.options if (ids := unanswered_of_option(o))},
        },
        "ignored": {
            "use_case": evaluation.sheet.ignored,
            "options": {o.facts.id: ids for o in evaluation.options if (ids := o.sheet.ignored)},
        },
        "options": _options(evaluation),
        "ranking": [o.facts.id for o in evaluation.ranking],
        **({"robustness": _robustness(evaluation.robustness)} if evaluation.robustness else {}),
        "break_even": [_break_even(b) for b in evaluation.break_even],
        **({"accountability": [_premium(p) for p in evaluation.premiums]} if release.losses else {}),
        "recommendation": {
            "outcome": recommendation.outcome,
            "option": recommendation.option,
            "reasons": list(recommendation.reasons),
            "backed_by": [list(keys) for keys in recommendation.backed_by],
        },
    }


def unanswered_of_use_case(evaluation: Evaluation) -> list[str]:
    """Question ids, then ``archetype`` and ``demand.<key>`` where they are left out."""
    archetype = [] if evaluation.facts.archetype else ["archetype"]
    return [*evaluation.sheet.unanswered, *archetype, *(f"demand.{key}" for key in missing_demand(evaluation.facts.demand))]


def unanswered_of_option(option: OptionResult) -> list[str]:
    """Question ids, then ``costs.<category>``, and ``costs.currency`` where the catalogue can't convert it."""
    currency = ["costs.currency"] if option.costs.rate is None else []
    return [*option.sheet.unanswered, *currency, *(f"costs.{category}" for category in option.costs.missing)]


def _options(evaluation: Evaluation) -> list[dict[str, Any]]:
    amounts = loss_amounts([o.loss for o in evaluation.options if o.loss])
    spread = evaluation.robustness.spread if evaluation.robustness else {}
    return [
        _option(o)
        | ({"score_range": _range(spread[o.facts.id], points)} if o.facts.id in spread else {})
        | ({"loss": _loss(o.loss, amounts)} if o.loss else {})
        for o in evaluation.options
    ]


def _range(figures: tuple[Decimal, Decimal, Decimal], write: Callable[[Decimal], str]) -> dict[str, str]:
    return dict(zip(("p10", "p50", "p90"), map(write, figures), strict=True))


def _option(option: OptionResult) -> dict[str, Any]:
    return {
        "id": option.facts.id,
        "sourcing": option.facts.sourcing,
        "admissible": option.admissible,
        "score": points(option.score.value),
        "score_best": points(option.score.best),
        "completeness": share(option.score.completeness),
        "values": {
            criterion: {
                "value": share(value.value),
                "best": share(value.best),
                **({"least": share(value.value - value.doubt)} if value.doubt else {}),
                "weight": share(option.score.weights[criterion]),
                "completeness": share(value.completeness),
            }
            for criterion, value in option.criteria.items()
        },
        "blockers": [
            {"id": f.rule.id, "question": f.rule.question, "message": f.message, "acceptable_by": f.rule.acceptable_by}
            for f in option.blockers
        ],
        "findings": [
            {"id": f.rule.id, "severity": f.rule.severity, "question": f.rule.question, "obligations": list(f.rule.obligations)}
            for f in option.findings
            if f.certain
        ],
        "obligations": [duty.as_dict() for duty in option.duties],
        "costs": _costs(option),
    }


def _costs(option: OptionResult) -> dict[str, Any]:
    costs = option.costs
    content: dict[str, Any] = {}
    if costs.total is not None:
        content["total"] = {"likely": money(costs.total)}
        drawn = option.cost_draws
        if drawn.p10 is not None and drawn.p50 is not None and drawn.p90 is not None:
            content["total"] |= _range((drawn.p10, drawn.p50, drawn.p90), money)
        content["by_category"] = {category: money(amount) for category, amount in costs.by_category.items()}
    if (per_million := costs.per_million_tokens) is not None:
        content["per_million_tokens"] = money(per_million)
    if costs.replicas_at_end is not None:
        content["replicas_at_end"] = costs.replicas_at_end
    if costs.plan and costs.plan.capacity is not None:
        content["capacity"] = {"tokens_per_month": whole(costs.plan.capacity), "exceeded_in_month": costs.exceeded_in_month}
    return {**content, "complete": costs.complete}


def _break_even(found: BreakEven) -> dict[str, Any]:
    content: dict[str, Any] = {"between": list(found.between)}
    if (price := found.managed) is not None:
        content["managed"] = {
            "provider": price.provider,
            "model": price.model,
            "price_per_million": money(price.per_million),
            "on": price.on.isoformat(),
            "source": price.source,
        }
    content["tokens_per_month"] = whole(found.tokens) if found.tokens is not None else None
    if found.replicas:
        content["replicas"] = dict(found.replicas)
    return {**content, "reason": found.reason} if found.tokens is None else content


def _robustness(found: Robustness) -> dict[str, Any]:
    def ranks(of: Mapping[str, tuple[Fraction, ...]]) -> dict[str, list[str]]:
        return {option: shares(row) for option, row in of.items()}

    def one(fraction: Fraction | None) -> str | None:
        return None if fraction is None else share(decimal_of(fraction))

    return {
        "samples": found.samples,
        "stated_weights": {"factor": plain(found.weight_factor), "rank_acceptability": ranks(found.stated)},
        "any_weights": {
            "rank_acceptability": ranks(found.any),
            "central_weights": {
                option: None if weights is None else dict(zip(weights, shares([Fraction(w) for w in weights.values()]), strict=True))
                for option, weights in found.central.items()
            },
            "confidence": {option: one(c) for option, c in found.confidence.items()},
        },
        "pairwise": {option: {other: one(wins) for other, wins in row.items()} for option, row in found.pairwise.items()},
    }


def loss_amounts(losses: Sequence[OptionLoss]) -> list[int]:
    """The amounts at which the exceedance of losses is told: 1, 2 and 5 times powers of ten, from where the most careful option's expected
    loss begins to what one year in a thousand exceeds at most. Empty without draws."""
    drawn = [loss.drawn for loss in losses if loss.drawn is not None]
    most = max((quantile(years, 0.999) for years in drawn), default=0.0)
    if most <= 0:
        return []
    least = min((float(loss.expected) for loss in losses if loss.expected), default=most) / 20
    steps = [m * 10**e for e in range(0, 16) for m in (1, 2, 5)]
    first = max((n for n, step in enumerate(steps) if step <= least), default=0)
    last = next((n for n, step in enumerate(steps) if step >= most), len(steps) - 1)
    return steps[first : last + 1]


def _loss(loss: OptionLoss, amounts: Sequence[int]) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    if loss.p95 is not None:
        drawn = {
            "p95": money(loss.p95),
            "exceedance": [{"amount": str(amount), "probability": share(loss.exceedance(amount))} for amount in amounts],
        }
    return {"expected_per_year": money(loss.expected), **drawn, "scenarios": [_scenario_loss(s) for s in loss.scenarios]}


def _scenario_loss(loss: ScenarioLoss) -> dict[str, Any]:
    return {
        "id": loss.scenario.id,
        "expected_per_year": money(loss.expected),
        "events_per_year": share(loss.events),
        "cost_per_event": money(loss.per_event),
        "borne_by_others": money(loss.borne_by_others),
        "assumed": loss.assumed,
        "changes": [change.id for change in loss.changes],
        "not_ruled_out": list(loss.unruled),
        "transfer": loss.transfer.id if loss.transfer else None,
    }


def _premium(premium: Premium) -> dict[str, str]:
    return {
        "option": premium.option,
        "against": premium.against,
        "extra_cost_per_year": money(premium.extra_cost),
        "loss_avoided_per_year": money(premium.loss_avoided),
        "net_per_year": money(premium.net),
    }
