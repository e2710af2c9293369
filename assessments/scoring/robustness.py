"""How sure the ranking is: the options' scores under drawn weights and drawn values, by SMAA-2 (``smaa.py``).

A value is drawn evenly between what its answers claim and that less its doubt, for what they rest on; the cost and the weeks from their
PERT ranges. Weights are drawn around the stated ones, and once more without asking anybody: every set of weights alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from assessments.scoring import smaa
from assessments.scoring.draws import Array, Stream, around, on_simplex
from assessments.scoring.facts import Demand
from assessments.scoring.measures import drawn_measure
from assessments.scoring.results import OptionResult
from compliance.catalogue.model import Criterion
from compliance.catalogue.risk import Robustness as Parameters

CHUNK = 16_384  # draws that are in memory at once
Ranks = Mapping[str, tuple[Fraction, ...]]


@dataclass(frozen=True)
class Robustness:
    """Of the admissible options, by id: the shares of ranks from the first on under the stated and under any weights, the share of draws
    that put one before the other (stated weights), and under any weights the central weights by criterion and the confidence at them, None
    where an option is never first. ``spread``: of each option's score under the stated weights, what 10, 50 and 90 % of the draws don't
    exceed."""

    samples: int
    weight_factor: Decimal
    stated: Ranks
    any: Ranks
    pairwise: Mapping[str, Mapping[str, Fraction]]
    central: Mapping[str, Mapping[str, Decimal] | None]
    confidence: Mapping[str, Fraction | None]
    spread: Mapping[str, tuple[Decimal, Decimal, Decimal]]


def analyse(
    parameters: Parameters,
    criteria: Sequence[Criterion],
    options: Sequence[OptionResult],
    weights: Mapping[str, Mapping[str, Decimal]],
    demand: Demand,
    base_rate: Decimal | None,
    seed: str,
    draws: int,
) -> Robustness:
    """``options``: those that are admissible; ``weights``: the profiles in use, of which each draw takes one where there are several (the
    archetype isn't known); ``base_rate``: one unit of the catalogue's base currency in the demand's."""
    options = sorted(options, key=lambda o: o.facts.id)
    known = [c for c in criteria if any(c.id in o.criteria for o in options)]
    if not options:
        return Robustness(draws, parameters.weight_factor, {}, {}, {}, {}, {}, {})
    drawing = _Drawing(options, known, demand, base_rate, seed)
    stated, anywhere = smaa.Tally(len(options), len(known)), smaa.Tally(len(options), len(known))
    sizes = [min(CHUNK, draws - at) for at in range(0, draws, CHUNK)]
    scores = np.empty((draws, len(options)))
    near, free = _Weights(seed, "stated weights", known), _Weights(seed, "any weights", known)
    mixture = _Stated(weights, [c.id for c in known], seed)
    values: list[Array] = []
    at = 0
    for size in sizes:
        values = drawing.next(size)
        profiles, weighs = mixture.next(size)
        around_them = around(profiles, float(parameters.weight_factor), near.next(size))
        scores[at : at + size] = smaa.totals(values, around_them, drawing.applies) * weighs
        stated.add(scores[at : at + size], around_them)
        any_weights = on_simplex(free.next(size))
        anywhere.add(smaa.totals(values, any_weights, drawing.applies), any_weights)
        at += size
    central = anywhere.central_weights()
    sure = smaa.Confidence(central)
    if len(sizes) == 1:
        sure.add(values, drawing.applies)
    else:
        again = _Drawing(options, known, demand, base_rate, seed)  # the same draws once more: kept, they would take too much memory
        for size in sizes:
            sure.add(again.next(size), drawing.applies)
    ids = [o.facts.id for o in options]
    wins = stated.wins()
    return Robustness(
        samples=draws,
        weight_factor=parameters.weight_factor,
        stated=dict(zip(ids, stated.ranks(), strict=True)),
        any=dict(zip(ids, anywhere.ranks(), strict=True)),
        pairwise={a: {b: wins[n][m] for m, b in enumerate(ids) if m != n} for n, a in enumerate(ids)},
        central={
            id_: None if w is None else {c.id: Decimal(x) for c, x in zip(known, w.tolist(), strict=True)}
            for id_, w in zip(ids, central, strict=True)
        },
        confidence=dict(zip(ids, sure.shares(), strict=True)),
        spread={id_: _spread(scores[:, n]) for n, id_ in enumerate(ids)},
    )


class _Weights:
    """Uniform draws, a column a criterion, each from a stream of its own name: one criterion more leaves the others' draws alone."""

    def __init__(self, seed: str, what: str, criteria: Sequence[Criterion]) -> None:
        self._streams = [Stream(seed, what, c.id) for c in criteria]

    def next(self, size: int) -> Array:
        return np.stack([stream.uniform(size) for stream in self._streams], axis=1)


class _Stated:
    """The stated weights: one profile, or where several are in use a profile drawn each time."""

    def __init__(self, weights: Mapping[str, Mapping[str, Decimal]], names: Sequence[str], seed: str) -> None:
        self._profiles = np.array([[float(profile.get(name, 0)) for name in names] for profile in weights.values()])
        # Where no criterion that applies has weight every score is 0; the weights drawn must still add up to something.
        self._weighs = (self._profiles.sum(axis=1) > 0).astype(np.float64)
        self._profiles[self._weighs == 0] = 1
        self._stream = Stream(seed, "profile")

    def next(self, size: int) -> tuple[Array, Array]:
        """Weights (criteria,) or (draws, criteria), and 0 (draws or 1, 1) where they weigh nothing, else 1."""
        if len(self._profiles) == 1:
            return self._profiles[0], self._weighs[:, None]
        chosen = (self._stream.uniform(size) * len(self._profiles)).astype(np.int64)
        return self._profiles[chosen], self._weighs[chosen][:, None]


class _Drawing:
    """The options' values, drawn a chunk at a time."""

    def __init__(
        self, options: Sequence[OptionResult], criteria: Sequence[Criterion], demand: Demand, base_rate: Decimal | None, seed: str
    ) -> None:
        self.applies = np.array([[float(c.id in o.criteria) for c in criteria] for o in options])
        self._parts = [[_Part(o, c, demand, base_rate, seed) for c in criteria] for o in options]

    def next(self, size: int) -> list[Array]:
        """For each option (draws, criteria)."""
        return [np.stack([part.next(size) for part in parts], axis=1) for parts in self._parts]


class _Part:
    """An option's value on one criterion."""

    def __init__(self, option: OptionResult, criterion: Criterion, demand: Demand, base_rate: Decimal | None, seed: str) -> None:
        value = option.criteria.get(criterion.id)
        self._claimed = float(value.value) if value else 0.0
        self._doubt = float(value.doubt) if value else 0.0
        self._stream = Stream(seed, "value", option.facts.id, criterion.id) if self._doubt else None
        self._option, self._demand, self._base_rate, self._at = option, demand, base_rate, 0
        term = next((t for t in value.terms if t.asked is None), None) if value else None
        self._measure = criterion.measure if term else None
        self._share = float(term.weight / value.exact.weight) if value and term else 0.0
        self._likely = float(term.value) if term else 0.0

    def next(self, size: int) -> Array:
        column = np.full(size, self._claimed)
        if self._stream:
            column -= self._doubt * self._stream.uniform(size)
        if self._measure:
            here = self._option.cost_draws.between(self._at, self._at + size)
            drawn = drawn_measure(self._measure, self._option.costs, here, self._demand, self._base_rate)
            if drawn is not None:
                column += self._share * (drawn - self._likely)
            self._at += size
        return column


def _spread(scores: Array) -> tuple[Decimal, Decimal, Decimal]:
    ordered = np.sort(scores)
    p10, p50, p90 = (Decimal(float(ordered[max(0, int(np.ceil(share * len(ordered) - 1e-9)) - 1)])) for share in (0.1, 0.5, 0.9))
    return p10, p50, p90
