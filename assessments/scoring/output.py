"""The documented output of an evaluation, as plain data. Keys for what isn't computed are absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assessments.scoring.costs import missing_demand
from assessments.scoring.results import BreakEven, OptionResult
from assessments.scoring.rounding import money, points, share, whole
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
        "options": [_option(o) for o in evaluation.options],
        "ranking": [o.facts.id for o in evaluation.ranking],
        "break_even": [_break_even(b) for b in evaluation.break_even],
        "recommendation": {
            "outcome": recommendation.outcome,
            "option": recommendation.option,
            "reasons": list(recommendation.reasons),
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
        content["by_category"] = {category: money(amount) for category, amount in costs.by_category.items()}
    if (per_million := costs.per_million_tokens) is not None:
        content["per_million_tokens"] = money(per_million)
    if costs.replicas_at_end is not None:
        content["replicas_at_end"] = costs.replicas_at_end
    return {**content, "complete": costs.complete}


def _break_even(found: BreakEven) -> dict[str, Any]:
    content: dict[str, Any] = {
        "between": list(found.between),
        "tokens_per_month": whole(found.tokens) if found.tokens is not None else None,
    }
    return {**content, "reason": found.reason} if found.tokens is None else content
