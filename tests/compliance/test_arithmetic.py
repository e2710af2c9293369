"""The arithmetic that is offered beside questions. The golden figures are published or recomputed ones; where from is said at each."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.arithmetic import (
    error_budget,
    fine_tuning,
    in_parallel,
    in_series,
    incidents_allowed,
    incidents_of_shift,
    reporting_clocks,
    rota,
    staffed_seat,
    training_flop,
)
from compliance.releases import newest

CONSTANTS = newest().arithmetic


@pytest.mark.parametrize(
    ("availability", "minutes", "hours"),
    [
        ("99", "432", "87.6"),
        ("99.5", "216", "43.8"),
        ("99.9", "43.2", "8.76"),
        ("99.95", "21.6", "4.38"),
        ("99.99", "4.32", "0.876"),
        ("99.999", "0.432", "0.0876"),
    ],
)
def test_error_budgets_of_30_and_365_days(availability, minutes, hours):
    budget = error_budget(Decimal(availability), CONSTANTS)
    assert (budget.minutes_of_month, budget.hours_of_year) == (Decimal(minutes), Decimal(hours))


def test_availability_in_series_and_in_parallel():
    assert in_series([Decimal("0.995"), Decimal("0.999")]) == Decimal("0.994005")
    assert in_parallel([Decimal("0.995"), Decimal("0.999")]) == Decimal("0.999995")


def test_the_budget_of_99_9_bears_less_than_one_incident_of_an_hour():
    budget = error_budget(Decimal("99.9"), CONSTANTS).minutes_of_month
    assert incidents_allowed(budget, Decimal(60)) == Decimal("0.72")


@pytest.mark.parametrize("availability", ["-1", "100.1"])
def test_what_is_no_availability_is_refused(availability):
    with pytest.raises(ValueError, match="give 0 to 100"):
        error_budget(Decimal(availability), CONSTANTS)


@given(st.decimals(0, 100, places=4), st.decimals(0, 100, places=4))
def test_a_higher_availability_leaves_less(one, other):
    low, high = sorted([one, other])
    assert error_budget(high, CONSTANTS).minutes_of_month <= error_budget(low, CONSTANTS).minutes_of_month


def test_people_for_a_seat_round_the_clock():
    found = {hours: round(people, 2) for hours, people in staffed_seat(CONSTANTS)}
    assert found == {Decimal(1720): Decimal("5.09"), Decimal(1650): Decimal("5.31"), Decimal(1840): Decimal("4.76")}


def test_eight_people_on_one_site_or_six_on_each_of_two():
    eight = rota(8, 1, CONSTANTS)
    assert (eight.weeks_each, eight.share, eight.enough) == (Decimal(13), Decimal("0.25"), True)
    assert not rota(7, 1, CONSTANTS).enough
    assert rota(12, 2, CONSTANTS).enough
    assert not rota(11, 2, CONSTANTS).enough
    assert incidents_of_shift(CONSTANTS) == 2


def test_a_rota_of_nobody_is_refused():
    with pytest.raises(ValueError, match="at least one person"):
        rota(0, 1, CONSTANTS)


def test_a_third_of_the_original_compute_is_the_threshold():
    """Commission guidelines on general-purpose models, points 60 and 61: more than a third; 3.33e22 and 3.33e24 where it is unknown."""
    exactly = fine_tuning(Decimal("1E+24"), Decimal("3E+24"), False, CONSTANTS)
    assert exactly.share == Fraction(1, 3)
    assert not exactly.above
    assert fine_tuning(Decimal("1.0000000001E+24"), Decimal("3E+24"), False, CONSTANTS).above
    general = fine_tuning(Decimal("3.3E+22"), None, False, CONSTANTS)
    assert f"{general.threshold_flop:.2e}" == "3.33e+22"
    assert not general.above
    assert fine_tuning(Decimal("3.4E+22"), None, False, CONSTANTS).above
    systemic = fine_tuning(Decimal("3.4E+22"), None, True, CONSTANTS)
    assert f"{systemic.threshold_flop:.2e}" == "3.33e+24"
    assert not systemic.above


def test_light_tuning_stays_far_below():
    """8 billion active parameters on 50 million tokens: 6 × 8e9 × 5e7 = 2.4e18 FLOP."""
    flop = training_flop(Decimal("8E+9"), Decimal("5E+7"), CONSTANTS)
    assert flop == Decimal("2.4E+18")
    assert fine_tuning(flop, None, False, CONSTANTS).share < Fraction(1, 10_000)


def test_compute_below_nought_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        fine_tuning(Decimal(1), Decimal(0), False, CONSTANTS)


def test_the_clocks_of_an_incident():
    start = datetime(2026, 12, 24, 3, 0, tzinfo=UTC)
    due = {(d.clock, d.hours): d.by for d in reporting_clocks(start, CONSTANTS)}
    assert due["nis2-23", 24] == datetime(2026, 12, 25, 3, 0, tzinfo=UTC)
    assert due["nis2-23", 72] == due["gdpr-33", 72] == datetime(2026, 12, 27, 3, 0, tzinfo=UTC)
    assert due["ai-act-73", 360] == datetime(2027, 1, 8, 3, 0, tzinfo=UTC)
    hours = [d.hours for d in reporting_clocks(start, CONSTANTS)]
    assert hours == sorted(hours)
