"""Stochastic multicriteria acceptability analysis, SMAA-2 (Lahdelma and Salminen, Operations Research 49(3), 2001, 444-454).

Weights and values are drawn instead of stated; what is counted is how often each option comes out where. Options are columns here, by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from assessments.scoring.draws import Array


@dataclass(frozen=True)
class Acceptability:
    """``ranks[o][r]``: the share of draws that put option o on rank r (from 0); ``wins[o][p]``: of those that put o before p, 1/2 on the
    diagonal. Options level in a draw share their ranks evenly. ``first``: per draw and option the share of the first rank it has there."""

    ranks: tuple[tuple[Fraction, ...], ...]
    wins: tuple[tuple[Fraction, ...], ...]
    first: Array


def totals(values: Sequence[Array], weights: Array, applies: Array | None = None) -> Array:
    """Scores of shape (draws, options): Σ w·v / Σ w over the criteria that apply to the option.

    ``values``: for each option an array (draws, criteria), or (criteria,) where it is certain; ``weights``: (draws, criteria), rows adding
    up to 1; ``applies``: (options, criteria) of 0 and 1, all 1 where left out. Where no criterion that applies has weight, the score is 0.
    """
    columns = []
    for n, value in enumerate(values):
        total = np.einsum("nc,nc->n", weights, value) if value.ndim == 2 else weights @ value
        if applies is not None and not applies[n].all():
            share = weights @ applies[n]
            total = np.divide(total, share, out=np.zeros_like(total), where=share > 0)
        columns.append(total)
    return np.round(np.stack(columns, axis=1), 12)  # options that are level must not be told apart by what floats lose


def acceptability(scores: Array) -> Acceptability:
    """Counts ranks and pairwise wins. ``scores``: (draws, options), the higher the better; at least one draw and one option."""
    draws, options = scores.shape
    columns = [np.ascontiguousarray(scores[:, n]) for n in range(options)]
    above = np.zeros((options, draws), dtype=np.int16)
    level: Array | None = None
    wins = [[Fraction(1, 2)] * options for _ in range(options)]
    for a in range(options):
        for b in range(a + 1, options):
            ahead, behind = columns[a] > columns[b], columns[a] < columns[b]
            above[b] += ahead
            above[a] += behind
            won, lost = int(np.count_nonzero(ahead)), int(np.count_nonzero(behind))
            if won + lost < draws:
                level = np.ones((options, draws)) if level is None else level
                same = ~(ahead | behind)
                level[a] += same
                level[b] += same
            wins[a][b] = Fraction(2 * won + (draws - won - lost), 2 * draws)
            wins[b][a] = 1 - wins[a][b]
    if level is None:
        counts = [np.bincount(above[n], minlength=options) for n in range(options)]
        ranks = tuple(tuple(Fraction(int(c), draws) for c in row) for row in counts)
        return Acceptability(ranks, tuple(map(tuple, wins)), (above == 0).astype(np.float64).T)
    return Acceptability(_shared(above, level, draws), tuple(map(tuple, wins)), ((above == 0) / level).T)


def _shared(above: np.ndarray, level: Array, draws: int) -> tuple[tuple[Fraction, ...], ...]:
    """Rank shares where some options are level: each of k options level on a place has a k-th of each of the k ranks that follow."""
    options = above.shape[0]
    rows = []
    for n in range(options):
        row = [Fraction(0)] * options
        pairs, counts = np.unique(np.stack([above[n], level[n].astype(np.int16)]), axis=1, return_counts=True)
        for (place, size), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            for rank in range(place, place + size):
                row[rank] += Fraction(count, draws * size)
        rows.append(tuple(row))
    return tuple(rows)


class Tally:
    """Counts over draws that come a chunk at a time."""

    def __init__(self, options: int, criteria: int) -> None:
        self._draws = 0
        self._ranks = [[Fraction(0)] * options for _ in range(options)]
        self._wins = [[Fraction(0)] * options for _ in range(options)]
        self._first = np.zeros(options)
        self._weights = np.zeros((options, criteria))

    def add(self, scores: Array, weights: Array) -> None:
        """``scores``: (draws, options); ``weights``: (draws, criteria), those that they were computed with."""
        found, draws = acceptability(scores), len(scores)
        for total, part in ((self._ranks, found.ranks), (self._wins, found.wins)):
            for row, more in zip(total, part, strict=True):
                row[:] = [a + b * draws for a, b in zip(row, more, strict=True)]
        self._first += found.first.sum(axis=0)
        self._weights += found.first.T @ weights
        self._draws += draws

    def ranks(self) -> list[tuple[Fraction, ...]]:
        """As ``Acceptability.ranks``."""
        return [tuple(f / self._draws for f in row) for row in self._ranks]

    def wins(self) -> list[tuple[Fraction, ...]]:
        """As ``Acceptability.wins``."""
        return [tuple(f / self._draws for f in row) for row in self._wins]

    def central_weights(self) -> list[Array | None]:
        """For each option the mean of the weights that put it first; None where none does (which isn't the same as noughts)."""
        return [row / total if total > 0 else None for row, total in zip(self._weights, self._first.tolist(), strict=True)]


class Confidence:
    """For each option how often it is first at its own central weights while the values are drawn; None where it has none."""

    def __init__(self, central: Sequence[Array | None]) -> None:
        self._central, self._draws = central, 0
        self._first = [Fraction(0) for _ in central]

    def add(self, values: Sequence[Array], applies: Array | None = None) -> None:
        """``values``: for each option (draws, criteria)."""
        self._draws += len(values[0])
        for n, weights in enumerate(self._central):
            if weights is None:
                continue
            scores = totals(values, np.broadcast_to(weights, values[n].shape), applies)
            leads = scores == scores.max(axis=1, keepdims=True)
            alike, counts = np.unique(leads.sum(axis=1)[leads[:, n]], return_counts=True)
            self._first[n] += sum((Fraction(int(c), int(k)) for k, c in zip(alike, counts, strict=True)), Fraction(0))

    def shares(self) -> list[Fraction | None]:
        return [None if w is None else first / self._draws for w, first in zip(self._central, self._first, strict=True)]
