"""How concentrated a portfolio is on few holders: the Herfindahl-Hirschman index against dated limits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compliance.catalogue.yamltree import parse

LIMITS = Path(__file__).parent / "concentration-limits.yaml"
WHOLE = 10_000  # the index of one holder of everything


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Strict):
    """From which index on (0 to 10,000) concentration is called moderate and high, as known from a day on."""

    known_from: date
    moderate_from: Annotated[int, Field(gt=0, lt=WHOLE)]
    high_from: Annotated[int, Field(gt=0, le=WHOLE)]
    source: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]
    verification: Literal["primary", "secondary", "to_check", "judgement"]

    @model_validator(mode="after")
    def in_order(self) -> Limit:
        if self.moderate_from >= self.high_from:
            raise ValueError("moderate_from must be below high_from")
        return self

    def level(self, index: Decimal) -> str:
        """``low``, ``moderate`` or ``high``; each limit belongs to the graver side."""
        return "high" if index >= self.high_from else "moderate" if index >= self.moderate_from else "low"

    def in_reach(self, count: int) -> bool:
        """Whether so many use cases could be below high: they are where each has a holder of its own, which comes to WHOLE / count, rounded."""
        return count > 0 and (2 * WHOLE + count) // (2 * count) < self.high_from


class _File(_Strict):
    format: Literal["countersign/concentration-limits@1"]
    note: str
    limits: Annotated[tuple[Limit, ...], Field(min_length=1)]


@lru_cache(maxsize=1)
def limits() -> tuple[Limit, ...]:
    """The limits that come with the product, oldest first; raises ValueError for a file that can't be read."""
    return tuple(sorted(_File.model_validate(parse(LIMITS.read_text("utf-8")).plain()).limits, key=lambda limit: limit.known_from))


def limit_on(day: date) -> Limit | None:
    """The newest limit known on the day; None before the first."""
    return next((limit for limit in reversed(limits()) if limit.known_from <= day), None)


def herfindahl(amounts: Iterable[Decimal | int]) -> Decimal | None:
    """The index of what each holder has, 0 to 10,000, rounded half up to a whole; None where nobody has anything.

    Amounts may be on any one scale. Raises ValueError for one below 0.
    """
    held = [Fraction(amount) for amount in amounts]
    if any(amount < 0 for amount in held):
        raise ValueError("a holder can't have less than nothing")
    whole = sum(held)
    if not whole:
        return None
    exact = sum((amount / whole) ** 2 for amount in held) * WHOLE
    return Decimal(exact.numerator * 1000 // exact.denominator).scaleb(-3).quantize(Decimal(1), ROUND_HALF_UP)


@dataclass(frozen=True)
class Concentration:
    """The ``index`` by numbers of assessments, None where nobody holds any; its ``level``, empty where no limit is known; ``few``: of so few
    assessments it is high however they are spread, which is nothing to warn of."""

    index: Decimal | None
    level: str
    few: bool


def concentration(counts: Sequence[int], limit: Limit | None) -> Concentration:
    """Of what each holder has."""
    found = herfindahl(counts)
    if found is None or limit is None:
        return Concentration(found, "", False)
    return Concentration(found, limit.level(found), not limit.in_reach(sum(counts)))


@dataclass(frozen=True)
class Holder:
    """A provider or a model, with the number of assessments that rest on it and what those cost a year, as far as that is known."""

    name: str
    count: int
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Holdings:
    """``named``: each holder, largest first. ``unnamed``: assessments whose holder nobody has named, which may be one or many, so that nothing
    is said of their share. Costs are in ``currency``."""

    named: tuple[Holder, ...]
    unnamed: Holder
    currency: str


def merged(holders: Sequence[Holder]) -> tuple[Holder, ...]:
    """Those whose names differ in case and spaces alone as one, under the spelling that most use; the largest first."""
    alike: dict[str, list[Holder]] = {}
    for holder in holders:
        alike.setdefault(" ".join(holder.name.split()).casefold(), []).append(holder)
    found = [
        Holder(
            min(group, key=lambda h: (-h.count, h.name)).name.strip(),
            sum(h.count for h in group),
            sum((h.cost for h in group), Decimal(0)),
        )
        for group in alike.values()
    ]
    return tuple(sorted(found, key=lambda h: (-h.count, -h.cost, h.name.casefold())))
