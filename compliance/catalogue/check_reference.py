"""Checks of what is dated and of reference data: days in order, and every name that a published value, a price or a scenario uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release
from compliance.catalogue.offers import plain_name

Path = tuple[str | int, ...]
Problems = Iterator[tuple[Path, str]]


def dates(release: Release) -> Problems:
    """Days out of order: changes of law, rates of exchange, and whatever lies after the day of publication."""
    for name in ("class_rules", "obligations"):
        for position, item in enumerate(getattr(release, name)):
            known = [change.known_from for change in item.dates]
            if not known:
                yield (name, position, "dates"), "missing: when is it known and from when does it apply?"
            if known != sorted(set(known)):
                yield (name, position, "dates"), "the dated changes must stand in the order in which they became known, each day once"
    seen: dict[str, Any] = {}
    for position, rate in enumerate(release.exchange.rates):
        if (before := seen.get(rate.currency)) and rate.on <= before:
            yield (
                ("exchange", "rates", position, "on"),
                f"{rate.on} doesn't come after {before}; a currency's rates stand in the order of their days",
            )
        seen[rate.currency] = rate.on
    for path, key, day in _past(release):
        if day > release.published_on:
            yield (*path, key), f"{day} lies after the release's own day, {release.published_on}"


def _past(release: Release) -> Iterator[tuple[Path, str, Any]]:
    """Days on which something was read or said: none lies after the release."""
    for position, source in enumerate(release.sources):
        yield ("sources", position), "read_on", source.read_on
    for name in ("published", "prices", "benchmarks"):
        for position, item in enumerate(getattr(release, name)):
            yield (name, position), "on", item.on
    for position, proposal in enumerate(release.proposals):
        yield ("proposals", position), "seen_on", proposal.seen_on
        if proposal.proposed_on > proposal.seen_on:
            yield ("proposals", position), "proposed_on", proposal.proposed_on
    for at, category in enumerate(release.cost_categories):
        for n, field in enumerate(category.fields):
            if field.on:
                yield ("cost_categories", at, "fields", n), "on", field.on
            for m, default in enumerate(field.defaults):
                yield ("cost_categories", at, "fields", n, "defaults", m), "on", default.on


def reference(release: Release) -> Problems:
    """Published values, prices, benchmarks, cost defaults, proposals, scenarios and thresholds that name what isn't there."""
    yield from _published(release)
    yield from _prices(release)
    yield from _aliases(release)
    yield from _proposals(release)
    yield from _scenarios(release)
    yield from _appetite(release)
    if release.staleness is None and (release.published or release.prices):
        yield ("staleness",), "missing: after how many days is a published value out of date?"


def _published(release: Release) -> Problems:
    questions = index(release).questions
    seen: dict[tuple[Any, ...], int] = {}
    for position, item in enumerate(release.published):
        path: Path = ("published", position)
        yield from _named(path, release, item.provider, item.model)
        if item.provider is None and item.model is None:
            yield path, "names neither provider nor model: whose word is it?"
        question = questions.get(item.question)
        if question is None:
            yield (*path, "question"), f"no question has the id {item.question!r}"
            continue
        if question.scope != "option":
            yield (*path, "question"), f"{item.question!r} isn't asked of options, so nothing published can answer it"
        yield from answer_fits((*path, "value"), question, item.value)
        key = (item.question, item.provider, item.model, item.sourcings, item.on)
        if key in seen:
            yield path, f"says the same thing on the same day as entry {seen[key] + 1} of published; keep one"
        seen[key] = position
    for position, mark in enumerate(release.benchmarks):
        if mark.question not in questions:
            yield ("benchmarks", position, "question"), f"no question has the id {mark.question!r}"
        if mark.low > mark.high:
            yield ("benchmarks", position, "low"), f"{mark.low} is above {mark.high}"


def _named(path: Path, release: Release, provider: str | None, model: str | None) -> Problems:
    known = index(release)
    if provider is not None and provider not in known.providers:
        yield (*path, "provider"), f"no provider has the id {provider!r}"
    if model is not None and model not in known.models:
        yield (*path, "model"), f"no model has the id {model!r}"


