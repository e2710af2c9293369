"""What a catalogue is made of: frozen dataclasses, checked by pydantic when they are built.

The same classes describe the YAML under ``compliance/content/`` and the compiled release, so there is one schema. Every text that a person
sees is addressed by the id of its owner and the name of its field (``texts.py``).
"""

from __future__ import annotations

from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from compliance.catalogue.kinds import (
    STRICT,
    CategoryId,
    Condition,
    Currency,
    Id,
    QuestionType,
    Role,
    Scope,
    Severity,
    Sourcing,
    Text,
    Verification,
)
from compliance.catalogue.law import ClassHeading, ClassRule, DatedChange, Obligation, Proposal
from compliance.catalogue.reference import Arithmetic, Benchmark, Named, Price, Published, Scenario, Staleness
from compliance.catalogue.risk import LossScenario, Robustness

__all__ = [
    "Anchors", "Appetite", "Archetype", "Band", "Choice", "ClassHeading", "ClassRule", "CostCategory", "CostDefault", "CostField", "Criterion",
    "DatedChange", "Exchange", "ExchangeRate", "Measure", "Obligation", "Profile", "Proposal", "Question", "Questionnaire", "Recommendation",
    "Release", "Rule", "Section", "Source",
]  # fmt: skip

# The unit of an amount in the demand's currency, now and up to release 3.
MONEY = ("the demand's currency", "units of the demand's currency")


@dataclass(frozen=True, config=STRICT)
class Source:
    """Where a fact comes from, when it was read, and how far it was verified.

    ``verified``: ``primary`` (the primary text or a verbatim copy was read), ``secondary`` (a guide, blog or note), ``computed`` (recomputed
    from stated inputs), ``to_check`` (general knowledge; shown as something to check) or ``judgement`` (Countersign's own).
    """

    id: Id
    title: Text
    read_on: date
    verified: Verification
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, config=STRICT)
class Choice:
    """One answer to a choice question; ``value`` is 0 (worst) to 1 (best), absent where the question isn't scored."""

    id: Id
    text: Text
    value: Annotated[Decimal, "0 to 1"] | None = None
    help: str = ""


@dataclass(frozen=True, config=STRICT)
class Anchors:
    """The value of a typed number: 0 at ``worst``, 1 at ``best``, between them linear or on a logarithmic scale, clipped outside."""

    worst: Decimal
    best: Decimal
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True, config=STRICT)
class Band:
    """A range of a typed number, by whose id conditions read it: from the former band's ``below`` up to, not including, its own.

    The bands stand in ascending order and leave no gap; the last one has no ``below``.
    """

    id: Id
    text: Text
    below: Decimal | None = None


def variable_of(question: str) -> str:
    """What CEL conditions call the question of this id: ``ai-act.eu-nexus`` is ``ai_act_eu_nexus``."""
    return question.replace(".", "_").replace("-", "_")


@dataclass(frozen=True, config=STRICT)
class Question:
    """``scope`` says whether it is asked once (``use_case``) or of each option; ``when`` is a CEL condition over questions of choices and
    over numbers that have ``bands``; ``answered_by`` is the profession that can usually answer; a question is scored when it has a
    ``criterion`` and a ``weight`` above 0. ``of_organisation``: its answer is kept with the organisation and offered in each assessment.
    ``calculator`` names the arithmetic that the page offers beside it (``compliance/arithmetic.py``)."""

    id: Id
    scope: Scope
    type: QuestionType
    text: Text
    why: Text
    answered_by: Literal["risk", "legal", "security", "data-protection", "sre", "ml", "finance", "product", "procurement"]
    sources: tuple[Id, ...]
    help: str = ""
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    anchors: Anchors | None = None
    criterion: Id | None = None
    weight: Decimal = Decimal(0)
    not_applicable: bool = False
    when: Condition | None = None
    bands: tuple[Band, ...] = ()
    of_organisation: bool = False
    calculator: Literal["error-budget", "fine-tuning", "rota", "seat", "reporting-clocks"] | None = None

    @property
    def readable(self) -> bool:
        """Whether conditions can read it: what they can reach is then a matter of search."""
        return self.type in ("choice", "choices") or bool(self.bands)

    def band_of(self, figure: Decimal) -> str:
        """The id of the band that ``figure`` falls in; the question has bands."""
        return next(band.id for band in self.bands if band.below is None or figure < band.below)

    @property
    def money(self) -> bool:
        """Whether it asks for an amount in the demand's currency."""
        return self.unit in MONEY

    def measured(self, figure: str, currency: str = "") -> str:
        """A figure with its unit; an amount of money behind its currency, where that is known."""
        if self.money:
            return f"{currency} {figure}" if currency else f"{figure} in the demand's currency"
        return f"{figure} {self.unit}".strip()

    @property
    def variable(self) -> str:
        """The name that CEL conditions use."""
        return variable_of(self.id)

    @property
    def scored(self) -> bool:
        return self.criterion is not None and self.weight > 0


@dataclass(frozen=True, config=STRICT)
class Section:
    id: Id
    title: Text
    questions: tuple[Question, ...]
    intro: str = ""


@dataclass(frozen=True, config=STRICT)
class Questionnaire:
    id: Id
    title: Text
    intro: Text
    sections: tuple[Section, ...]


