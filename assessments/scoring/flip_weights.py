"""Flips by weights: the least change of all of them together, by linear programming, and of each criterion's alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import ceil, floor

import numpy as np

from assessments.scoring.draws import Array
from assessments.scoring.flip import Flip
from assessments.scoring.rounding import share
from assessments.scoring.vary import SAME, Answers
from assessments.scoring.words import listed
from compliance.catalogue.index import Index

# By how much of the score the new leader must be ahead where the weights turn: weights are printed with 4 decimals, and must turn as printed.
LEADS = (1e-5, 1e-4, 5e-4, 2e-3)
ROUNDS = 30
GRID = 201
Leaders = Callable[[Array], Sequence[str]]  # for an array of figures the id that leads at each


def weight_flips(answers: Answers) -> Iterator[Flip]:
    """None while the weights aren't known (no archetype) or fewer than two options are admissible."""
    admissible = sorted((s for s in answers.base if s.admissible), key=lambda s: s.id)
    leader = answers.leader(answers.base)
    if len(admissible) < 2 or len(answers.profiles) != 1 or leader is None:
        return
    names = [c for c in answers.known.criteria if any(s.value(c) is not None for s in admissible)]
    stated = np.array([answers.profiles[0].get(c, 0.0) for c in names])
    if not stated.sum():
        return
    stated = stated / stated.sum()
    values = np.array([[s.value(c) if s.value(c) is not None else np.nan for c in names] for s in admissible], dtype=np.float64)
    for number, rival in enumerate(admissible):
        if rival.id != leader and (found := _as_printed(stated, values, number)) is not None:
            yield _together(answers, names, stated, found, rival.id)
    for position in range(len(names)):
        yield from _alone(answers, names, stated, values, [s.id for s in admissible], position, leader)


def _as_printed(stated: Array, values: Array, rival: int) -> Array | None:
    """The nearest weights, rounded as they are printed, under which the option leads all the same."""
    for lead in LEADS:
        found = nearest_weights(stated, values, rival, lead)
        if found is None:
            return None
        rounded = np.where(np.abs(found - stated) > 5e-5, np.round(found, 4), stated)
        scores = _scores(values, rounded[None, :])[:, 0]
        if scores[rival] > np.delete(scores, rival).max() + SAME:
            return rounded
    return None


def nearest_weights(stated: Array, values: Array, rival: int, lead: float = LEADS[0]) -> Array | None:
    """The weights nearest to ``stated`` (least L1 distance) under which option number ``rival`` is first; None where no weights do that.

    ``lead``: by how much of the score it must be ahead. ``stated``: (criteria,), adding up to 1; ``values``: (options, criteria), not a number
    where a criterion doesn't apply to an option. There the option's own score stands in, which leaves its score as it is; since the score
    moves with the weights, the programme is solved again until both agree.
    """
    from scipy.optimize import linprog  # here, so that a worker that only prints never loads scipy

    options, criteria = values.shape
    filled, solution = _filled(values, stated), None
    for _ in range(ROUNDS):
        ahead = filled[rival] - np.delete(filled, rival, axis=0)
        # Variables: the weights, then what each gains and what it loses.
        cost = np.concatenate([np.zeros(criteria), np.ones(2 * criteria)])
        change = np.hstack([np.eye(criteria), -np.eye(criteria), np.eye(criteria)])
        total = np.concatenate([np.ones(criteria), np.zeros(2 * criteria)])
        result = linprog(
            cost,
            A_ub=np.hstack([-ahead, np.zeros((options - 1, 2 * criteria))]),
            b_ub=np.full(options - 1, -lead),
            A_eq=np.vstack([change, total]),
            b_eq=np.concatenate([stated, [1.0]]),
            method="highs",
        )
        if result.status != 0:
            return None
        solution = np.clip(result.x[:criteria], 0, None)
        solution = solution / solution.sum()
        scores = _scores(values, solution[None, :])[:, 0]
        if scores[rival] >= np.delete(scores, rival).max() + lead / 2:
            return solution
        filled = _filled(values, solution)
    return None


