"""What an evaluation found for one option, and between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assessments.scoring.answers import Sheet
from assessments.scoring.cost_draws import CostDraws
from assessments.scoring.costs import OptionCosts
from assessments.scoring.facts import OptionFacts
from assessments.scoring.loss import OptionLoss
from assessments.scoring.rules import Finding
from assessments.scoring.values import CriterionValue, Score
from compliance.classification import Duty


@dataclass(frozen=True)
class OptionResult:
    """One option; ``criteria`` in catalogue order, without those that have nothing applicable; ``findings`` with the use case's first;
    ``duties`` are the obligations that its own answers show met or open; ``cost_draws`` and ``loss`` as far as they were drawn."""

    facts: OptionFacts
    sheet: Sheet
    criteria: Mapping[str, CriterionValue]
    score: Score
    findings: tuple[Finding, ...]
    costs: OptionCosts
    duties: tuple[Duty, ...] = ()
    cost_draws: CostDraws = field(default_factory=CostDraws)
    loss: OptionLoss | None = None

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.blocks)

    @property
    def admissible(self) -> bool:
        return not self.blockers

    @property
    def excluded(self) -> bool:
        """Certainly inadmissible: no answer that is still open can lift every blocker."""
        return any(f.certain for f in self.blockers)

    def contribution(self, criterion: str) -> Decimal:
        """What a criterion adds to the score, as a share of 1."""
        value = self.criteria.get(criterion)
        return self.score.weights[criterion] * value.value if value else Decimal(0)


@dataclass(frozen=True)
class ManagedPrice:
    """What a host asks by its published prices for a million tokens of a model, at the demand's mix and in its currency; tokens alone."""

    provider: str
    name: str
    model: str
    per_million: Decimal
    on: date
    source: str


@dataclass(frozen=True)
class BreakEven:
    """Between two options, by their ids, or of one against a ``managed`` price: tokens a month, or None and the reason; and how many replicas
    an option runs there."""

    between: tuple[str, ...]
    tokens: Decimal | None
    reason: str = ""
    managed: ManagedPrice | None = None
    replicas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recommendation:
    """``outcome``: clear, leaning, too_close or none_admissible; ``option`` is the leader's id, None where none is admissible. ``backed_by``:
    for each reason the keys of the numbers in the trace that it rests on."""

    outcome: str
    option: str | None
    reasons: tuple[str, ...]
    backed_by: tuple[tuple[str, ...], ...] = ()
