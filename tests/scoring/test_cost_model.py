"""The costs of many draws at once agree with the exact costs of one, and their percentiles lie between the cheapest and the dearest."""

from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.cost_draws import draw_costs
from assessments.scoring.cost_model import CostModel
from assessments.scoring.costs import option_costs
from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Range
from assessments.scoring.flips import find_flips
from assessments.scoring.measures import cost_value, values_of_totals
from assessments.scoring.rounding import COMPUTING
from compliance.catalogue.model import Anchors
from tests.scoring.conftest import DAY, D, costs, demand, facts, losses, option, release, robustness

EXCHANGE = release().exchange
CHEAPER_WHERE_HIGHER = ("tokens_per_second_per_replica", "utilisation_limit")
few = settings(max_examples=40)


def numbers(low, high, places=2):
    return st.decimals(low, high, places=places)


@st.composite
def figures(draw, one=lambda strategy: strategy):
    """All nine categories; ``one`` makes of a strategy for a number one for a figure."""
    prices, amounts, people = one(numbers(0, 60)), one(numbers(0, 50_000)), one(numbers(0, 9))
    access = {"input_price_per_million": draw(prices), "output_price_per_million": draw(prices)}
    if draw(st.booleans()):
        access["cached_input_price_per_million"] = draw(prices)
    if draw(st.booleans()):
        access["minimum_per_month"] = draw(amounts)
    machine = {"one_off": draw(amounts), "other_per_month": draw(amounts)}
    if draw(st.booleans()):
        machine |= {
            "gpus_per_replica": draw(st.integers(1, 8)),
            "gpu_price_per_hour": draw(one(numbers(0, 12))),
            "tokens_per_second_per_replica": draw(one(numbers(1, 5000))),
            "utilisation_limit": draw(one(numbers("0.05", 1))),
            "minimum_replicas": draw(st.integers(0, 4)),
        }
        if draw(st.booleans()):
            machine["hours_per_month"] = draw(st.integers(1, 744))
        if draw(st.booleans()):
            machine["maximum_replicas"] = draw(st.integers(4, 40))
    staff = {"per_month": draw(amounts), "one_off": draw(amounts), "fte": draw(people), "fte_cost_per_year": draw(amounts)}
    delay = {"weeks": draw(people), "cost_of_delay_per_week": draw(amounts)}
    currency = draw(st.sampled_from([None, "USD", "GBP"]))
    return costs(currency, model_access=access, infrastructure=machine, support=staff, monitoring=staff, time_to_production=delay)


def ranged(strategy):
    return st.tuples(strategy, strategy, strategy).map(lambda three: tuple(sorted(three)))


demands = st.builds(
    demand,
    input_tokens_per_month=st.integers(0, 10**10).map(D),
    output_tokens_per_month=st.integers(0, 10**10).map(D),
    cached_share=numbers(0, 1),
    peak_ratio=numbers(1, 20),
    growth_per_year=numbers("-0.5", 2),
    discount_rate=numbers(0, "0.3"),
    horizon_months=st.integers(1, 60),
)


def both(given_costs, need):
    """The exact costs and the model of the same figures."""
    exact = option_costs(given_costs, need, EXCHANGE, DAY)
    return exact, CostModel(given_costs, need, float(exact.rate))


@few
@given(figures(), demands)
def test_the_model_agrees_with_the_exact_costs(given_costs, need):
    with localcontext(COMPUTING):
        exact, model = both(given_costs, need)
        assert model.total() == pytest.approx(float(exact.total), rel=1e-9, abs=1e-9)


