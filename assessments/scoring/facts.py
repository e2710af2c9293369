"""The plain facts that an evaluation reads: frozen, without a database, the same whether they come from a file or from the service.

Figures are Decimals; ``None`` stands for what nobody has given. A response that is missing and one in state ``unknown`` count alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

State = Literal["answered", "unknown", "not_applicable"]
Basis = Literal["unsupported", "self_declared", "published", "contractual", "certified"]
Sourcing = Literal["closed_api", "managed_open", "self_hosted_open", "on_device_open"]
Value = str | tuple[str, ...] | Decimal | date | None

BASES: tuple[str, ...] = ("unsupported", "self_declared", "published", "contractual", "certified")
SOURCINGS: tuple[str, ...] = ("closed_api", "managed_open", "self_hosted_open", "on_device_open")
OWN_SOURCINGS = ("self_hosted_open", "on_device_open")  # whoever takes one runs the model itself
MAX_OPTIONS = 20


@dataclass(frozen=True)
class Evidence:
    """A file that a response rests on: its path relative to the assessment file, and the hex SHA-256 of its bytes ("" if not given)."""

    file: str
    sha256: str = ""


@dataclass(frozen=True)
class Response:
    """One answer. ``value``, by the question's type: a choice id, a tuple of them, a Decimal, a date or a text; None unless answered."""

    value: Value = None
    state: State = "answered"
    basis: Basis = "unsupported"
    note: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Range:
    """A figure with its uncertainty: ``low <= likely <= high``; all three equal for a single number."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @classmethod
    def single(cls, figure: Decimal) -> Range:
        return cls(figure, figure, figure)

    @property
    def certain(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True)
class Budget:
    """Anchors of the cost criterion, in the demand's currency: a month at the target is worth 1, at the limit 0."""

    target_per_month: Decimal
    limit_per_month: Decimal


@dataclass(frozen=True)
class Demand:
    """How much the use case asks for. None is unknown; ``cached_share`` and ``peak_ratio`` have defaults of the format instead.

    Tokens are counts a month, shares and rates fractions (0.2 is 20 %), ``horizon_months`` a whole number from 1.
    """

    currency: str | None = None
    input_tokens_per_month: Decimal | None = None
    output_tokens_per_month: Decimal | None = None
    cached_share: Decimal = Decimal(0)
    peak_ratio: Decimal = Decimal(1)
    growth_per_year: Decimal | None = None
    horizon_months: int | None = None
    discount_rate: Decimal | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class Costs:
    """Cost figures of one option by category and key of the format. An absent category is unknown, an empty one costs nothing.

    ``currency`` None: the demand's.
    """

    currency: str | None = None
    categories: Mapping[str, Mapping[str, Range]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fallback:
    """A second model that an option holds ready behind its primary, as part of the option itself."""

    sourcing: Sourcing
    provider: str = ""
    model: str = ""


@dataclass(frozen=True)
class OptionFacts:
    """One way to source the model; ``responses`` by question id. With a ``fallback`` it is a combined option, scored as one."""

    id: str
    sourcing: Sourcing
    name: str = ""
    provider: str = ""
    model: str = ""
    responses: Mapping[str, Response] = field(default_factory=dict)
    costs: Costs = Costs()
    fallback: Fallback | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Facts:
    """One assessment. ``weights``: ``"archetype"``, the name of a profile, or a weight (0 or more) by criterion."""

    as_of: date
    options: tuple[OptionFacts, ...]
    title: str = ""
    use_case_name: str = ""
    purpose: str = ""
    archetype: str | None = None
    responses: Mapping[str, Response] = field(default_factory=dict)
    demand: Demand = Demand()
    weights: str | Mapping[str, Decimal] = "archetype"
