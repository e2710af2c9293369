"""The costs of one option for many figures or volumes at once, in binary floats: for draws and for searching, never for what is printed as
exact. The same formulas as ``costs.py``, which is the reference; a test holds them against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from assessments.scoring.costs import CATEGORIES, DEFAULTS, NOUGHT, STAFFED, computable, month_factors
from assessments.scoring.draws import Array
from assessments.scoring.facts import Costs, Demand, Range

Key: TypeAlias = tuple[str, str]
Figure: TypeAlias = float | Array
# What a whole number of replicas may exceed by rounding: a staircase computed in floats must not climb a step too early.
SLACK = 1e-12


class CostModel:
    """Costs in the demand's currency. Needs a demand with tokens and a horizon, a ``rate`` into its currency, and a decimal context."""

    def __init__(self, costs: Costs, demand: Demand, rate: float) -> None:
        self.demand, self.rate = demand, rate
        self.given = {c: costs.categories[c] for c in CATEGORIES if c in costs.categories and computable(c, costs.categories[c])}
        factors = month_factors(demand.growth_per_year or NOUGHT, demand.discount_rate or NOUGHT, demand.horizon_months or 1)
        self.volumes = np.array([float(volume) for volume, _ in factors])
        self.discounts = np.array([1 / float(divisor) for _, divisor in factors])
        self.months = float(self.discounts.sum())
        self.tokens = float((demand.input_tokens_per_month or 0) + (demand.output_tokens_per_month or 0))

    def ranges(self) -> Iterable[tuple[Key, Range]]:
        """Every figure that is given."""
        for category, figures in self.given.items():
            for key, figure in figures.items():
                yield (category, key), figure

    def total(self, changed: Mapping[Key, Figure] | None = None, volume: Figure = 1.0) -> Figure:
        """The total over the horizon, with ``changed`` figures in place of the likely ones, at ``volume`` times the demand's tokens.

        Arrays of one length give an array of that length.
        """
        figures = _Figures(self.given, changed or {})
        total: Figure = 0.0
        for category in self.given:
            if category == "model_access":
                total = total + self._access(figures, volume)
            elif category == "infrastructure":
                total = total + self._machines(figures, volume)
            elif category in STAFFED:
                month = figures(category, "per_month") + figures(category, "fte") * figures(category, "fte_cost_per_year") / 12
                total = total + month * self.months + figures(category, "one_off")
            else:
                total = total + figures(category, "weeks") * figures(category, "cost_of_delay_per_week")
        return total * self.rate

    def served(self, changed: Mapping[Key, Figure] | None = None, volume: Figure = 1.0) -> Figure:
        """1 where the most replicas serve the demand of every month, 0 where they don't."""
        if "infrastructure" not in self.given:
            return 1.0
        figures = _Figures(self.given, changed or {})
        speed = figures("infrastructure", "tokens_per_second_per_replica") * figures("infrastructure", "utilisation_limit")
        if not np.any(speed) or not figures.has("infrastructure", "maximum_replicas"):  # no replica is counted, or nothing limits them
            return 1.0
        needed, most = self._needed(figures, volume), figures("infrastructure", "maximum_replicas")
        found = np.asarray(needed * float(self.volumes.max()) * (1 - SLACK) <= most, dtype=np.float64)
        return found if found.ndim else float(found)

    def _needed(self, figures: _Figures, volume: Figure) -> Figure:
        """Replicas for a month of the first month's volume, as a fraction."""
        speed = figures("infrastructure", "tokens_per_second_per_replica") * figures("infrastructure", "utilisation_limit")
        seconds = figures("infrastructure", "hours_per_month") * 3600
        return self.tokens * float(self.demand.peak_ratio) / (speed * seconds) * volume

    def _access(self, figures: _Figures, volume: Figure) -> Figure:
        demand = self.demand
        price = figures("model_access", "input_price_per_million")
        cached = (
            figures("model_access", "cached_input_price_per_million")
            if figures.has("model_access", "cached_input_price_per_million")
            else price
        )
        share = float(demand.cached_share)
        month = float(demand.input_tokens_per_month or 0) / 1e6 * ((1 - share) * price + share * cached)
        month = (month + float(demand.output_tokens_per_month or 0) / 1e6 * figures("model_access", "output_price_per_million")) * volume
        least = figures("model_access", "minimum_per_month")
        if isinstance(least, float) and not least:
            return month * float(self.volumes @ self.discounts)
        total = np.zeros(np.broadcast_shapes(np.shape(least), np.shape(month)))
        for v, d in zip(self.volumes.tolist(), self.discounts.tolist(), strict=True):
            total += np.maximum(least, month * v) * d
        return total if total.ndim else float(total)

    def _machines(self, figures: _Figures, volume: Figure) -> Figure:
        def of(key: str) -> Figure:
            return figures("infrastructure", key)

        running: Figure = 0.0
        if np.any(of("tokens_per_second_per_replica") * of("utilisation_limit")):
            needed = self._needed(figures, volume)
            least = of("minimum_replicas")
            most = of("maximum_replicas") if figures.has("infrastructure", "maximum_replicas") else float("inf")
            if all(isinstance(figure, float) for figure in (needed, least, most)):
                steps = np.ceil(needed * self.volumes * (1 - SLACK))
                running = float(np.minimum(np.maximum(least, steps), most) @ self.discounts)
            else:
                running = np.zeros(np.broadcast_shapes(np.shape(needed), np.shape(least), np.shape(most)))
                for v, d in zip(self.volumes.tolist(), self.discounts.tolist(), strict=True):
                    running += np.minimum(np.maximum(least, np.ceil(needed * (v * (1 - SLACK)))), most) * d
        replica = of("gpus_per_replica") * of("gpu_price_per_hour") * of("hours_per_month")
        return running * replica + of("other_per_month") * self.months + of("one_off")


class _Figures:
    def __init__(self, given: Mapping[str, Mapping[str, Range]], changed: Mapping[Key, Figure]) -> None:
        self.given, self.changed = given, changed

    def has(self, category: str, key: str) -> bool:
        return (category, key) in self.changed or key in self.given[category]

    def __call__(self, category: str, key: str) -> Figure:
        if (category, key) in self.changed:
            return self.changed[category, key]
        figures = self.given[category]
        return float(figures[key].likely) if key in figures else float(DEFAULTS.get(key, 0))
