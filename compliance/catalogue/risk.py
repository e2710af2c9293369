"""What the engine needs to say how sure a result is and what it risks: doubts by basis, spreads of weights, and scenarios of loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic.dataclasses import dataclass

from compliance.catalogue.kinds import STRICT, Condition, Id, Text


@dataclass(frozen=True, config=STRICT)
class Doubt:
    """Of an answer on ``basis`` the share (0 to 1) of its value that may turn out not to be there. It is never worth more than it claims."""

    basis: Literal["unsupported", "self_declared", "published", "contractual", "certified"]
    share: Decimal


@dataclass(frozen=True, config=STRICT)
class Robustness:
    """How weights and values are varied. Each stated weight is drawn between itself divided and multiplied by ``weight_factor`` (1 or more),
    evenly on a logarithmic scale; each value between what is claimed and that less its ``doubts``, evenly."""

    weight_factor: Decimal
    doubts: tuple[Doubt, ...]
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class Frequency:
    """Events a year: a PERT range, 0 <= low <= likely <= high."""

    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True, config=STRICT)
class LossChange:
    """Where ``when`` holds, events are ``frequency`` times as frequent and ``magnitude`` times as costly.

    One that relieves (no factor above 1) counts only where it certainly holds; one that burdens (none below 1) as long as it can't be ruled
    out: what isn't answered relieves nobody.
    """

    id: Id
    title: Text
    when: Condition
    sources: tuple[Id, ...]
    frequency: Decimal = Decimal(1)
    magnitude: Decimal = Decimal(1)


@dataclass(frozen=True, config=STRICT)
class Transfer:
    """Where ``when`` certainly holds, somebody else bears ``share`` (0 to 1) of each event's cost, up to ``cap_months`` of the option's fee for
    access to the model (no cap where it is left out). Of several the first that holds counts; where an earlier one may hold for want of an answer,
    the one of them that bears least."""

    id: Id
    title: Text
    when: Condition
    share: Decimal
    sources: tuple[Id, ...]
    cap_months: Decimal | None = None


@dataclass(frozen=True, config=STRICT)
class LossScenario:
    """An event that costs money, in the manner of FAIR: how often in a year, and what one costs.

    The cost of one event is lognormal. Its median is the answer to ``question`` (a number, in the demand's currency), or while that is
    missing ``likely`` in the catalogue's base currency; 90 % of events cost between the median divided by ``spread`` and multiplied by it.
    ``when`` says for which options it can happen (empty: all); it counts as long as that can't be ruled out.
    """

    id: Id
    title: Text
    description: Text
    question: Id
    frequency: Frequency
    likely: Decimal
    spread: Decimal
    sources: tuple[Id, ...]
    when: Condition | None = None
    changes: tuple[LossChange, ...] = ()
    transfers: tuple[Transfer, ...] = ()
