"""From the database to plain facts, and from facts to an evaluation."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.utils import timezone

from assessments.figures import COST_FIGURES
from assessments.models import Assessment, Figure, Option, State
from assessments.models import Evidence as EvidenceRow
from assessments.models import Response as Row
from assessments.scoring.answers import Asked
from assessments.scoring.evaluate import Evaluation, evaluate
from assessments.scoring.facts import Budget, Costs, Demand, Evidence, Facts, Fallback, OptionFacts, Range, Response
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release
from compliance.releases import by_name

DEMAND = "demand"
BUDGET_KEYS = ("budget_target_per_month", "budget_limit_per_month")


def release_of(assessment: Assessment) -> Release:
    """The release that the assessment is pinned to; LookupError where it isn't installed, ValueError where it isn't the same any more."""
    release = by_name(assessment.catalogue)
    if index(release).digest != assessment.catalogue_digest:
        raise ValueError(f"the installed release {assessment.catalogue} isn't the one that this assessment was started on")
    return release


class Rows(Protocol):
    """An assessment's rows, read already; ``assessments.progress.Standing`` has them."""

    options: list[Option]
    responses: dict[tuple[int | None, str], Row]
    figures: dict[tuple[int | None, str, str], Figure]


def evaluate_assessment(assessment: Assessment, rows: Rows | None = None) -> Evaluation:
    """The evaluation of the assessment as it stands in the database now; ``rows``: its rows, where a page has just read them."""
    return evaluate(release_of(assessment), facts_of(assessment, rows))


def asked_of(evaluation: Evaluation, question: str, option: str | None = None) -> Asked:
    """How a question stands, of the use case or of the option with that id: whether it is asked, and the answer that counts."""
    sheet = evaluation.sheet if option is None else next(o.sheet for o in evaluation.options if o.facts.id == option)
    return sheet.asked[question]


def facts_of(assessment: Assessment, rows: Rows | None = None) -> Facts:
    """All that decides, gathered in four queries; in one where ``rows`` is given."""
    release = release_of(assessment)
    questions = index(release).questions
    responses: dict[int | None, dict[str, Response]] = defaultdict(dict)
    files: dict[int, list[Evidence]] = defaultdict(list)
    held = EvidenceRow.objects.filter(response__assessment=assessment).order_by("uploaded_at", "id")
    for response_id, name, sha256 in held.values_list("response_id", "name", "sha256"):
        files[response_id].append(Evidence(file=name, sha256=sha256))
    for row in sorted(rows.responses.values(), key=lambda row: row.question) if rows else assessment.responses.order_by("question"):
        if row.question in questions and (response := response_facts(questions[row.question], row, tuple(files[row.pk]))):
            responses[row.option_id][row.question] = response
    figures: dict[int | None, dict[str, dict[str, Figure]]] = defaultdict(lambda: defaultdict(dict))
    for figure in rows.figures.values() if rows else assessment.figures.all():
        figures[figure.option_id][figure.category][figure.key] = figure
    options = rows.options if rows else assessment.options.all()
    weights: Any = assessment.weights
    if isinstance(weights, dict):
        weights = {criterion: Decimal(weight) for criterion, weight in weights.items()}
    return Facts(
        as_of=assessment.as_of or timezone.now().date(),
        title=assessment.title,
        use_case_name=assessment.use_case.name,
        purpose=assessment.use_case.purpose,
        archetype=assessment.use_case.archetype,
        responses=responses[None],
        demand=demand_facts(assessment.currency, figures[None][DEMAND]),
        weights=weights,
        options=tuple(option_facts(option, responses[option.pk], figures[option.pk]) for option in options),
    )


def option_facts(option: Option, responses: dict[str, Response], figures: dict[str, dict[str, Figure]]) -> OptionFacts:
    categories = {
        category: {key: range_of(figures[category][key]) for key in specs if key in figures[category]}
        for category, specs in COST_FIGURES.items()
        if category in figures
    }
    return OptionFacts(
        id=option.key,
        name=option.name,
        sourcing=option.sourcing,  # type: ignore[arg-type]
        provider=option.provider,
        model=option.model,
        fallback=fallback_facts(option),
        responses=responses,
        costs=Costs(currency=option.currency or None, categories=categories),
    )


def fallback_facts(option: Option) -> Fallback | None:
    if not option.fallback_sourcing:
        return None
    return Fallback(option.fallback_sourcing, option.fallback_provider, option.fallback_model)  # type: ignore[arg-type]


def response_facts(question: Question, row: Row, evidence: tuple[Evidence, ...]) -> Response | None:
    """A stored response as a fact; None where nothing was answered."""
    if row.state == State.UNANSWERED:
        return None
    value: Any = None
    if row.state == State.ANSWERED:
        value = typed(question, row.value)
    return Response(value=value, state=row.state, basis=row.basis, note=row.note, evidence=evidence)  # type: ignore[arg-type]


def typed(question: Question, stored: Any) -> str | tuple[str, ...] | Decimal | date:
    """A stored value in the type of its question."""
    match question.type:
        case "choices":
            return tuple(stored)
        case "number":
            return Decimal(stored)
        case "date":
            return date.fromisoformat(stored)
    return str(stored)


def demand_facts(currency: str, figures: dict[str, Figure]) -> Demand:
    def likely(key: str) -> Decimal | None:
        return exact(figures[key].likely) if key in figures else None

    target, limit = (likely(key) for key in BUDGET_KEYS)
    horizon = likely("horizon_months")
    return Demand(
        currency=currency or None,
        input_tokens_per_month=likely("input_tokens_per_month"),
        output_tokens_per_month=likely("output_tokens_per_month"),
        cached_share=likely("cached_share") or Decimal(0),
        peak_ratio=likely("peak_ratio") or Decimal(1),
        growth_per_year=likely("growth_per_year"),
        horizon_months=int(horizon) if horizon is not None else None,
        discount_rate=likely("discount_rate"),
        budget=Budget(target, limit) if target is not None and limit is not None else None,
    )


def range_of(figure: Figure) -> Range:
    if figure.low is None or figure.high is None:
        return Range.single(exact(figure.likely))
    return Range(exact(figure.low), exact(figure.likely), exact(figure.high))


def exact(figure: Decimal) -> Decimal:
    """The figure without the noughts that the column adds: one number, one text, wherever it was kept."""
    return Decimal(f"{figure.normalize():f}")
