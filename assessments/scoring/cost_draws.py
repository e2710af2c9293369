"""An option's costs with every ranged figure drawn from its PERT distribution: the total and the weeks to production, draw by draw."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from assessments.scoring.cost_model import CostModel, Figure, Key
from assessments.scoring.costs import OptionCosts
from assessments.scoring.draws import Array, Stream, pert, quantile
from assessments.scoring.facts import Demand, OptionFacts, Range

# A price is a fact of the market: where the same price stands twice, in two categories or two options, it is one uncertainty, drawn once.
# Quantities (people, weeks, throughput) belong to their option.
PRICES = ("_price_per_million", "_price_per_hour", "_cost_per_year", "_per_week")


@dataclass(frozen=True)
class CostDraws:
    """``total`` over the horizon and ``weeks`` to production, each one number a draw, or None where no figure of it has a range.

    ``served``: 1 in each draw in which the most replicas serve the demand, 0 in the others; None where they do in all. Of the total the
    values that 10, 50 and 90 % of the draws don't exceed.
    """

    total: Array | None = None
    weeks: Array | None = None
    served: Array | None = None
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None

    def between(self, start: int, end: int) -> CostDraws:
        """Draws ``start`` to ``end`` (not included) of them, without their quantiles."""
        total, weeks, served = (None if part is None else part[start:end] for part in (self.total, self.weeks, self.served))
        return CostDraws(total, weeks, served)


def drawn_figures(option: OptionFacts, model: CostModel, currency: str, seed: str, draws: int) -> dict[Key, Figure]:
    """Each figure that has a range, drawn. ``currency``: of the demand; ``seed``: the digest of the facts."""
    found: dict[Key, Figure] = {}
    for (category, key), figure in model.ranges():
        if not figure.certain:
            stream = Stream(seed, "figure", *_name(option, currency, category, key, figure))
            found[category, key] = pert(float(figure.low), float(figure.likely), float(figure.high), stream.uniform(draws))
    return found


def _name(option: OptionFacts, currency: str, category: str, key: str, figure: Range) -> tuple[str, ...]:
    if key.endswith(PRICES):
        return (key, option.costs.currency or currency, *(format(f.normalize(), "f") for f in (figure.low, figure.likely, figure.high)))
    return (option.id, category, key)


def draw_costs(option: OptionFacts, demand: Demand, costs: OptionCosts, seed: str, draws: int) -> CostDraws:
    """The draws of one option, ``costs`` being its costs at the likely figures. Needs a local decimal context."""
    if costs.total is None or costs.rate is None:
        return CostDraws()
    model = CostModel(option.costs, demand, float(costs.rate))
    figures = drawn_figures(option, model, costs.currency, seed, draws)
    weeks = figures.get(("time_to_production", "weeks"))
    if not figures:
        return CostDraws()
    total = model.total(figures)
    if isinstance(total, float):  # every ranged figure is multiplied by nought
        return CostDraws(None, weeks)  # type: ignore[arg-type]
    served = model.served(figures)
    p10, p50, p90 = (Decimal(quantile(total, share)) for share in (0.1, 0.5, 0.9))
    return CostDraws(total, weeks, None if isinstance(served, float) else served, p10, p50, p90)  # type: ignore[arg-type]