@dataclass(frozen=True, config=STRICT)
class Measure:
    """What a criterion takes from the cost figures rather than from answers.

    ``monthly_cost``: the average monthly cost against the budget, or without one the cost per million tokens against ``anchors``;
    ``weeks_to_production``: against ``anchors``. ``weight`` is relative to the weights of the criterion's questions.
    """

    of: Literal["monthly_cost", "weeks_to_production"]
    anchors: Anchors
    weight: Decimal
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class Criterion:
    id: Id
    title: Text
    description: Text
    measure: Measure | None = None


@dataclass(frozen=True, config=STRICT)
class Archetype:
    """A kind of use case: its profile of weights (by criterion, any positive scale) and the sourcing it usually leans to, with the reason."""

    id: Id
    title: Text
    description: Text
    lean: Literal["closed", "open"]
    lean_reason: Text
    weights: dict[Id, Decimal]
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class Profile:
    """A named set of weights that an assessment can choose in place of its archetype's."""

    id: Id
    title: Text
    description: Text
    weights: dict[Id, Decimal]


@dataclass(frozen=True, config=STRICT)
class Rule:
    """A finding that answers show. ``when`` in CEL; a blocker makes its option inadmissible, and one with no ``acceptable_by`` can't be accepted.

    ``scope``: ``option`` rules are read for each option (they may use the use case's variables too); ``use_case`` rules once, and count for
    every option.
    """

    id: Id
    scope: Scope
    when: Condition
    severity: Severity
    title: Text
    message: Text
    question: Id
    sources: tuple[Id, ...]
    blocker: bool = False
    acceptable_by: Role | None = None
    obligations: tuple[Id, ...] = ()


@dataclass(frozen=True, config=STRICT)
class ExchangeRate:
    """On ``on``, one unit of ``currency`` was worth ``rate`` units of the catalogue's base currency."""

    currency: Currency
    on: date
    rate: Decimal
    sources: tuple[Id, ...]


@dataclass(frozen=True, config=STRICT)
class Exchange:
    base: Currency
    rates: tuple[ExchangeRate, ...]


@dataclass(frozen=True, config=STRICT)
class Appetite:
    """The thresholds that hold where the appetite question is answered with ``choice``."""

    choice: Id
    clear_margin: Decimal
    leaning_margin: Decimal
    clear_completeness: Decimal
    clear_acceptability: Decimal | None = None
    leaning_acceptability: Decimal | None = None


@dataclass(frozen=True, config=STRICT)
class Recommendation:
    """When the first option is recommended, and how firmly: margins in score points (0 to 100), completeness 0 to 1, and acceptability, the
    share (0 to 1) of the drawn weights and values under which it comes first (not asked where left out).

    ``by_appetite`` gives other thresholds by the answer to ``appetite_question``, the organisation's risk appetite.
    """

    clear_margin: Decimal
    leaning_margin: Decimal
    clear_completeness: Decimal
    sources: tuple[Id, ...]
    appetite_question: Id | None = None
    clear_acceptability: Decimal | None = None
    leaning_acceptability: Decimal | None = None
    by_appetite: tuple[Appetite, ...] = ()


@dataclass(frozen=True, config=STRICT)
class CostDefault:
    """A default that holds for some sourcings; ``currency`` empty where the figure is no money."""

    sourcings: tuple[Sourcing, ...]
    on: date
    sources: tuple[Id, ...]
    likely: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = ""
    note: str = ""


@dataclass(frozen=True, config=STRICT)
class CostField:
    """Guidance for one cost key of the assessment file: what to enter, and a dated default where a source gives one.

    ``low``, ``likely`` and ``high`` hold for every sourcing that ``defaults`` doesn't name.
    """

    key: CategoryId
    text: Text
    unit: Text
    sources: tuple[Id, ...]
    help: str = ""
    low: Decimal | None = None
    likely: Decimal | None = None
    high: Decimal | None = None
    on: date | None = None
    defaults: tuple[CostDefault, ...] = ()


@dataclass(frozen=True, config=STRICT)
class CostCategory:
    """One of the nine categories of the deployment tax; its id is the key of the assessment file (``model_access``)."""

    id: CategoryId
    title: Text
    closed: Text
    open: Text
    fields: tuple[CostField, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Release:
    """One immutable version of the catalogue: all that an evaluation needs."""

    format: Literal["countersign/catalogue@1"]
    key: Id
    version: int
    title: Text
    published_on: date
    sources: tuple[Source, ...]
    criteria: tuple[Criterion, ...]
    archetypes: tuple[Archetype, ...]
    questionnaires: tuple[Questionnaire, ...]
    rules: tuple[Rule, ...]
    class_headings: tuple[ClassHeading, ...]
    class_rules: tuple[ClassRule, ...]
    obligations: tuple[Obligation, ...]
    exchange: Exchange
    recommendation: Recommendation
    cost_categories: tuple[CostCategory, ...]
    profiles: tuple[Profile, ...] = ()
    roles_question: Id = "ai-act.roles"
    notes: dict[str, str] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    providers: tuple[Named, ...] = ()
    models: tuple[Named, ...] = ()
    published: tuple[Published, ...] = ()
    prices: tuple[Price, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    staleness: Staleness | None = None
    scenarios: tuple[Scenario, ...] = ()
    arithmetic: Arithmetic | None = None
    robustness: Robustness | None = None
    losses: tuple[LossScenario, ...] = ()

    @property
    def name(self) -> str:
        """``key@version``, by which a release is asked for."""
        return f"{self.key}@{self.version}"
