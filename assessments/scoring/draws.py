"""Random draws that anybody can repeat: a pinned bit generator (PCG64), seeded by a digest and a name, and our own transforms of its bits.

Each quantity draws from a stream of its own name, so that adding an option or a scenario leaves the draws of the others as they are.
Figures are binary floats here; what is printed of them is rounded as the file format says.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from math import exp, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
Array: TypeAlias = NDArray[np.float64]
_GRID = (1 - np.cos(np.linspace(0, np.pi, 513))) / 2  # denser at both ends, where a quantile function is steep
TWO_SIDED_90 = 1.6448536269514722  # the standard normal's 95th percentile


class Stream:
    """Uniform draws for one quantity. ``seed`` is the digest of the facts that decide; ``names`` say which quantity."""

    def __init__(self, seed: str, *names: str) -> None:
        digest = hashlib.sha256("\n".join((seed, *names)).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def uniform(self, *shape: int) -> Array:
        """Numbers above 0 and below 1, 52 bits each."""
        count = int(np.prod(shape))
        raw = self._bits.random_raw(count)
        return (((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)


def on_simplex(uniform: Array) -> Array:
    """Weights that are 0 or more and add up to 1, every such set alike: exponentials divided by their sum. Shape (draws, criteria)."""
    exponential = -np.log(uniform)
    return exponential / exponential.sum(axis=1, keepdims=True)


def around(stated: Array, factor: float, uniform: Array) -> Array:
    """Weights near the ``stated`` ones: each divided or multiplied by up to ``factor``, evenly on a log scale, then made to add up to 1.

    ``stated`` has shape (criteria,) or (draws, criteria) and a sum above 0 in each row; ``uniform`` has shape (draws, criteria).
    """
    drawn = stated * np.exp((2 * uniform - 1) * log(factor))
    return drawn / drawn.sum(axis=1, keepdims=True)


_STEPS = 4096


@lru_cache(maxsize=256)
def _beta_quantiles(alpha: float, beta: float) -> Array:
    """The quantiles of a beta distribution at the probabilities 0, 1/4096, … 1, read off its distribution function."""
    from scipy.special import betainc  # here, so that a worker that only prints never loads scipy

    return np.interp(np.linspace(0, 1, _STEPS + 1), betainc(alpha, beta, _GRID), _GRID)


def pert(low: float, likely: float, high: float, uniform: Array) -> Array:
    """A PERT quantity at the probabilities ``uniform``: a beta distribution between low and high with mode ``likely`` and mean
    (low + 4 · likely + high) / 6. Never falls where a probability rises."""
    if high <= low:
        return np.full(uniform.shape, likely)
    alpha, beta = 1 + 4 * (likely - low) / (high - low), 1 + 4 * (high - likely) / (high - low)
    table, place = _beta_quantiles(alpha, beta), uniform * _STEPS
    step = place.astype(np.int64)
    below = table[step]
    return low + (high - low) * (below + (place - step) * (table[step + 1] - below))


def pert_mean(low: float, likely: float, high: float) -> float:
    return (low + 4 * likely + high) / 6


def lognormal_of_interval(low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm, for a lognormal of which 90 % lie between ``low`` and ``high`` (both above 0)."""
    return (log(low) + log(high)) / 2, (log(high) - log(low)) / (2 * TWO_SIDED_90)


def lognormal_mean(mu: float, sigma: float) -> float:
    return exp(mu + sigma * sigma / 2)


def normal(uniform: Array) -> Array:
    """The standard normal at these probabilities."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform))


def poisson(rate: Array, uniform: Array) -> NDArray[np.int64]:
    """How many events at these probabilities, for a ``rate`` of events in the same time; by summing the distribution's terms. Never falls
    where rate or probability rises."""
    counts = np.zeros(uniform.shape, dtype=np.int64)
    term = np.exp(-rate)
    reached = term.copy()
    open_ = np.flatnonzero(uniform > reached)
    k = 0
    while open_.size and k < 10_000:
        k += 1
        counts[open_] = k
        term[open_] *= rate[open_] / k
        reached[open_] += term[open_]
        open_ = open_[uniform[open_] > reached[open_]]
    return counts


def quantile(drawn: Array, share: float) -> float:
    """The smallest of the drawn numbers that at least ``share`` of them don't exceed."""
    position = max(0, int(np.ceil(share * drawn.size - 1e-9)) - 1)
    return float(np.partition(drawn, position)[position])
