"""What each question changes: the values, findings, classes, duties and recommendations that its answer can turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from compliance.catalogue.conditions import references
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release

Kind = Literal["value", "blocker", "finding", "class", "duty", "shown", "recommendation", "loss", "asked"]


@dataclass(frozen=True)
class Effect:
    """``kind``: it sets the ``value`` of a criterion; decides a ``blocker`` or a ``finding`` (``id`` of the rule), a line of the ``class``
    table (its reference), whether a ``duty`` applies or is ``shown`` met (id of the obligation), the thresholds of the ``recommendation``, the
    annual ``loss`` (id of the scenario), or whether another question is ``asked`` (its id). ``condition`` is the CEL that reads it, "" for a
    value and for the cost of one event."""

    kind: Kind
    id: str
    condition: str = ""


def effects(release: Release) -> Mapping[str, tuple[Effect, ...]]:
    """Question id -> its effects; a question without any is left out."""
    return _effects(index(release))


@lru_cache(maxsize=8)
def _effects(known: Index) -> Mapping[str, tuple[Effect, ...]]:
    release = known.release
    found: dict[str, list[Effect]] = defaultdict(list)

    def note(kind: Kind, id_: str, condition: str | None) -> None:
        for name in sorted(references(condition)) if condition else ():
            if name in known.by_variable:
                found[known.by_variable[name].id].append(Effect(kind, id_, condition or ""))

    for question in known.questions.values():
        if question.scored and question.criterion:
            found[question.id].append(Effect("value", question.criterion))
    for rule in release.rules:
        note("blocker" if rule.blocker else "finding", rule.id, rule.when)
    for line in release.class_rules:
        note("class", line.reference, line.when)
    for obligation in release.obligations:
        note("duty", obligation.id, obligation.when)
        note("shown", obligation.id, obligation.met_when)
    if release.recommendation.by_appetite and release.recommendation.appetite_question:
        found[release.recommendation.appetite_question].append(Effect("recommendation", "thresholds"))
    for loss in release.losses:
        found[loss.question].append(Effect("loss", loss.id))
        for condition in (loss.when, *(change.when for change in loss.changes), *(transfer.when for transfer in loss.transfers)):
            note("loss", loss.id, condition)
    for question in known.questions.values():
        note("asked", question.id, question.when)
    return {id_: tuple(dict.fromkeys(items)) for id_, items in found.items()}


def law_behind(release: Release) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Question id -> instrument -> the places in it that an answer can make apply, show met or class by; a question of no law is left out."""
    return _law_behind(index(release))


@lru_cache(maxsize=8)
def _law_behind(known: Index) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for question, changed in _effects(known).items():
        places: dict[str, dict[str, None]] = defaultdict(dict)
        for effect in changed:
            if effect.kind == "class":
                places["ai-act"][effect.id] = None
            elif effect.kind in ("duty", "shown"):
                one = known.obligations[effect.id]
                places[one.instrument][one.reference] = None
        if places:
            found[question] = {instrument: tuple(references) for instrument, references in places.items()}
    return found


def idle(release: Release) -> list[str]:
    """Questions whose answers change nothing, not even through the questions that they lead to."""
    found = effects(release)

    def matters(id_: str, seen: frozenset[str]) -> bool:
        return any(
            effect.kind != "asked" or (effect.id not in seen and matters(effect.id, seen | {effect.id})) for effect in found.get(id_, ())
        )

    return [id_ for id_ in index(release).questions if not matters(id_, frozenset({id_}))]