def answer_fits(path: Path, question: Question, value: str | tuple[str, ...]) -> Problems:
    """What keeps ``value`` from being an answer to ``question``."""
    ids = [choice.id for choice in question.choices]
    if question.type == "number":
        try:
            figure = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            figure = None
        if figure is None or not figure.is_finite():
            yield path, f"{value!r} is no number"
    elif question.type == "choice" and value not in ids:
        yield path, f"{value!r} is no choice of {question.id}; it has {', '.join(ids)}"
    elif question.type == "choices":
        for one in (value,) if isinstance(value, str) else value:
            if one not in ids:
                yield path, f"{one!r} is no choice of {question.id}; it has {', '.join(ids)}"


def _prices(release: Release) -> Problems:
    fields = {(category.id, field.key) for category in release.cost_categories for field in category.fields}
    for position, item in enumerate(release.prices):
        path: Path = ("prices", position)
        yield from _named(path, release, item.provider, item.model)
        if (item.category, item.key) not in fields:
            yield (*path, "key"), f"cost_categories has no field {item.category}.{item.key}"
        if item.provider is None and item.model is None and not item.hardware:
            yield path, "names neither provider nor model nor hardware: whose price is it?"
        yield from _range(path, item.low, item.likely, item.high)
    for at, category in enumerate(release.cost_categories):
        for n, field in enumerate(category.fields):
            place: Path = ("cost_categories", at, "fields", n)
            if field.likely is not None:
                yield from _range(place, field.low, field.likely, field.high)
            if field.on is None and any(figure is not None for figure in (field.low, field.likely, field.high)):
                yield (*place, "on"), "missing: from which day is the figure?"
            for m, default in enumerate(field.defaults):
                yield from _range((*place, "defaults", m), default.low, default.likely, default.high)
                if not default.sources:
                    yield (*place, "defaults", m, "sources"), "names no source; every statement rests on one"


def _range(path: Path, low: Decimal | None, likely: Decimal, high: Decimal | None) -> Problems:
    if (low is not None and low > likely) or (high is not None and likely > high):
        yield path, f"out of order: low {low}, likely {likely}, high {high}"


def _aliases(release: Release) -> Problems:
    for name in ("providers", "models"):
        seen: dict[str, str] = {}
        for position, item in enumerate(getattr(release, name)):
            for text in (item.name, *item.aliases):
                plain = plain_name(text)
                if seen.get(plain, item.id) != item.id:
                    yield (name, position, "aliases"), f"{text!r} means {seen[plain]!r} too"
                seen[plain] = item.id


def _proposals(release: Release) -> Problems:
    obligations = index(release).obligations
    for position, proposal in enumerate(release.proposals):
        for id_ in proposal.touches:
            if id_ not in obligations:
                yield ("proposals", position, "touches"), f"no obligation has the id {id_!r}"


def _scenarios(release: Release) -> Problems:
    known = index(release)
    fields = {(category.id, field.key) for category in release.cost_categories for field in category.fields}
    for position, scenario in enumerate(release.scenarios):
        path: Path = ("scenarios", position)
        if not (scenario.answers or scenario.weights or scenario.prices):
            yield path, "changes nothing: give answers, weights or prices"
        for at, change in enumerate(scenario.answers):
            place: Path = (*path, "answers", at)
            if (question := known.questions.get(change.question)) is None:
                yield (*place, "question"), f"no question has the id {change.question!r}"
                continue
            yield from answer_fits((*place, "value"), question, change.value)
            if question.scope == "use_case" and change.sourcings:
                yield (*place, "sourcings"), f"{change.question!r} is asked once, of the use case"
        for criterion, factor in scenario.weights.items():
            if criterion not in known.criteria:
                yield (*path, "weights", criterion), f"no criterion has the id {criterion!r}"
            if factor < 0:
                yield (*path, "weights", criterion), f"{factor} is below 0"
        for at, price in enumerate(scenario.prices):
            if (price.category, price.key) not in fields:
                yield (*path, "prices", at, "key"), f"cost_categories has no field {price.category}.{price.key}"
            if price.factor < 0:
                yield (*path, "prices", at, "factor"), f"{price.factor} is below 0"


def _appetite(release: Release) -> Problems:
    rules = release.recommendation
    if not rules.by_appetite:
        return
    check: Callable[[str], Question | None] = index(release).questions.get
    question = check(rules.appetite_question or "")
    if question is None:
        yield ("recommendation", "appetite_question"), f"no question has the id {rules.appetite_question!r}"
        return
    for position, appetite in enumerate(rules.by_appetite):
        yield from answer_fits(("recommendation", "by_appetite", position, "choice"), question, appetite.choice)