@few
@given(figures(), demands, st.integers(1, 300).map(lambda n: n / 100))
def test_and_at_another_volume(given_costs, need, times):
    with localcontext(COMPUTING):
        _, model = both(given_costs, need)
        factor = D(times)
        tokens = {key: getattr(need, key) * factor for key in ("input_tokens_per_month", "output_tokens_per_month")}
        there = option_costs(given_costs, replace(need, **tokens), EXCHANGE, DAY)
        assert model.total(volume=times) == pytest.approx(float(there.total), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("speed", ["1", "3", "7.3", "85", "1234.5"])
@pytest.mark.parametrize("load", ["0.3", "0.7", "1"])
def test_replicas_that_are_filled_to_the_last_token_are_enough(speed, load):
    machine = {"gpus_per_replica": 1, "gpu_price_per_hour": 1, "tokens_per_second_per_replica": speed, "utilisation_limit": load}
    one_replica = D(speed) * D(load) * 730 * 3600
    with localcontext(COMPUTING):
        for replicas in (1, 2, 3, 7, 49, 1000):
            for tokens, enough in ((replicas * one_replica, replicas), (replicas * one_replica * D("1.000001"), replicas + 1)):
                exact, model = both(costs(infrastructure=machine), demand(input_tokens_per_month=tokens, output_tokens_per_month=D(0)))
                assert exact.replicas_at_end == enough
                assert model.total() == pytest.approx(float(exact.total), rel=1e-12)


@few
@given(figures(), demands)
def test_whether_the_demand_is_served_agrees_too(given_costs, need):
    with localcontext(COMPUTING):
        exact, model = both(given_costs, need)
        assert bool(model.served()) is (exact.exceeded_in_month is None)


def test_a_limit_of_replicas_that_nobody_counts_limits_nothing():
    machine = costs(infrastructure={"maximum_replicas": 4, "other_per_month": 10})
    with localcontext(COMPUTING):
        exact, model = both(machine, demand())
        assert (exact.exceeded_in_month, model.served()) == (None, 1)
    limited = replace(option("two", weeks=4), costs=machine)
    assert find_flips(evaluate(release(), facts(option("one"), limited), draws=0)) is not None


@few
@given(st.lists(numbers(0, 10**6), min_size=1, max_size=5), st.booleans(), st.booleans(), st.integers(1, 36))
def test_what_totals_are_worth_agrees_with_the_exact_value(totals, budget, log, months):
    anchors = Anchors(D(20), D("0.2"), "log") if log else Anchors(D(20), D("0.2"))
    need = demand(horizon_months=months) if budget else demand(horizon_months=months, budget=None)
    with localcontext(COMPUTING):
        plain = option_costs(costs(), need, EXCHANGE, DAY)
        exact = [float(cost_value(anchors, replace(plain, total=total), need, D("0.8"))) for total in totals]
        found = values_of_totals(anchors, np.array(totals, dtype=float), plain.tokens, need, D("0.8"))
    assert found == pytest.approx(exact, abs=1e-12)


@few
@given(figures(ranged), demands, st.integers(0, 2**32))
def test_many_at_once_are_each_as_alone(given_costs, need, seed):
    random = np.random.default_rng(seed)
    with localcontext(COMPUTING):
        _, model = both(given_costs, need)
        changed = {key: random.uniform(float(f.low), float(f.high), 5) for key, f in model.ranges() if not f.certain}
        volumes = random.uniform(0.1, 3, 5)
        together = model.total(changed, volumes)
        for n in range(5):
            alone = model.total({key: float(column[n]) for key, column in changed.items()}, float(volumes[n]))
            assert np.broadcast_to(together, 5)[n] == pytest.approx(alone, rel=1e-12, abs=1e-9)


@few
@given(figures(ranged), demands)
def test_percentiles_are_in_order_and_between_the_cheapest_and_the_dearest(given_costs, need):
    def corner(cheapest):
        categories = {
            category: {
                key: Range.single(figure.low if (key in CHEAPER_WHERE_HIGHER) != cheapest else figure.high) for key, figure in given.items()
            }
            for category, given in given_costs.categories.items()
        }
        return option_costs(replace(given_costs, categories=categories), need, EXCHANGE, DAY).total

    with localcontext(COMPUTING):
        exact = option_costs(given_costs, need, EXCHANGE, DAY)
        found = draw_costs(replace(option("one"), costs=given_costs), need, exact, "seed", 200)
        least, most = corner(True), corner(False)
        slack = Decimal("1e-9") * most
        assert least <= exact.total <= most
        if found.p10 is not None:
            assert least - slack <= found.p10 <= found.p50 <= found.p90 <= most + slack


def test_a_figure_without_a_range_is_not_drawn():
    with localcontext(COMPUTING):
        exact = option_costs(costs(support={"per_month": 10}), demand(), EXCHANGE, DAY)
        found = draw_costs(replace(option("one"), costs=costs(support={"per_month": 10})), demand(), exact, "seed", 200)
    assert (found.total, found.weeks, found.p50) == (None, None, None)


def test_the_same_price_of_two_options_is_one_uncertainty_and_people_are_not():
    priced = costs(model_access={"input_price_per_million": (1, 2, 6)})
    staffed = costs(support={"fte": (1, 2, 6), "fte_cost_per_year": 60_000})
    with localcontext(COMPUTING):
        for given_costs, alike in ((priced, True), (staffed, False)):
            exact = option_costs(given_costs, demand(), EXCHANGE, DAY)
            one, two = (draw_costs(replace(option(id_), costs=given_costs), demand(), exact, "seed", 200).total for id_ in ("one", "two"))
            assert np.array_equal(one, two) is alike


def test_a_fixed_maximum_beside_a_range_elsewhere():
    machine = {"gpus_per_replica": 1, "gpu_price_per_hour": (1, 2, 4), "tokens_per_second_per_replica": 100, "utilisation_limit": 1}
    own = option("own", costs=costs(infrastructure=machine | {"maximum_replicas": 4}, time_to_production={"weeks": 2}))
    found = evaluate(release(robustness=robustness()), facts(own), draws=100)
    assert found.options[0].cost_draws.served is None
    assert found.as_dict()["options"][0]["costs"]["capacity"]["exceeded_in_month"] is None


def test_what_cannot_be_served_is_held_against_nothing():
    machine = {
        "gpus_per_replica": 1,
        "gpu_price_per_hour": 1,
        "tokens_per_second_per_replica": 1,
        "utilisation_limit": 1,
        "maximum_replicas": 1,
    }
    own = option("own", sourcing="self_hosted_open", costs=costs(infrastructure=machine, time_to_production={"weeks": 2}))
    data = evaluate(release(losses=losses()), facts(own, option("api"))).as_dict()
    assert data["options"][0]["costs"]["capacity"]["exceeded_in_month"] == 1
    assert data["options"][0]["values"]["cost"]["value"] == "0.0000"
    assert "per_million_tokens" not in data["options"][0]["costs"]
    assert data["accountability"] == []
    reasons = data["recommendation"]["reasons"]
    assert any(r.startswith("Own can't serve the demand from month 1 on") for r in reasons)
    assert not any(r.startswith("Over 12 months it costs") for r in reasons)