def _scores(values: Array, weights: Array) -> Array:
    """(options, sets of weights)."""
    there = ~np.isnan(values)
    weight = there @ weights.T
    summed = np.where(there, values, 0) @ weights.T
    return np.divide(summed, weight, out=np.zeros_like(summed), where=weight > 0)


def _filled(values: Array, weights: Array) -> Array:
    return np.where(np.isnan(values), _scores(values, weights[None, :]), values)


def _together(answers: Answers, names: Sequence[str], stated: Array, found: Array, rival: str) -> Flip:
    labels = {o.facts.id: o.facts.label for o in answers.evaluation.options}
    moved = [
        (c, before, after) for c, before, after in zip(names, stated.tolist(), found.tolist(), strict=True) if abs(after - before) > 5e-5
    ]
    parts = [
        f"{title(answers.known, c)} from {percent(before)} to {percent(after)}"
        for c, before, after in sorted(moved, key=lambda m: -abs(m[2] - m[1]))
    ]
    more = f" and {len(parts) - 4} smaller changes" if len(parts) > 5 else ""
    return Flip(
        what="weight",
        distance=float(np.abs(found - stated).sum()),
        leader=rival,
        text=f"{labels[rival]} leads at the nearest weights that put it first: {listed(parts[: 4 if more else 5])}{more}.",
        weights={c: (Decimal(before), Decimal(after)) for c, before, after in moved},
    )


def _alone(
    answers: Answers, names: Sequence[str], stated: Array, values: Array, ids: Sequence[str], position: int, leader: str
) -> Iterator[Flip]:
    """One weight rises or falls while the others keep their proportions."""
    here, rest = float(stated[position]), np.delete(stated, position)
    if not rest.sum():
        return
    proportions = np.insert(rest / rest.sum(), position, 0.0)
    own = np.zeros_like(stated)
    own[position] = 1.0

    def leaders(shares: Array) -> list[str]:
        scores = _scores(values, shares[:, None] * own + (1 - shares[:, None]) * proportions)
        best = scores.max(axis=0)
        return [ids[int(np.argmax(column > top - SAME))] for column, top in zip(scores.T, best, strict=True)]

    for end in (1.0, 0.0):
        if (turn := nearest_turn(leaders, here, end, leader)) is None:
            continue
        at, then = turn
        after = ceil(at * 1e4) / 1e4 if end > here else floor(at * 1e4) / 1e4
        labels = {o.facts.id: o.facts.label for o in answers.evaluation.options}
        verb = "rises above" if end > here else "falls below"
        yield Flip(
            what="weight",
            criterion=names[position],
            from_value=share(Decimal(here)),
            to_value=share(Decimal(after)),
            distance=2 * abs(after - here),
            leader=then,
            text=f"{labels[then]} leads once the weight of {title(answers.known, names[position])} {verb} {percent(after)} "
            f"(now {percent(here)}), the others keeping their proportions.",
        )


def nearest_turn(leaders: Leaders, here: float, end: float, leader: str, log: bool = False) -> tuple[float, str] | None:
    """Where from ``here`` towards ``end`` another option comes to lead, and which: looked for on a grid, and then on finer ones between the
    two points that it falls between. ``log``: a grid of even ratios, for figures above 0."""
    start, stop, found = here, end, None
    for _ in range(4):
        grid = np.geomspace(start, stop, GRID) if log else np.linspace(start, stop, GRID)
        ids = leaders(grid)
        other = next((n for n in range(1, GRID) if ids[n] != leader), None)
        if other is None:
            return found
        start, stop, found = float(grid[other - 1]), float(grid[other]), (float(grid[other]), ids[other])
    return found


def title(known: Index, criterion: str) -> str:
    return known.criteria[criterion].title


def percent(figure: float) -> str:
    return f"{figure * 100:.2f}".rstrip("0").rstrip(".") + " %"
