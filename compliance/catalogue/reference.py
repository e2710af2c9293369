"""Reference data: what vendors, licences and price lists say, dated and with its source; and the scenarios that vary an assessment."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from decimal import Decimal

from pydantic.dataclasses import dataclass

from compliance.catalogue.kinds import STRICT, CategoryId, Id, Sourcing, Text


@dataclass(frozen=True, config=STRICT)
class Named:
    """A provider or a model that published values are kept of; an option that writes one of the names means it.

    A model's names are beginnings: "Llama 4" is meant by "Llama 4 Maverick 17B" too, and the longest beginning counts.
    """

    id: Id
    name: Text
    sources: tuple[Id, ...]
    aliases: tuple[Text, ...] = ()
    note: str = ""


@dataclass(frozen=True, config=STRICT)
class Published:
    """What ``source`` said on day ``on`` about a provider, a model or both, as an answer to ``question``.

    ``value``: a choice id, a number as text, or several choice ids. ``sourcings`` empty: any.
    """

    question: Id
    value: str | tuple[str, ...]
    on: date
    source: Id
    note: Text
    provider: Id | None = None
    model: Id | None = None
    sourcings: tuple[Sourcing, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Price:
    """A published figure for a cost key; ``currency`` empty where the figure is no money."""

    category: CategoryId
    key: CategoryId
    likely: Decimal
    on: date
    source: Id
    note: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = ""
    provider: Id | None = None
    model: Id | None = None
    hardware: str = ""
    sourcings: tuple[Sourcing, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Benchmark:
    """How far the best open model was behind the best closed one, in per cent, by somebody's account of day ``on``; ``question`` asks the
    buyer's own measurement."""

    category: Text
    examples: Text
    low: Decimal
    high: Decimal
    on: date
    source: Id
    question: Id


@dataclass(frozen=True, config=STRICT)
class Staleness:
    """After how many days a published value is shown as out of date."""

    terms_days: int
    prices_days: int
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class AnswerChange:
    """``question`` is answered with ``value`` in every option of ``sourcings`` (empty: all), or once for the use case."""

    question: Id
    value: str | tuple[str, ...]
    sourcings: tuple[Sourcing, ...] = ()


@dataclass(frozen=True, config=STRICT)
class PriceChange:
    """The figure ``category``.``key`` is multiplied by ``factor`` in every option of ``sourcings`` (empty: all)."""

    category: CategoryId
    key: CategoryId
    factor: Decimal
    sourcings: tuple[Sourcing, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Scenario:
    """A named change of answers, weights or prices: what would the assessment say then? ``weights`` multiplies criteria's weights."""

    id: Id
    title: Text
    description: Text
    sources: tuple[Id, ...]
    answers: tuple[AnswerChange, ...] = ()
    weights: dict[Id, Decimal] = field(default_factory=dict)
    prices: tuple[PriceChange, ...] = ()


@dataclass(frozen=True, config=STRICT)
class ClockStep:
    """What is due ``hours`` after the clock starts."""

    id: Id
    text: Text
    hours: int


@dataclass(frozen=True, config=STRICT)
class Clock:
    """By when an incident must be reported; the clock starts with ``starts``."""

    id: Id
    instrument: Text
    reference: Text
    starts: Text
    steps: tuple[ClockStep, ...]
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class Arithmetic:
    """The constants of the calculators (``compliance/arithmetic.py``), each with its sources.

    Computing power in FLOP, as a factor times a power of ten; a share as numerator and denominator, since a third is no decimal.
    """

    sources: tuple[Id, ...]
    budget_days: Decimal
    budget_year_days: Decimal
    hours_of_year: Decimal
    productive_hours: tuple[Decimal, ...]
    rota_weeks: Decimal
    rota_roles: Decimal
    rota_share_limit: Decimal
    rota_one_site: int
    rota_per_site: int
    incident_hours: Decimal
    shift_hours: Decimal
    share_numerator: int
    share_denominator: int
    flop_general: Decimal
    flop_systemic: Decimal
    flop_per_parameter_and_token: Decimal
    clocks: tuple[Clock, ...]
