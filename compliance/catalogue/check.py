"""Checks what the schema can't: that everything a release names is there, that every condition can be read and reached, and that every
question changes something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from compliance.catalogue.check_conditions import conditions
from compliance.catalogue.check_reference import dates, reference
from compliance.catalogue.check_risk import risk
from compliance.catalogue.conditions import references
from compliance.catalogue.effects import idle
from compliance.catalogue.index import index, questions_in
from compliance.catalogue.load import ContentProblem
from compliance.catalogue.model import Question, Release
from compliance.catalogue.resting import resting_on
from compliance.catalogue.texts import texts

Path = tuple[str | int, ...]
Report = Callable[[Path, str], ContentProblem]
UNIQUE = (
    "sources", "criteria", "archetypes", "profiles", "questionnaires", "rules", "obligations", "proposals", "cost_categories", "providers",
    "models", "scenarios", "losses",
)  # fmt: skip


def check(release: Release, report: Report) -> list[ContentProblem]:
    """Every problem of ``release``; ``report`` turns a path within it and a message into a problem with file and line."""
    return [report(path, message) for path, message in _problems(release)]


def _problems(release: Release) -> Iterator[tuple[Path, str]]:
    yield from _unique(release)
    yield from _sources(release)
    yield from _questions(release)
    wrong = list(conditions(release))
    yield from wrong
    if not wrong:  # what a question changes is told by conditions that can be read
        yield from _idle(release)
    yield from _weights(release)
    yield from _names(release)
    yield from dates(release)
    yield from reference(release)
    yield from risk(release)


def _unique(release: Release) -> Iterator[tuple[Path, str]]:
    for name in UNIQUE:
        seen: set[str] = set()
        for position, item in enumerate(getattr(release, name)):
            if item.id in seen:
                yield (name, position, "id"), f"{item.id!r} stands twice in {name}; ids are unique"
            seen.add(item.id)
    variables: dict[str, str] = {}
    for path, question in questions_in(release):
        if other := variables.get(question.variable):
            yield (*path, "id"), f"{question.id!r} and {other!r} give one CEL variable, {question.variable}; rename one"
        variables[question.variable] = question.id
    for key, count in Counter(key for key, _ in texts(release)).items():
        if count > 1:
            yield (), f"{count} texts have the key {key!r}; a translation couldn't tell them apart"


def _sources(release: Release) -> Iterator[tuple[Path, str]]:
    """Wherever a part has ``sources`` it names some, and every source that is named is there."""
    known = {source.id for source in release.sources}

    def look(path: Path, item: Any) -> Iterator[tuple[Path, str]]:
        for f in fields(item):
            value = getattr(item, f.name)
            if f.name == "sources" and path:
                if not value:
                    yield (*path, "sources"), "names no source; every statement rests on one"
                for source in value:
                    if source not in known:
                        yield (*path, "sources"), f"no source has the id {source!r}"
            elif f.name == "source" and value not in known:
                yield (*path, "source"), f"no source has the id {value!r}"
            elif isinstance(value, tuple):
                for position, part in enumerate(value):
                    if is_dataclass(part):
                        yield from look((*path, f.name, position), part)
            elif is_dataclass(value):
                yield from look((*path, f.name), value)

    yield from look((), release)
    resting = resting_on(release)
    for position, source in enumerate(release.sources):
        if not resting[source.id]:
            yield ("sources", position), f"nothing rests on {source.id!r}; take it away, or name it where it is used"


def _idle(release: Release) -> Iterator[tuple[Path, str]]:
    nothing = set(idle(release))
    for path, question in questions_in(release):
        if question.id in nothing:
            yield (
                path,
                (f"no answer to {question.id!r} changes anything: give it a criterion, or let a rule, class, obligation or loss read it"),
            )


def _questions(release: Release) -> Iterator[tuple[Path, str]]:
    criteria = {criterion.id for criterion in release.criteria}
    for path, question in questions_in(release):
        if question.type in ("choice", "choices") and not question.choices:
            yield (*path, "choices"), "a question of choices needs some"
        if question.type not in ("choice", "choices") and question.choices:
            yield (*path, "choices"), f"a question of type {question.type} has no choices"
        for field, items in (("choices", question.choices), ("bands", question.bands)):
            for part in ("id", "text"):
                for value, count in Counter(getattr(c, part) for c in items).items():
                    if count > 1:
                        yield (*path, field), f"the {part} {value!r} stands {count} times in its {field}"
        if question.criterion is not None and question.criterion not in criteria:
            yield (*path, "criterion"), f"no criterion has the id {question.criterion!r}; there are {', '.join(sorted(criteria))}"
        if not question.help:
            yield (*path, "help"), "missing: tell the person who answers how to find the answer"
        if question.weight < 0:
            yield (*path, "weight"), "a weight is nought or more"
        if (question.weight > 0) != (question.criterion is not None):
            yield (*path, "weight"), "a scored question has both a criterion and a weight above 0, one that isn't scored has neither"
        if question.of_organisation and question.scope != "use_case":
            yield (*path, "of_organisation"), "what the organisation answers once is asked of the use case, not of each option"
        if question.minimum is not None and question.maximum is not None and question.minimum >= question.maximum:
            yield (*path, "minimum"), f"{question.minimum} isn't below the maximum, {question.maximum}"
        yield from _bands(path, question)
        yield from _values(path, question)


def _bands(path: Path, question: Question) -> Iterator[tuple[Path, str]]:
    if not question.bands:
        return
    if question.type != "number":
        yield (*path, "bands"), f"only a number has bands; this is a {question.type}"
    *inner, last = question.bands
    if last.below is not None:
        yield (*path, "bands", len(inner), "below"), "the last band is open: take its below away, or numbers above it have no band"
    for position, band in enumerate(inner):
        if band.below is None:
            yield (*path, "bands", position, "below"), "missing: where does this band end? Only the last one is open"
    for position, (first, second) in enumerate(pairwise(inner), 1):
        if first.below is not None and second.below is not None and first.below >= second.below:
            yield (
                (*path, "bands", position, "below"),
                f"overlaps the band before it, which ends at {first.below}; bands stand in ascending order",
            )


def _values(path: Path, question: Question) -> Iterator[tuple[Path, str]]:
    if question.type in ("choice", "choices"):
        for position, choice in enumerate(question.choices):
            if question.scored and choice.value is None:
                yield (*path, "choices", position, "value"), "missing: every choice of a scored question has a value from 0 to 1"
            if choice.value is not None and not 0 <= choice.value <= 1:
                yield (*path, "choices", position, "value"), f"{choice.value} is outside 0 to 1"
        values = [choice.value for choice in question.choices]
        if question.scored and None not in values and not {Decimal(0), Decimal(1)} <= set(values):
            yield (*path, "choices"), "a scored question has one choice of value 0, the worst, and one of value 1, the best"
        for value, count in Counter(v for v in values if v is not None).items():
            if question.scored and count > 1:
                yield (*path, "choices"), f"{count} choices overlap: each is worth {value}, so the score can't tell them apart"
        if not question.scored and any(v is not None for v in values):
            yield (
                (*path, "choices"),
                "values stand at choices of a question that isn't scored: give it criterion and weight, or take them away",
            )
    elif question.scored and question.anchors is None:
        yield (*path, "anchors"), "missing: a scored number needs the figures that count as worst and as best"
    if question.anchors is not None:
        if question.anchors.worst == question.anchors.best:
            yield (*path, "anchors"), "worst and best are the same"
        if question.anchors.scale == "log" and min(question.anchors.worst, question.anchors.best) <= 0:
            yield (*path, "anchors"), "a logarithmic scale needs anchors above 0"


def _weights(release: Release) -> Iterator[tuple[Path, str]]:
    criteria = {criterion.id for criterion in release.criteria}
    for name in ("archetypes", "profiles"):
        for position, item in enumerate(getattr(release, name)):
            for criterion in sorted(set(item.weights) - criteria):
                yield (name, position, "weights", criterion), f"no criterion has the id {criterion!r}"
            for criterion in sorted(criteria - set(item.weights)):
                yield (name, position, "weights"), f"gives no weight for {criterion!r}; write 0 where it doesn't count"
            if any(w < 0 for w in item.weights.values()) or not any(item.weights.values()):
                yield (name, position, "weights"), "weights are nought or more, and not all nought"


def _names(release: Release) -> Iterator[tuple[Path, str]]:
    questions = index(release).questions
    obligations = {o.id for o in release.obligations}
    classes = {h.risk_class for h in release.class_headings}
    for position, rule in enumerate(release.rules):
        if rule.question not in questions:
            yield ("rules", position, "question"), f"no question has the id {rule.question!r}"
        for id_ in rule.obligations:
            if id_ not in obligations:
                yield ("rules", position, "obligations"), f"no obligation has the id {id_!r}"
        if rule.acceptable_by and not rule.blocker:
            yield ("rules", position, "acceptable_by"), "only a blocker is accepted by somebody"
    for position, line in enumerate(release.class_rules):
        if line.risk_class not in classes:
            yield ("class_rules", position, "risk_class"), f"class_headings has no {line.risk_class!r}"
        for question in line.because:
            if question not in questions:
                yield ("class_rules", position, "because"), f"no question has the id {question!r}"
    for position, obligation in enumerate(release.obligations):
        for question in obligation.shown_by:
            if question not in questions:
                yield ("obligations", position, "shown_by"), f"no question has the id {question!r}"
        if obligation.met_when is None:
            yield ("obligations", position, "met_when"), "missing: no answer shows whether the obligation is met"
            continue
        by_variable = index(release).by_variable
        read = {by_variable[name].id for name in _readable(obligation.met_when) if name in by_variable}
        for question in sorted(read - set(obligation.shown_by)):
            yield ("obligations", position, "shown_by"), f"leaves out {question!r}, which met_when reads"
        if not obligation.shown_by:
            yield ("obligations", position, "shown_by"), "names no question that shows whether it is met"
    if release.roles_question not in questions:
        yield ("roles_question",), f"no question has the id {release.roles_question!r}"


def _readable(expression: str) -> frozenset[str]:
    try:
        return references(expression)
    except ValueError:  # reported where conditions are checked
        return frozenset()
