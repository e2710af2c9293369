"""The monthly volume at which two options cost the same and change order.

The average monthly cost over the horizon, as a function of the volume V at the demand's mix, without growth or discount, is piecewise
linear with a staircase: cost(V) = max(minimum, b·V) + g·max(r, ceil(V / c)) + fixed. The search is exact, in fractions:

1. The axis is cut where a minimum fee or the least number of replicas ends. Between two cuts the difference D of two options is a line
   plus at most two staircases, and ceil(x) lies between x and x + 1, so D stays above a line known in advance. Where that line is above
   nought the order can't change, and the search skips to where it may: with one staircase the change is then at most two steps away.
2. From there it walks from step to step. Two staircases of nearly the same slope can keep each other in the balance for ever, so it gives
   up after ``MAX_STEPS`` steps and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from assessments.scoring.costs import MonthlyPlan

MAX_STEPS = 5_000
ZERO = Fraction(0)


class TooManySteps(Exception):
    """The order hangs on whole replicas beyond what is searched."""


@dataclass(frozen=True)
class Crossing:
    """``tokens`` a month, or None and ``cheaper``: -1 the first option at every volume, 1 the second, 0 neither; None if not known."""

    tokens: Fraction | None
    cheaper: int | None = None


@dataclass(frozen=True)
class _Curve:
    """base + max(minimum, slope·V) + step·max(least, ceil(V / width)); ``width`` None: no staircase."""

    base: Fraction
    minimum: Fraction
    slope: Fraction
    step: Fraction
    least: Fraction
    width: Fraction | None

    def cuts(self) -> list[Fraction]:
        found = [self.minimum / self.slope] if self.slope else []
        return found + ([self.least * self.width] if self.width else [])

    def line(self, low: Fraction) -> tuple[Fraction, Fraction]:
        """Constant and slope just above ``low``, which is no inner point of a segment between cuts, without a climbing staircase."""
        flat = not self.slope or low < self.minimum / self.slope
        constant = self.base + (self.minimum if flat else ZERO)
        if self.width is not None and low < self.least * self.width:
            constant += self.step * self.least
        return constant, ZERO if flat else self.slope

    def stair(self, low: Fraction) -> tuple[Fraction, Fraction] | None:
        """Height and width of the staircase where it climbs above ``low``."""
        return (self.step, self.width) if self.step and self.width is not None and low >= self.least * self.width else None


def _curve(plan: MonthlyPlan, months: int) -> _Curve:
    return _Curve(
        base=Fraction(plan.fixed) + Fraction(plan.one_off) / months,
        minimum=Fraction(plan.minimum),
        slope=Fraction(plan.mix_cost) / Fraction(plan.mix_tokens),
        step=Fraction(plan.replica_cost),
        least=Fraction(plan.minimum_replicas),
        width=Fraction(plan.replica_tokens) / Fraction(plan.peak_ratio) if plan.replica_tokens else None,
    )


def average_cost(plan: MonthlyPlan, tokens: Decimal | Fraction, months: int) -> Fraction:
    """The average monthly cost over the horizon at a constant volume of ``tokens`` a month (above 0)."""
    curve, volume = _curve(plan, months), Fraction(tokens)
    replicas = max(curve.least, Fraction(-(-volume // curve.width))) if curve.width else ZERO
    return curve.base + max(curve.minimum, curve.slope * volume) + curve.step * replicas


def crossing(first: MonthlyPlan, second: MonthlyPlan, months: int) -> Crossing:
    """The smallest volume above 0 at which the averages are equal and change order; a step over the other's line counts where it happens.

    Raises TooManySteps. Both plans must have tokens in their mix.
    """
    a, b = _curve(first, months), _curve(second, months)
    if a == b:
        return Crossing(None, 0)
    cuts = sorted({ZERO, *(c for c in (*a.cuts(), *b.cuts()) if c > 0)})
    walk = _Walk()
    for low, high in zip(cuts, [*cuts[1:], None], strict=True):
        if (found := walk.segment(a, b, low, high)) is not None:
            return Crossing(found)
    return Crossing(None, walk.sign)


class _Walk:
    """Keeps the order found so far: ``sign`` of the difference (0: still equal), and since where the two have been equal again."""

    def __init__(self) -> None:
        self.sign = 0
        self.equal_since: Fraction | None = None
        self.steps = 0

    def segment(self, a: _Curve, b: _Curve, low: Fraction, high: Fraction | None) -> Fraction | None:
        (ka, sa), (kb, sb) = a.line(low), b.line(low)
        stairs = [(sign * stair[0], stair[1]) for sign, curve in ((1, a), (-1, b)) if (stair := curve.stair(low))]
        start: Fraction | None = low
        if self.sign:
            start = self._where_it_may_turn(ka - kb, sa - sb, stairs, low, high)
        if start is None:
            return None
        for left, right, constant, slope in self._pieces(ka - kb, sa - sb, stairs, start, high):
            if (found := self._turn(left, right, constant, slope)) is not None:
                return found
            if self.sign and self._settled(ka - kb, sa - sb, stairs, left, high):
                return None
        return None

    def _lower_line(self, constant: Fraction, slope: Fraction, stairs: list[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
        """A line that sign·D never falls below."""
        k, s = self.sign * constant, self.sign * slope
        for height, width in stairs:
            signed = self.sign * height
            s += signed / width
            k += min(signed, ZERO)
        return k, s

    def _where_it_may_turn(
        self, constant: Fraction, slope: Fraction, stairs: list[tuple[Fraction, Fraction]], low: Fraction, high: Fraction | None
    ) -> Fraction | None:
        if self._settled(constant, slope, stairs, low, high):
            return None
        k, s = self._lower_line(constant, slope, stairs)
        if k + s * low <= 0:
            return low
        back = min((width for _, width in stairs), default=ZERO)
        return max(low, -k / s - back)

    def _settled(
        self, constant: Fraction, slope: Fraction, stairs: list[tuple[Fraction, Fraction]], at: Fraction, high: Fraction | None
    ) -> bool:
        """True where nothing from ``at`` to ``high`` can turn the order, or leave the two level at ``high``."""
        k, s = self._lower_line(constant, slope, stairs)
        if high is None:
            return s >= 0 and k + s * at >= 0
        return k + s * at > 0 and k + s * high > 0

    def _pieces(
        self, constant: Fraction, slope: Fraction, stairs: list[tuple[Fraction, Fraction]], start: Fraction, high: Fraction | None
    ) -> Iterator[tuple[Fraction, Fraction | None, Fraction, Fraction]]:
        """The linear pieces from ``start`` to ``high``: left end (open), right end (closed; None: unbounded), constant and slope."""
        left = start
        while high is None or left < high:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise TooManySteps
            counts = [floor(left / width) + 1 for _, width in stairs]
            level = constant + sum((height * n for (height, _), n in zip(stairs, counts, strict=True)), ZERO)
            ends = [width * n for (_, width), n in zip(stairs, counts, strict=True)] + ([high] if high is not None else [])
            right = min(ends, default=None)
            yield left, right, level, slope
            if right is None:
                return
            left = right

    def _turn(self, left: Fraction, right: Fraction | None, constant: Fraction, slope: Fraction) -> Fraction | None:
        at_left = constant + slope * left
        at_right = (slope > 0) - (slope < 0) if right is None else constant + slope * right
        if not self.sign:
            self.sign = _sign(at_left) or _sign(at_right)
            if not self.sign:
                return None
        if self.sign * at_left < 0:
            return left if self.equal_since is None else self.equal_since
        if at_left:
            self.equal_since = None
        if self.sign * at_right < 0:
            return -constant / slope if self.equal_since is None else self.equal_since
        if not at_left and not slope:
            self.equal_since = left if self.equal_since is None else self.equal_since
        else:
            self.equal_since = None
        return None


def _sign(figure: Fraction | int) -> int:
    return (figure > 0) - (figure < 0)
