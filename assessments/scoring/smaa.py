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
    return np.stack(columns, axis=1)


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


def central_weights(first: Array, weights: Array) -> list[Array | None]:
    """For each option the mean of the weights that put it first; None where none does (which isn't the same as noughts)."""
    return [(share @ weights) / total if (total := share.sum()) > 0 else None for share in np.ascontiguousarray(first.T)]


def confidence(values: Sequence[Array], central: Sequence[Array | None], applies: Array | None = None) -> list[Fraction | None]:
    """For each option how often it is first at its own central weights while the values are drawn; None where it has none.

    ``values``: for each option (draws, criteria).
    """
    found: list[Fraction | None] = []
    for n, weights in enumerate(central):
        if weights is None:
            found.append(None)
            continue
        scores = totals(values, np.broadcast_to(weights, values[n].shape), applies)
        leads = scores == scores.max(axis=1, keepdims=True)
        sizes = leads.sum(axis=1)[leads[:, n]]
        alike, counts = np.unique(sizes, return_counts=True)
        found.append(sum((Fraction(int(c), int(k)) for k, c in zip(alike, counts, strict=True)), Fraction(0)) / len(scores))
    return found
