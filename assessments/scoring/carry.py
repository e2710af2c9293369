"""Carries an assessment's facts over to another release, and names the answers that don't fit there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from assessments.scoring.facts import Facts, Response
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Question, Release

TYPES = {"number": Decimal, "date": date, "text": str}


@dataclass(frozen=True)
class Lost:
    """An answer that doesn't fit the other release: ``option`` is None for the use case's; ``reason`` completes "…, because"."""

    question: str
    option: str | None
    reason: str


def carried(facts: Facts, release: Release) -> tuple[Facts, tuple[Lost, ...]]:
    """The facts as they read under ``release``, and what was left behind. Raises ValueError where it has no such archetype."""
    known = index(release)
    if facts.archetype is not None and facts.archetype not in known.archetypes:
        raise ValueError(f"{release.key}@{release.version} has no archetype {facts.archetype!r}")
    lost: list[Lost] = []
    responses = _fitting(facts.responses, known, "use_case", None, lost)
    options = tuple(replace(o, responses=_fitting(o.responses, known, "option", o.id, lost)) for o in facts.options)
    weights = facts.weights
    if isinstance(weights, str):
        weights = weights if weights == "archetype" or weights in known.profiles else "archetype"
    else:
        kept = {c: w for c, w in weights.items() if c in known.criteria}
        weights = kept if any(kept.values()) else "archetype"
    return replace(facts, responses=responses, options=options, weights=weights), tuple(lost)


def _fitting(responses: Mapping[str, Response], known: Index, scope: str, option: str | None, lost: list[Lost]) -> dict[str, Response]:
    kept = {}
    for id_, response in responses.items():
        question = known.questions.get(id_)
        if reason := misfit(question, scope, response):
            lost.append(Lost(id_, option, reason))
        else:
            kept[id_] = response
    return kept


def misfit(question: Question | None, scope: str, response: Response) -> str:
    """Why ``response`` is no answer to ``question`` of another release, or "" where it is one."""
    if question is None or question.scope != scope:
        return "the question isn't asked any more"
    if response.state == "not_applicable" and not question.not_applicable:
        return "the question always applies now"
    if response.state != "answered":
        return ""
    value, ids = response.value, {choice.id for choice in question.choices}
    if question.type == "choices":
        chosen = value if isinstance(value, tuple) else None
        if chosen is None or not set(chosen) <= ids:
            return "a chosen answer isn't offered any more"
    elif question.type == "choice" and (not isinstance(value, str) or value not in ids):
        return "the chosen answer isn't offered any more"
    elif question.type in TYPES and not isinstance(value, TYPES[question.type]):
        return f"the question takes a {question.type} now"
    elif isinstance(value, Decimal) and not (
        (question.minimum is None or value >= question.minimum) and (question.maximum is None or value <= question.maximum)
    ):
        return "the number lies outside what the question takes now"
    return ""
