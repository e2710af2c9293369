"""Break-even: hand-made staircases, and every volume tried one by one."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.break_even import TooManySteps, average_cost, crossing
from assessments.scoring.costs import MonthlyPlan
from tests.scoring.conftest import D


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


@settings(max_examples=150)
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
