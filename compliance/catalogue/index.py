"""Look-ups over a release, and its canonical bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

import rfc8785

from compliance.catalogue.conditions import references
from compliance.catalogue.model import Question, Release

SOURCINGS = ("closed_api", "managed_open", "self_hosted_open", "on_device_open")
NO_FALLBACK = "none"  # what ``fallback_sourcing`` is where an option has no fallback of its own
Domain = tuple[str, tuple[str, ...]]


def as_data(value: Any) -> Any:
    """Plain data for JSON: numbers that aren't integers become strings; what has its default stays out, so that a new field changes no digest."""
    if is_dataclass(value):
        out = {}
        for f in fields(value):
            item = getattr(value, f.name)
            if f.default is not MISSING and item == f.default and isinstance(item, type(f.default)):
                continue
            if f.default_factory is not MISSING and item == f.default_factory():
                continue
            out[f.name] = as_data(item)
        return out
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    if isinstance(value, dict):
        return {key: as_data(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return value


def release_bytes(release: Release) -> bytes:
    """Canonical JSON (RFC 8785) of a release: the same bytes for the same content in any process."""
    return rfc8785.dumps(as_data(release))


def values_of(question: Question) -> tuple[str, ...]:
    """What conditions may find a question to be: the ids of its choices or of its bands."""
    return tuple(c.id for c in question.choices) or tuple(b.id for b in question.bands)


def questions_in(release: Release) -> Iterator[tuple[tuple[str | int, ...], Question]]:
    """Every question with its path within the release."""
    for i, questionnaire in enumerate(release.questionnaires):
        for j, section in enumerate(questionnaire.sections):
            for k, question in enumerate(section.questions):
                yield ("questionnaires", i, "sections", j, "questions", k), question


class Index:
    """Questions by id and by CEL variable, and what each variable can be."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.questions: dict[str, Question] = {
            question.id: question
            for questionnaire in release.questionnaires
            for section in questionnaire.sections
            for question in section.questions
        }
        self.places: dict[str, tuple[str, str]] = {
            question.id: (questionnaire.id, section.id)
            for questionnaire in release.questionnaires
            for section in questionnaire.sections
            for question in section.questions
        }
        self.by_variable = {question.variable: question for question in self.questions.values()}
        self.sources = {source.id: source for source in release.sources}
        self.criteria = {criterion.id: criterion for criterion in release.criteria}
        self.archetypes = {archetype.id: archetype for archetype in release.archetypes}
        self.profiles = {profile.id: profile for profile in release.profiles}
        self.rules = {rule.id: rule for rule in release.rules}
        self.obligations = {obligation.id: obligation for obligation in release.obligations}
        self.cost_categories = {category.id: category for category in release.cost_categories}
        self.providers = {provider.id: provider for provider in release.providers}
        self.models = {model.id: model for model in release.models}

    def domains(self, scopes: tuple[str, ...]) -> dict[str, Domain]:
        """Variable -> (``choice`` or ``choices``, ids) for what a condition of these scopes can read."""
        found: dict[str, Domain] = {
            question.variable: ("choices" if question.type == "choices" else "choice", values_of(question))
            for question in self.questions.values()
            if question.scope in scopes and question.readable
        }
        found["archetype"] = ("choice", tuple(a.id for a in self.release.archetypes))
        if "option" in scopes:
            found["sourcing"] = ("choice", SOURCINGS)
            found["fallback_sourcing"] = ("choice", (*SOURCINGS, NO_FALLBACK))
        return found

    @cached_property
    def acts(self) -> dict[str, str]:
        """Instrument -> the act that its obligations are of, as it was before others amended it."""
        dated = [(dated.known_from, one.instrument, dated.act) for one in self.release.obligations for dated in one.dates]
        return {instrument: act for _known, instrument, act in sorted(dated, reverse=True)}

    @cached_property
    def deciders(self) -> frozenset[str]:
        """The questions whose answers a condition of another question reads."""
        names = {name for question in self.questions.values() if question.when for name in references(question.when)}
        return frozenset(question.id for question in self.questions.values() if question.variable in names)

    @cached_property
    def _by_questionnaire(self) -> dict[str, tuple[str, ...]]:
        return {
            of.id: tuple(sorted({q.id for part in of.sections for q in part.questions} | self.deciders))
            for of in self.release.questionnaires
        }

    def read_with(self, question: str) -> tuple[str, ...]:
        """The questions whose answers say what follows from an answer to ``question``: those of its questionnaire, which are counted together,
        and the deciders. None for a question that isn't there."""
        return self._by_questionnaire[self.places[question][0]] if question in self.places else ()

    @cached_property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(release_bytes(self.release)).hexdigest()

    @cached_property
    def use_case_domains(self) -> dict[str, Domain]:
        return self.domains(("use_case",))


class ActVariables:
    """What the reading of the AI Act adds to the variables of rules and obligations."""

    def __init__(self, release: Release) -> None:
        classes = tuple(heading.risk_class for heading in release.class_headings)
        references = tuple(sorted({line.reference for line in release.class_rules}))
        self.of_class: dict[str, Domain] = {
            "risk_class": ("choice", classes),
            "act_points": ("choices", references),
            "settled_points": ("choices", references),
        }


@lru_cache(maxsize=16)
def _index(key: _Identity) -> Index:
    return Index(key.release)


class _Identity:
    """A release holds dicts and so has no hash; its identity is the key, and the cache keeps it alive."""

    def __init__(self, release: Release) -> None:
        self.release = release

    def __hash__(self) -> int:
        return id(self.release)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.release is self.release


def index(release: Release) -> Index:
    """The Index of a release, made once for each."""
    return _index(_Identity(release))
