"""The value of an answer and of a criterion: 0 (worst) to 1 (best), absolute, so that no option's value depends on another's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, localcontext

from assessments.scoring.answers import Asked
from assessments.scoring.facts import Response
from assessments.scoring.rounding import clip
from compliance.catalogue.model import Anchors, Question

WORST, BEST = Decimal(0), Decimal(1)
# Sums and products of decimals are exact while they have room for their digits.
_EXACT = Context(prec=100_000, rounding=ROUND_HALF_EVEN, traps=[Inexact])


@dataclass(frozen=True)
class Term:
    """One part of a criterion: a scored question, or the criterion's measure of the costs (``asked`` is then None).

    ``value`` counts what is unknown as the worst, ``best`` as the best; ``completeness`` is the share of it that is known. ``doubt`` is how
    much of the value may turn out not to be there, for what its answer rests on.
    """

    name: str
    weight: Decimal
    value: Decimal
    best: Decimal
    completeness: Decimal
    asked: Asked | None = None
    doubt: Decimal = WORST


@dataclass(frozen=True)
class Sums:
    """Σ w·x of value, best, completeness and doubt, and Σ w, each exact: a mean of rounded parts could fall on the wrong side of a half when
    it is written."""

    value: Decimal
    best: Decimal
    completeness: Decimal
    doubt: Decimal
    weight: Decimal


@dataclass(frozen=True)
class CriterionValue:
    """Weighted means over the terms that apply; there is at least one. ``doubt`` is how far the value may fall; ``exact`` holds the sums."""

    id: str
    terms: tuple[Term, ...]
    value: Decimal
    best: Decimal
    completeness: Decimal
    doubt: Decimal
    exact: Sums


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


def question_term(asked: Asked, doubts: Mapping[str, Decimal] | None = None) -> Term | None:
    """The term of a scored question, or None where it leaves the sum. ``doubts``: by basis, the share of a value that may not be there."""
    question = asked.question
    if not scorable(question) or not asked.applicable:
        return None
    if asked.answer is None:
        return Term(question.id, question.weight, WORST, BEST, WORST, asked)
    value = answer_value(question, asked.answer)
    doubt = value * doubts.get(asked.answer.basis, WORST) if doubts else WORST
    return Term(question.id, question.weight, value, value, BEST, asked, doubt)


def criterion_value(criterion: str, terms: Iterable[Term]) -> CriterionValue | None:
    """Σ w·v / Σ w over the terms, likewise the best, the completeness and the doubt; None where no term has weight."""
    parts = tuple(t for t in terms if t.weight > 0)
    if not parts:
        return None
    with localcontext(_EXACT):
        sums = Sums(
            value=sum((t.weight * t.value for t in parts), WORST),
            best=sum((t.weight * t.best for t in parts), WORST),
            completeness=sum((t.weight * t.completeness for t in parts), WORST),
            doubt=sum((t.weight * t.doubt for t in parts if t.doubt), WORST),
            weight=sum((t.weight for t in parts), WORST),
        )
    of = sums.weight
    return CriterionValue(criterion, parts, sums.value / of, sums.best / of, sums.completeness / of, sums.doubt / of, sums)


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
    weighed = [(weights[c], value.exact) for c, value in criteria.items() if weights.get(c)]
    value, best, completeness, whole = _combined(weighed)
    shares = {c: weights.get(c, WORST) / total for c in criteria}
    return Score(value / whole, best / whole, completeness / whole, shares)


def _combined(weighed: Sequence[tuple[Decimal, Sums]]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Numerators of Σ W·(v/w) and their common denominator Σ W · Π w, exact."""
    with localcontext(_EXACT):
        value = best = completeness = total = WORST
        product = BEST
        for weight, sums in weighed:  # a/b + W·v/w = (a·w + W·v·b) / (b·w)
            factor = weight * product
            value = value * sums.weight + factor * sums.value
            best = best * sums.weight + factor * sums.best
            completeness = completeness * sums.weight + factor * sums.completeness
            total += weight
            product *= sums.weight
        return value, best, completeness, total * product
