"""The Herfindahl-Hirschman index: by hand, and by what must hold of it whatever it is of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assessments.portfolio.concentration import Concentration, Holder, Limit, concentration, herfindahl, limit_on, limits, merged

AMOUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)


def test_a_case_by_hand() -> None:
    # Shares of 30, 30, 20 and 20 per cent: 900 + 900 + 400 + 400.
    assert herfindahl([3, 3, 2, 2]) == 2600
    # Of 1, 1 and 1: three times (33.33...)², which is 3,333.33.
    assert herfindahl([1, 1, 1]) == 3333
    # 0.5 is rounded up: shares of 1/200 and 199/200 give 9,900.5.
    assert herfindahl([1, 199]) == 9901
    assert herfindahl([Decimal("12.50")]) == 10_000


def test_nothing_is_not_concentrated_and_less_than_nothing_is_refused() -> None:
    assert herfindahl([]) is None
    assert herfindahl([0, Decimal(0)]) is None
    with pytest.raises(ValueError, match="less than nothing"):
        herfindahl([1, -1])


@given(AMOUNTS)
def test_it_lies_between_equal_shares_and_one_holder(amounts: list[int]) -> None:
    found, holding = herfindahl(amounts), sum(1 for a in amounts if a)
    assert found is not None
    assert Decimal(10_000) / holding - 1 <= found <= 10_000
    assert (found == 10_000) or holding > 1


@given(AMOUNTS, st.integers(1, 1000), st.randoms())
def test_neither_scale_nor_order_matter(amounts: list[int], scale: int, chance: object) -> None:
    other = [a * scale for a in amounts]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert herfindahl(other) == herfindahl(amounts)


@given(AMOUNTS, st.data())
def test_two_holders_that_become_one_never_lower_it(amounts: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(amounts) - 1))
    joined = [amounts[0] + amounts[n], *(a for i, a in enumerate(amounts) if i not in (0, n))] if n else amounts
    assert herfindahl(joined) >= herfindahl(amounts)  # type: ignore[operator]


def test_of_the_limits_the_newest_that_was_known_counts() -> None:
    assert limit_on(date(2010, 1, 1)) is None
    old, new = limit_on(date(2023, 12, 17)), limit_on(date(2023, 12, 18))
    assert old and new
    assert (old.moderate_from, old.high_from, new.moderate_from, new.high_from) == (1500, 2500, 1000, 1800)
    assert [new.level(Decimal(n)) for n in (0, 999, 1000, 1799, 1800, 10_000)] == ["low", "low", "moderate", "moderate", "high", "high"]
    assert all(limit.source and limit.reference.startswith("https://") for limit in limits())


@pytest.mark.parametrize("wrong", [{"moderate_from": 1800}, {"high_from": 20_000}, {"verification": "sure"}, {"source": ""}, {"more": 1}])
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    right = limits()[-1].model_dump()
    with pytest.raises(ValidationError):
        Limit.model_validate(right | wrong)


def test_spellings_of_one_name_are_one_holder_and_the_largest_comes_first() -> None:
    found = merged([Holder("acme", 1, Decimal(5)), Holder("Mist  AI", 2), Holder("ACME", 3, Decimal(1)), Holder("mist ai", 1)])
    assert found == (Holder("ACME", 4, Decimal(6)), Holder("Mist  AI", 3))


def test_of_few_use_cases_it_is_high_however_they_are_spread() -> None:
    limit = limit_on(date(2026, 11, 1))
    assert limit
    assert [limit.in_reach(n) for n in (0, 1, 5, 6, 100)] == [
        False,
        False,
        False,
        True,
        True,
    ]  # 10,000 / 5 is 2,000, and 10,000 / 6 is 1,667
    assert concentration([1, 1, 1], limit) == Concentration(Decimal(3333), "high", True)
    assert concentration([6], limit) == Concentration(Decimal(10_000), "high", False)
    assert concentration([6], None) == Concentration(Decimal(10_000), "", False)
    assert concentration([], limit) == Concentration(None, "", False)
