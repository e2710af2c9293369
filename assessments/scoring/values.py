"""The value of an answer and of a criterion: 0 (worst) to 1 (best), absolute, so that no option's value depends on another's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from assessments.scoring.answers import Asked
from assessments.scoring.facts import Response
from assessments.scoring.rounding import clip, decimal_of
from compliance.catalogue.model import Anchors, Question

WORST, BEST = Decimal(0), Decimal(1)
NONE = Fraction(0)


@dataclass(frozen=True)
class Term:
    """One part of a criterion: a scored question, or the criterion's measure of the costs (``asked`` is then None).

    ``value`` counts what is unknown as the worst, ``best`` as the best; ``completeness`` is the share of it that is known.
    """

    name: str
    weight: Decimal
    value: Decimal
    best: Decimal
    completeness: Decimal
    asked: Asked | None = None


@dataclass(frozen=True)
class Means:
    """Weighted means as exact fractions: a sum of rounded parts could fall on the wrong side of a half when it is written."""

    value: Fraction
    best: Fraction
    completeness: Fraction


@dataclass(frozen=True)
class CriterionValue:
    """Weighted means over the terms that apply; there is at least one. ``exact`` holds them unrounded."""

    id: str
    terms: tuple[Term, ...]
    value: Decimal
    best: Decimal
    completeness: Decimal
    exact: Means


def anchored(figure: Decimal, anchors: Anchors) -> Decimal:
    """0 at ``worst``, 1 at ``best``, linear or logarithmic between, clipped outside. Needs a local decimal context."""
    worst, best = anchors.worst, anchors.best
    if worst == best:
        return BEST if figure == best else WORST
    if anchors.scale == "linear":
        return clip((figure - worst) / (best - worst))
    if figure <= 0:  # beyond the low end of a scale that has no nought
        return BEST if best < worst else WORST
    return clip((figure.ln() - worst.ln()) / (best.ln() - worst.ln()))


def answer_value(question: Question, response: Response) -> Decimal:
    """The value of one answer to a scored question; of several choices the least counts, and none of them is the best.

    Raises ValueError where the answer isn't one of the question's.
    """
    if isinstance(response.value, Decimal) and question.anchors:
        return anchored(response.value, question.anchors)
    values = {choice.id: choice.value or WORST for choice in question.choices}
    chosen = response.value if isinstance(response.value, tuple) else (response.value,)
    if strange := [c for c in chosen if c not in values]:
        raise ValueError(f"{question.id} has no choice {strange[0]!r}; it has {', '.join(values)}")
    return min((values[str(c)] for c in chosen), default=BEST)


def scorable(question: Question) -> bool:
    """Scored, and of a type that has values: choices, or a number with anchors."""
    return question.scored and (question.type in ("choice", "choices") or (question.type == "number" and question.anchors is not None))


def question_term(asked: Asked) -> Term | None:
    """The term of a scored question, or None where it leaves the sum."""
    question = asked.question
    if not scorable(question) or not asked.applicable:
        return None
    if asked.answer is None:
        return Term(question.id, question.weight, WORST, BEST, WORST, asked)
    value = answer_value(question, asked.answer)
    return Term(question.id, question.weight, value, value, BEST, asked)


def criterion_value(criterion: str, terms: Iterable[Term]) -> CriterionValue | None:
    """Σ w·v / Σ w over the terms, likewise the best and the completeness; None where no term has weight."""
    parts = tuple(t for t in terms if t.weight > 0)
    if not parts:
        return None
    exact = _means([(Fraction(t.weight), t) for t in parts])
    return CriterionValue(criterion, parts, decimal_of(exact.value), decimal_of(exact.best), decimal_of(exact.completeness), exact)


def _means(parts: Sequence[tuple[Fraction, Term | Means]]) -> Means:
    total = sum((weight for weight, _ in parts), NONE)
    return Means(
        sum((weight * Fraction(part.value) for weight, part in parts), NONE) / total,
        sum((weight * Fraction(part.best) for weight, part in parts), NONE) / total,
        sum((weight * Fraction(part.completeness) for weight, part in parts), NONE) / total,
    )


@dataclass(frozen=True)
class Score:
    """Shares of 0 to 1 (100 points); ``weights`` are the criteria's shares, which add up to 1 unless all are 0."""

    value: Decimal
    best: Decimal
    completeness: Decimal
    weights: Mapping[str, Decimal]


def score(criteria: Mapping[str, CriterionValue], weights: Mapping[str, Decimal]) -> Score:
    """Σ W·V / Σ W over the criteria that apply. Where none of them has weight nothing can be judged: 0, at best 1, completeness 0."""
    total = sum((weights.get(c, WORST) for c in criteria), WORST)
    if not total:
        return Score(WORST, BEST, WORST, dict.fromkeys(criteria, WORST))
    exact = _means([(Fraction(weights.get(c, WORST)), value.exact) for c, value in criteria.items()])
    shares = {c: decimal_of(Fraction(weights.get(c, WORST)) / Fraction(total)) for c in criteria}
    return Score(decimal_of(exact.value), decimal_of(exact.best), decimal_of(exact.completeness), shares)
