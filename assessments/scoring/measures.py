"""What criteria take from the cost figures: the monthly cost against the budget or the market, and the weeks to production."""

from __future__ import annotations

from decimal import Decimal

from assessments.scoring.costs import NEEDED, OptionCosts, missing_demand
from assessments.scoring.facts import Budget, Demand
from assessments.scoring.values import BEST, WORST, Term, anchored
from compliance.catalogue.model import Anchors, Measure


def measure_term(measure: Measure, costs: OptionCosts, demand: Demand, base_rate: Decimal | None) -> Term:
    """The term of a measure. ``base_rate`` is what one unit of the catalogue's base currency is worth in the demand's.

    Costs that aren't complete are worth 0. At best they are what is known so far, since every category can only add; where a figure of the
    demand is missing they may be anything, and the best is 1.
    """
    if measure.of == "weeks_to_production":
        if costs.weeks is None:
            return Term(measure.of, measure.weight, WORST, BEST, WORST)
        value = anchored(costs.weeks, measure.anchors)
        return Term(measure.of, measure.weight, value, value, BEST)

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
