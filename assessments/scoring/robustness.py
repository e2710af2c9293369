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
    ids = [o.facts.id for o in options]
    known = [c for c in criteria if any(c.id in o.criteria for o in options)]
    names = [c.id for c in known]
    if not options:
        return Robustness(draws, parameters.weight_factor, {}, {}, {}, {}, {}, {})
    values = [_values(o, known, demand, base_rate, seed, draws) for o in options]
    applies = np.array([[float(c in o.criteria) for c in names] for o in options])
    stated_weights = around(
        _stated(weights, names, seed, draws), float(parameters.weight_factor), _uniform(seed, "stated weights", names, draws)
    )
    any_weights = on_simplex(_uniform(seed, "any weights", names, draws))
    scores = smaa.totals(values, stated_weights, applies)
    stated = smaa.acceptability(scores)
    anywhere = smaa.acceptability(smaa.totals(values, any_weights, applies))
    central = smaa.central_weights(anywhere.first, any_weights)
    confidence = smaa.confidence(values, central, applies)
    return Robustness(
        samples=draws,
        weight_factor=parameters.weight_factor,
        stated=dict(zip(ids, stated.ranks, strict=True)),
        any=dict(zip(ids, anywhere.ranks, strict=True)),
        pairwise={
            a: {b: stated.wins[n][m] for m, b in enumerate(ids) if m != n} for n, a in enumerate(ids)
        },
        central={
            id_: None if w is None else {c: Decimal(float(x)) for c, x in zip(names, w, strict=True)} for id_, w in zip(ids, central, strict=True)
        },
        confidence=dict(zip(ids, confidence, strict=True)),
        spread={id_: _spread(scores[:, n]) for n, id_ in enumerate(ids)},
    )  # fmt: skip


def _uniform(seed: str, what: str, names: Sequence[str], draws: int) -> Array:
    """A column a criterion, each from a stream of its own name: a criterion more or less leaves the others' draws alone."""
    return np.stack([Stream(seed, what, name).uniform(draws) for name in names], axis=1)


def _stated(weights: Mapping[str, Mapping[str, Decimal]], names: Sequence[str], seed: str, draws: int) -> Array:
    profiles = np.array([[float(profile.get(name, 0)) for name in names] for profile in weights.values()])
    profiles[profiles.sum(axis=1) == 0] = 1  # no criterion that applies has weight: all are alike, and every score is 0 anyway
    if len(profiles) == 1:
        return profiles[0]
    chosen = (Stream(seed, "profile").uniform(draws) * len(profiles)).astype(np.int64)
    return profiles[chosen]


def _values(option: OptionResult, criteria: Sequence[Criterion], demand: Demand, base_rate: Decimal | None, seed: str, draws: int) -> Array:
    columns = []
    for criterion in criteria:
        value = option.criteria.get(criterion.id)
        if value is None:
            columns.append(np.zeros(draws))
            continue
        column = np.full(draws, float(value.value))
        if value.doubt:
            column -= float(value.doubt) * Stream(seed, "value", option.facts.id, criterion.id).uniform(draws)
        for term in value.terms:
            if criterion.measure and term.asked is None:
                drawn = drawn_measure(criterion.measure, option.costs, option.cost_draws, demand, base_rate)
                if drawn is not None:
                    column += float(term.weight / value.exact.weight) * (drawn - float(term.value))
        columns.append(column)
    return np.stack(columns, axis=1)


def _spread(scores: Array) -> tuple[Decimal, Decimal, Decimal]:
    ordered = np.sort(scores)
    p10, p50, p90 = (Decimal(float(ordered[max(0, int(np.ceil(share * len(ordered) - 1e-9)) - 1)])) for share in (0.1, 0.5, 0.9))
    return p10, p50, p90
