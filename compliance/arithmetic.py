"""The arithmetic that the catalogue offers beside some questions. Pure; the constants are the release's (``arithmetic.yaml``).

Sources: error budgets and staffed seats are plain algebra; rotas follow Google's SRE book, "Being On-Call"; the share of training compute
follows the Commission's guidelines on general-purpose AI models, points 60 and 61.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from compliance.catalogue.reference import Arithmetic

MINUTES_OF_DAY, HOURS_OF_DAY = Decimal(1440), Decimal(24)
HUNDRED, ONE = Decimal(100), Decimal(1)


@dataclass(frozen=True)
class Budget:
    """What an availability leaves: minutes in the convention's month, hours in its year."""

    minutes_of_month: Decimal
    hours_of_year: Decimal


def error_budget(availability: Decimal, constants: Arithmetic) -> Budget:
    """(1 − a) × period, for an availability in per cent (0 to 100). Raises ValueError outside."""
    if not 0 <= availability <= HUNDRED:
        raise ValueError(f"{availability} % is no availability; give 0 to 100")
    down = (HUNDRED - availability) / HUNDRED
    return Budget(down * constants.budget_days * MINUTES_OF_DAY, down * constants.budget_year_days * HOURS_OF_DAY)


def in_series(availabilities: Sequence[Decimal]) -> Decimal:
    """The availability (0 to 1) of services that must all work: their product."""
    total = ONE
    for one in availabilities:
        total *= one
    return total


def in_parallel(availabilities: Sequence[Decimal]) -> Decimal:
    """Of services of which one must work: 1 − Π(1 − a). Holds only for independent failures and an instant switch."""
    down = ONE
    for one in availabilities:
        down *= ONE - one
    return ONE - down


def incidents_allowed(budget_minutes: Decimal, minutes_each: Decimal) -> Decimal:
    """How many incidents a month a budget bears when each takes ``minutes_each`` to restore. Raises ValueError for 0 or less."""
    if minutes_each <= 0:
        raise ValueError("an incident takes some time; give more than 0 minutes")
    return budget_minutes / minutes_each


def staffed_seat(constants: Arithmetic) -> tuple[tuple[Decimal, Decimal], ...]:
    """(productive hours a year, people) for one seat staffed round the clock: hours of the year ÷ hours of a person."""
    return tuple((hours, constants.hours_of_year / hours) for hours in constants.productive_hours)


@dataclass(frozen=True)
class Rota:
    """A rota of weekly shifts: weeks a year that each person is on call in all roles together, its share of the year, and whether people and
    sites reach published practice. ``wanted`` is the least number of people in all."""

    weeks_each: Decimal
    share: Decimal
    wanted: int
    enough: bool


def rota(people: int, sites: int, constants: Arithmetic) -> Rota:
    """One in N holds 52 ÷ N weeks in each role. Raises ValueError for fewer than one person or site."""
    if people < 1 or sites < 1:
        raise ValueError("a rota has at least one person and one site")
    weeks = constants.rota_weeks / people * constants.rota_roles
    wanted = constants.rota_one_site if sites == 1 else constants.rota_per_site * sites
    return Rota(weeks, weeks / constants.rota_weeks, wanted, people >= wanted)


def incidents_of_shift(constants: Arithmetic) -> Decimal:
    """How many incidents a shift bears with cause, repair and review."""
    return constants.shift_hours / constants.incident_hours


@dataclass(frozen=True)
class FineTuning:
    """``share``: of the compute compared with, exact. ``above``: more than the threshold, so the modifier is a provider of the model."""

    modification_flop: Decimal
    compared_with_flop: Decimal
    threshold_flop: Decimal
    share: Fraction
    above: bool


def fine_tuning(modification_flop: Decimal, original_flop: Decimal | None, systemic: bool, constants: Arithmetic) -> FineTuning:
    """Whether further training counts as a significant change: more than a third of the original's training compute.

    ``original_flop`` None: unknown; then the compute that makes a model general-purpose stands for it, or that which presumes systemic risk.
    Raises ValueError for compute of 0 or less.
    """
    compared = original_flop if original_flop is not None else constants.flop_systemic if systemic else constants.flop_general
    if modification_flop < 0 or compared <= 0:
        raise ValueError("training compute is a number of FLOP above 0")
    share = Fraction(modification_flop) / Fraction(compared)
    limit = Fraction(constants.share_numerator, constants.share_denominator)
    with localcontext(prec=28):
        threshold = compared * constants.share_numerator / constants.share_denominator
    return FineTuning(modification_flop, compared, threshold, share, share > limit)


def training_flop(active_parameters: Decimal, tokens: Decimal, constants: Arithmetic) -> Decimal:
    """A rule of thumb, to be checked: 6 × active parameters × training tokens."""
    return constants.flop_per_parameter_and_token * active_parameters * tokens


@dataclass(frozen=True)
class Due:
    """``by``: when the step is due, in the time zone of the start."""

    clock: str
    instrument: str
    reference: str
    text: str
    hours: int
    by: datetime


def reporting_clocks(start: datetime, constants: Arithmetic) -> tuple[Due, ...]:
    """When each report is due if every clock starts at ``start``, the earliest first."""
    found = [
        Due(clock.id, clock.instrument, clock.reference, step.text, step.hours, start + timedelta(hours=step.hours))
        for clock in constants.clocks
        for step in clock.steps
    ]
    return tuple(sorted(found, key=lambda due: (due.hours, due.clock)))
