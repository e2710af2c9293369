"""What criteria take from the cost figures: the monthly cost against the budget or the market, and the weeks to production."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from assessments.scoring.cost_draws import CostDraws
from assessments.scoring.costs import NEEDED, OptionCosts, missing_demand
from assessments.scoring.draws import Array
from assessments.scoring.facts import Budget, Demand
from assessments.scoring.values import BEST, WORST, Term, anchored
from compliance.catalogue.model import Anchors, Measure


def measure_term(measure: Measure, costs: OptionCosts, demand: Demand, base_rate: Decimal | None) -> Term:
    """The term of a measure. ``base_rate`` is what one unit of the catalogue's base currency is worth in the demand's.

    Costs of an option that can't serve the demand are worth 0 at any price. Costs that aren't complete are worth 0. At best they are what is
    known so far, since every category can only add; where a figure of the demand is missing they may be anything, and the best is 1.
    """
    if measure.of == "weeks_to_production":
        if costs.weeks is None:
            return Term(measure.of, measure.weight, WORST, BEST, WORST)
        value = anchored(costs.weeks, measure.anchors)
        return Term(measure.of, measure.weight, value, value, BEST)

    if costs.exceeded_in_month is not None:
        return Term(measure.of, measure.weight, WORST, WORST, BEST)
    known = cost_value(measure.anchors, costs, demand, base_rate)
    if costs.complete and known is not None:
        return Term(measure.of, measure.weight, known, known, BEST)
    missing = len(missing_demand(demand))
    best = BEST if missing or known is None else known
    demand_share = Decimal(len(NEEDED) - missing) / len(NEEDED)
    completeness = WORST if costs.rate is None or costs.complete else costs.known_share * demand_share
    return Term(measure.of, measure.weight, WORST, best, completeness)


def cost_value(anchors: Anchors, costs: OptionCosts, demand: Demand, base_rate: Decimal | None) -> Decimal | None:
    """1 at the budget's target and 0 at its limit; without a budget the cost per million tokens against the catalogue's anchors.

    None where there is no total, or nothing to hold it against.
    """
    if costs.total is None or not demand.horizon_months:
        return None
    if demand.budget:
        return _against(demand.budget, costs.total / demand.horizon_months)
    if costs.per_million_tokens is None or base_rate is None:
        return None
    return anchored(costs.per_million_tokens / base_rate, anchors)


def _against(budget: Budget, monthly: Decimal) -> Decimal:
    if budget.limit_per_month <= budget.target_per_month:
        return BEST if monthly <= budget.limit_per_month else WORST
    return anchored(monthly, Anchors(worst=budget.limit_per_month, best=budget.target_per_month))


def drawn_measure(measure: Measure, costs: OptionCosts, drawn: CostDraws, demand: Demand, base_rate: Decimal | None) -> Array | None:
    """The value of the measure for each draw; None where nothing of it was drawn, or the costs say nothing."""
    if measure.of == "weeks_to_production":
        return None if drawn.weeks is None else weeks_values(measure, drawn.weeks)
    if drawn.total is None or not costs.complete or costs.exceeded_in_month is not None:
        return None
    found = values_of_totals(measure.anchors, drawn.total, costs.tokens, demand, base_rate)
    return found if found is None or drawn.served is None else found * drawn.served


def weeks_values(measure: Measure, weeks: Array) -> Array:
    return _anchored(weeks, measure.anchors)


def values_of_totals(
    anchors: Anchors, totals: Array, tokens: Decimal | Array | None, demand: Demand, base_rate: Decimal | None
) -> Array | None:
    """``cost_value`` for many totals at once; ``tokens`` over the horizon."""
    if not demand.horizon_months:
        return None
    if budget := demand.budget:
        monthly = totals / demand.horizon_months
        if budget.limit_per_month <= budget.target_per_month:
            return (monthly <= float(budget.limit_per_month)).astype(np.float64)
        return _anchored(monthly, Anchors(worst=budget.limit_per_month, best=budget.target_per_month))
    if tokens is None or base_rate is None:
        return None
    divisor = float(tokens) if isinstance(tokens, Decimal) else tokens
    if not np.all(divisor):
        return None
    return _anchored(totals / divisor * 1e6 / float(base_rate), anchors)


def _anchored(figures: Array, anchors: Anchors) -> Array:
    worst, best = float(anchors.worst), float(anchors.best)
    if worst == best:
        return (figures == best).astype(np.float64)
    if anchors.scale == "linear":
        return np.clip((figures - worst) / (best - worst), 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.clip((np.log(figures) - np.log(worst)) / (np.log(best) - np.log(worst)), 0, 1)
    return np.where(figures <= 0, 1.0 if best < worst else 0.0, found)
