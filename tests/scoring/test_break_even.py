"""Break-even: published cases, hand-made staircases, and every volume tried one by one."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.break_even import TooManySteps, average_cost, crossing
from assessments.scoring.costs import MonthlyPlan
from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import D, costs, demand, facts, option


def plan(price=0, minimum=0, replica=0, serves=None, least=1, fixed=0, one_off=0) -> MonthlyPlan:
    """``price`` per token, ``serves`` tokens a replica and month."""
    return MonthlyPlan(
        mix_tokens=D(1),
        mix_cost=D(price),
        minimum=D(minimum),
        replica_cost=D(replica),
        replica_tokens=None if serves is None else D(serves),
        peak_ratio=D(1),
        minimum_replicas=D(least),
        fixed=D(fixed),
        one_off=D(one_off),
    )


def tokens(first: MonthlyPlan, second: MonthlyPlan, months: int = 1):
    return crossing(first, second, months).tokens


def test_a_line_meets_a_fixed_cost():
    assert tokens(plan(price=2), plan(fixed=100)) == 50


def test_one_off_costs_count_by_the_month():
    assert tokens(plan(price=2), plan(one_off=1200), months=12) == 50


def test_a_minimum_fee_holds_until_it_is_used_up():
    assert tokens(plan(price=1, minimum=80), plan(fixed=100)) == 100
    assert tokens(plan(price=1, minimum=120), plan(fixed=100)) is None


def test_an_equality_without_a_change_of_order_is_none():
    # The minimum fee equals the other's cost up to 80 tokens, from where it is dearer: they never change places.
    found = crossing(plan(price=1, minimum=80), plan(fixed=80), 1)
    assert (found.tokens, found.cheaper) == (None, 1)


def test_touching_at_every_step_is_no_change_of_order():
    found = crossing(plan(price="0.5"), plan(replica=50, serves=100), 1)
    assert (found.tokens, found.cheaper) == (None, -1)


def test_equal_stretches_count_from_where_they_begin():
    # Cheaper up to 40 tokens (one replica), level with the second replica up to 80, dearer with the third.
    assert tokens(plan(replica=35, serves=40), plan(fixed=70)) == 40
    assert tokens(plan(price=1, minimum=50, fixed=10), plan(price=2)) == 30


def test_the_same_costs_have_none():
    found = crossing(plan(price=1, fixed=3), plan(price=1, fixed=3), 12)
    assert (found.tokens, found.cheaper) == (None, 0)


def test_one_that_is_cheaper_at_every_volume_has_none():
    found = crossing(plan(price=1, fixed=3), plan(price=2, fixed=4), 12)
    assert (found.tokens, found.cheaper) == (None, -1)


def test_a_staircase_is_crossed_within_a_step():
    # One replica costs 100 and serves 40 tokens; an API at 3 a token reaches 200 (two replicas) between 40 and 80.
    assert tokens(plan(price=3), plan(replica=100, serves=40)) == Fraction(100, 3)


def test_a_jump_over_the_other_line_counts_where_it_happens():
    # Cheaper while one replica is enough (50 a month), dearer from the second on (100): the step at 40 tokens is the change.
    assert tokens(plan(replica=50, serves=40), plan(fixed=70)) == 40


def test_a_staircase_of_many_steps_is_found_without_walking_them_all():
    # A step costs 1 and serves 1 token; an API costs 1.000001 a token: the staircase pays from about a million steps on.
    found = tokens(plan(price="1.000001"), plan(replica=1, serves=1, fixed=1))
    assert 999_999 <= found <= 2_000_002
    assert tokens(plan(price=1), plan(replica=1, serves=1, fixed=1)) is None


def test_a_search_that_can_not_end_says_so():
    # Two staircases of the same slope keep the difference between the same bounds for ever.
    with pytest.raises(TooManySteps):
        crossing(plan(replica=3, serves=3, fixed="6.5"), plan(replica=7, serves=7), 1)


PAN = [  # model, hardware $, electricity $ a month, million tokens a month; months to break even with GPT-5, Opus 4, Sonnet 4
    ("Kimi-K2", 240_000, "126.72", "506.9", ("69.29", "8.65", "44.04")),
    ("GLM-4.5", 90_000, "47.52", "253.4", ("51.51", "6.48", "32.85")),
    ("gpt-oss-120B", 30_000, "15.84", "139.4", ("30.88", "3.92", "19.77")),
    ("GLM-4.5-Air", 30_000, "15.84", "126.7", ("34.03", "4.31", "21.77")),
    ("EXAONE-32B", 2_000, "13.20", "126.7", ("2.26", "0.29", "1.45")),
    ("Qwen3-30B", 2_000, "13.20", "114.0", ("2.52", "0.32", "1.61")),
]
PRICES = [("1.25", "10"), ("15", "75"), ("3", "15")]


@pytest.mark.parametrize(("model", "hardware", "electricity", "volume", "months"), PAN, ids=[row[0] for row in PAN])
def test_pan_et_al(model, hardware, electricity, volume, months):
    """arXiv 2509.18101: a third of the tokens is input; hardware / (API − electricity) months at a volume.

    Ours asks the other way about: the volume at a number of months. At one month the break-even gives the API's price per token; with it the
    paper's number of months follows.
    """
    for (price_in, price_out), expected in zip(PRICES, months, strict=True):
        mix = demand(input_tokens_per_month=D(1_000_000), output_tokens_per_month=D(2_000_000), horizon_months=1)
        api = option("api")
        api = type(api)(
            **{**vars(api), "costs": costs(model_access={"input_price_per_million": price_in, "output_price_per_million": price_out})}
        )
        own = type(api)(**{**vars(api), "id": "own", "costs": costs(infrastructure={"one_off": hardware, "other_per_month": electricity})})
        result = evaluate(_small(), facts(api, own, demand=mix)).as_dict()
        at_one_month = Decimal(result["break_even"][0]["tokens_per_month"])
        price = (D(hardware) + D(electricity)) / at_one_month
        found = D(hardware) / (D(volume) * 1_000_000 * price - D(electricity))
        assert abs(found - D(expected)) < D("0.06")


def _small():
    from tests.scoring.conftest import release

    return release()


def test_localized_ai():
    """EUR 4,000 of hardware and 95 a month against 280 (500) a month pay back after 21.6 (9.9) months."""
    for monthly, last_month_dearer in ((280, 21), (500, 9)):
        own = costs(infrastructure={"one_off": 4000, "other_per_month": 95})
        api = costs(model_access={"minimum_per_month": monthly})
        for months, cheaper in ((last_month_dearer, "api"), (last_month_dearer + 1, "own")):
            one, two = option("api"), option("own")
            one, two = (type(one)(**{**vars(o), "costs": c}) for o, c in ((one, api), (two, own)))
            options = evaluate(_small(), facts(one, two, demand=demand(horizon_months=months))).as_dict()["options"]
            totals = {o["id"]: Decimal(o["costs"]["total"]["likely"]) for o in options}
            assert min(totals, key=totals.get) == cheaper


small_numbers = st.integers(0, 12)
plans = st.builds(
    plan,
    price=st.sampled_from(["0", "0.25", "0.5", "1", "1.5", "2", "3"]),
    minimum=small_numbers,
    replica=small_numbers,
    serves=st.sampled_from([None, 1, 2, 3, 5]),
    least=st.integers(0, 3),
    fixed=small_numbers,
    one_off=small_numbers,
)


@settings(max_examples=150, deadline=None)
@given(plans, plans)
def test_it_agrees_with_trying_volume_after_volume(first, second):
    def order(volume: Fraction) -> int:
        gap = average_cost(first, volume, 2) - average_cost(second, volume, 2)
        return (gap > 0) - (gap < 0)

    try:
        found = crossing(first, second, 2).tokens
    except TooManySteps:
        return
    tried = [Fraction(n, 6) for n in range(1, 25 * 6)]
    before = {order(v) for v in tried if found is None or v < found} - {0}
    assert len(before) <= 1  # no change of order before the one that was found
    if found is not None:
        near = Fraction(1, 10**6)
        earlier = before | {order(found - near)} - {0}
        after = next(o for n in range(10**4) if (o := order(found + near + Fraction(n, 7))))
        assert earlier == {-after} or earlier == {0} | {-after}


def test_plans_that_cost_the_same_up_to_a_volume_count_from_the_first_order_on():
    # Level up to 10 tokens (minimum fee), then the first is dearer; nothing ever changes back.
    found = crossing(plan(price=2, minimum=20), plan(price=1, minimum=20), 1)
    assert (found.tokens, found.cheaper) == (None, 1)
