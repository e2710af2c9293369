"""Streams of draws and what is made of them: PERT, Poisson, lognormal, quantiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.draws import (
    Stream,
    around,
    lognormal_mean,
    lognormal_of_interval,
    normal,
    on_simplex,
    pert,
    pert_mean,
    poisson,
    quantile,
)

EVEN = (np.arange(4000) + 0.5) / 4000  # probabilities, evenly spaced
figures = st.floats(0, 1e9, allow_subnormal=False)
triples = st.tuples(figures, figures, figures).map(sorted)
few = settings(max_examples=40)


def test_a_stream_is_its_seed_and_its_names():
    first = Stream("seed", "loss", "outage").uniform(1000)
    assert np.array_equal(first, Stream("seed", "loss", "outage").uniform(1000))
    for other in (("seed", "loss", "breach"), ("seed", "loss"), ("seeds", "loss", "outage"), ("seed", "outage", "loss")):
        assert not np.array_equal(first, Stream(*other).uniform(1000))


def test_a_stream_goes_on_where_it_stopped():
    parts = Stream("seed", "name")
    together = np.concatenate([parts.uniform(3), parts.uniform(997)])
    assert np.array_equal(together, Stream("seed", "name").uniform(1000))
    assert np.array_equal(Stream("seed", "name").uniform(50, 20).ravel(), together)


def test_a_stream_is_even_between_nought_and_one_and_never_there():
    drawn = Stream("seed", "many").uniform(200_000)
    assert drawn.min() > 0 and drawn.max() < 1
    # Standard errors: 0.289 / √200,000 of the mean, and √(0.1 · 0.9 / 200,000) of each tenth.
    assert drawn.mean() == pytest.approx(0.5, abs=4 * 0.289 / 200_000**0.5)
    tenths = np.histogram(drawn, bins=10, range=(0, 1))[0] / drawn.size
    assert tenths == pytest.approx(np.full(10, 0.1), abs=4 * (0.09 / 200_000) ** 0.5)


def test_streams_of_other_names_are_not_alike():
    one, two = (Stream("seed", name).uniform(50_000) for name in ("one", "two"))
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / 50_000**0.5


@few
@given(triples)
def test_pert_stays_within_its_range_rises_and_keeps_its_mean(triple):
    low, likely, high = triple
    drawn = pert(low, likely, high, EVEN)
    slack = 1e-12 * high
    assert low - slack <= drawn.min() and drawn.max() <= high + slack
    assert (np.diff(drawn) >= -slack).all()
    assert drawn.mean() == pytest.approx(pert_mean(low, likely, high), abs=0.001 * (high - low) + slack)


@few
@given(triples, st.floats(0, 1e6))
def test_a_dearer_range_is_dearer_at_every_probability(triple, more):
    low, likely, high = triple
    assert (pert(low + more, likely + more, high + more, EVEN) >= pert(low, likely, high, EVEN) - 1e-6 * (high + more)).all()


@pytest.mark.parametrize("at", [1e-16, 0.5, 1 - 1e-16])
def test_pert_at_its_ends(at):
    found = pert(10, 20, 60, np.array([at]))[0]
    assert 10 <= found <= 60
    assert pert(7, 7, 7, np.array([at]))[0] == 7


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.7, 3, 12, 80])
def test_poisson_has_its_mean_and_its_variance(rate):
    drawn = poisson(np.full(100_000, float(rate)), Stream("seed", "poisson", str(rate)).uniform(100_000))
    # Standard errors: of the mean √(λ / n); of the variance √((λ + 2 λ²) / n).
    assert drawn.mean() == pytest.approx(rate, abs=4 * (rate / 100_000) ** 0.5)
    assert drawn.var() == pytest.approx(rate, abs=4 * ((rate + 2 * rate**2) / 100_000) ** 0.5)
    assert (drawn == 0).mean() == pytest.approx(np.exp(-rate), abs=4 * (np.exp(-rate) / 100_000) ** 0.5)


@few
@given(st.floats(0, 50), st.floats(0, 5))
def test_poisson_never_falls_where_rate_or_probability_rises(rate, more):
    few_events, more_events = (poisson(np.full(EVEN.size, r), EVEN) for r in (rate, rate + more))
    assert (np.diff(few_events) >= 0).all()
    assert (more_events >= few_events).all()


@few
@given(st.floats(0.01, 1e8), st.floats(1.01, 100))
def test_90_of_100_lognormal_draws_lie_in_their_interval(low, ratio):
    mu, sigma = lognormal_of_interval(low, low * ratio)
    drawn = np.exp(mu + sigma * normal(EVEN))
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx([low, low * ratio], rel=0.01)
    assert lognormal_mean(mu, sigma) >= np.exp(mu)


def test_any_weights_and_weights_around_stated_ones_are_weights():
    uniform = Stream("seed", "weights").uniform(2000, 4)
    free = on_simplex(uniform)
    stated = np.array([0.5, 0.3, 0.2, 0])
    near = around(stated, 2, uniform)
    for found in (free, near):
        assert (found >= 0).all()
        assert found.sum(axis=1) == pytest.approx(np.ones(2000))
    assert (near[:, 3] == 0).all()
    # Two weights' ratio is at most 2 · 2 times the stated one.
    ratio = near[:, 0] / near[:, 1] / (0.5 / 0.3)
    assert ratio.min() >= 0.25 and ratio.max() <= 4
    assert around(stated, 1, uniform) == pytest.approx(np.tile(stated, (2000, 1)))


def test_a_quantile_is_the_least_that_so_many_do_not_exceed():
    drawn = np.array([5.0, 1, 4, 2, 3, 6, 10, 8, 9, 7])
    assert [quantile(drawn, share) for share in (0, 0.1, 0.11, 0.5, 0.9, 0.95, 1)] == [1, 1, 2, 5, 9, 10, 10]
    assert quantile(np.array([3.0]), 0.5) == 3
