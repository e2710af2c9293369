"""Checks what the schema can't: that everything a release names is there, and that every condition can be read and reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from compliance.catalogue.conditions import functions, literals, possible, references, truth
from compliance.catalogue.index import ActVariables, index
from compliance.catalogue.load import ContentProblem
from compliance.catalogue.model import Question, Release

Path = tuple[str | int, ...]
Report = Callable[[Path, str], ContentProblem]

ALLOWED_FUNCTIONS = {"!_", "@in", "_&&_", "_==_", "_!=_", "_>_", "_||_", "size"}


def check(release: Release, report: Report) -> list[ContentProblem]:
    """Every problem of ``release``; ``report`` turns a path within it and a message into a problem with file and line."""
    return [report(path, message) for path, message in _problems(release)]


def _problems(release: Release) -> Iterator[tuple[Path, str]]:
    yield from _unique(release)
    yield from _sources(release)
    yield from _questions(release)
    conditions = list(_conditions(release))
    yield from conditions
    if not conditions:  # a circle is looked for among conditions that can be read
        yield from _cycles(release)
    yield from _weights(release)
    yield from _names(release)
    yield from _dates(release)


def _unique(release: Release) -> Iterator[tuple[Path, str]]:
    for name in ("sources", "criteria", "archetypes", "profiles", "questionnaires", "rules", "obligations", "cost_categories"):
        seen: set[str] = set()
        for position, item in enumerate(getattr(release, name)):
            if item.id in seen:
                yield (name, position, "id"), f"{item.id!r} stands twice in {name}; ids are unique"
            seen.add(item.id)
    variables: dict[str, str] = {}
    for path, question in _each_question(release):
        if other := variables.get(question.variable):
            yield (*path, "id"), f"{question.id!r} and {other!r} give one CEL variable, {question.variable}; rename one"
        variables[question.variable] = question.id


def _each_question(release: Release) -> Iterator[tuple[Path, Question]]:
    for i, questionnaire in enumerate(release.questionnaires):
        for j, section in enumerate(questionnaire.sections):
            for k, question in enumerate(section.questions):
                yield ("questionnaires", i, "sections", j, "questions", k), question


def _sources(release: Release) -> Iterator[tuple[Path, str]]:
    known = {source.id for source in release.sources}

    def look(path: Path, ids: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
        if not ids:
            yield (*path, "sources"), "names no source; every statement rests on one"
        for source in ids:
            if source not in known:
                yield (*path, "sources"), f"no source has the id {source!r}"

    for path, question in _each_question(release):
        yield from look(path, question.sources)
    for name in ("archetypes", "rules"):
        for position, item in enumerate(getattr(release, name)):
            yield from look((name, position), item.sources)
    for name in ("class_rules", "obligations"):
        for position, item in enumerate(getattr(release, name)):
            for at, change in enumerate(item.dates):
                yield from look((name, position, "dates", at), change.sources)
    for position, criterion in enumerate(release.criteria):
        if criterion.measure:
            yield from look(("criteria", position, "measure"), criterion.measure.sources)
    for position, category in enumerate(release.cost_categories):
        for at, field in enumerate(category.fields):
            yield from look(("cost_categories", position, "fields", at), field.sources)
    for position, rate in enumerate(release.exchange.rates):
        yield from look(("exchange", "rates", position), rate.sources)
    yield from look(("recommendation",), release.recommendation.sources)


def _questions(release: Release) -> Iterator[tuple[Path, str]]:
    criteria = {criterion.id for criterion in release.criteria}
    for path, question in _each_question(release):
        if question.type in ("choice", "choices") and not question.choices:
            yield (*path, "choices"), "a question of choices needs some"
        if question.type not in ("choice", "choices") and question.choices:
            yield (*path, "choices"), f"a question of type {question.type} has no choices"
        for choice, count in Counter(c.id for c in question.choices).items():
            if count > 1:
                yield (*path, "choices"), f"the choice {choice!r} stands twice"
        if question.criterion is not None and question.criterion not in criteria:
            yield (*path, "criterion"), f"no criterion has the id {question.criterion!r}; there are {', '.join(sorted(criteria))}"
        if question.weight < 0:
            yield (*path, "weight"), "a weight is nought or more"
        if (question.weight > 0) != (question.criterion is not None):
            yield (*path, "weight"), "a scored question has both a criterion and a weight above 0, one that isn't scored has neither"
        yield from _values(path, question)


def _values(path: Path, question: Question) -> Iterator[tuple[Path, str]]:
    if question.type in ("choice", "choices"):
        for position, choice in enumerate(question.choices):
            if question.scored and choice.value is None:
                yield (*path, "choices", position, "value"), "missing: every choice of a scored question has a value from 0 to 1"
            if choice.value is not None and not 0 <= choice.value <= 1:
                yield (*path, "choices", position, "value"), f"{choice.value} is outside 0 to 1"
        values = {choice.value for choice in question.choices}
        if question.scored and None not in values and not {Decimal(0), Decimal(1)} <= values:
            yield (*path, "choices"), "a scored question has one choice of value 0, the worst, and one of value 1, the best"
    elif question.scored and question.anchors is None:
        yield (*path, "anchors"), "missing: a scored number needs the figures that count as worst and as best"
    if question.anchors is not None:
        if question.anchors.worst == question.anchors.best:
            yield (*path, "anchors"), "worst and best are the same"
        if question.anchors.scale == "log" and min(question.anchors.worst, question.anchors.best) <= 0:
            yield (*path, "anchors"), "a logarithmic scale needs anchors above 0"


def _conditions(release: Release) -> Iterator[tuple[Path, str]]:
    known = index(release)
    acts = ActVariables(release)
    for path, question in _each_question(release):
        if question.when is not None:
            scopes = ("use_case",) if question.scope == "use_case" else ("use_case", "option")
            domains = known.domains(scopes)
            unreadable = list(_condition((*path, "when"), question.when, domains))
            yield from unreadable
            if not unreadable and True not in possible(question.when, domains):
                yield (*path, "when"), "no answers make this true: the question can never be reached"
    for position, rule in enumerate(release.rules):
        scopes = ("use_case",) if rule.scope == "use_case" else ("use_case", "option")
        yield from _condition(("rules", position, "when"), rule.when, {**known.domains(scopes), **acts.of_class})
    for position, line in enumerate(release.class_rules):
        yield from _condition(("class_rules", position, "when"), line.when, known.domains(("use_case",)))
    for position, obligation in enumerate(release.obligations):
        domains = {**known.domains(("use_case",)), **acts.of_class}
        yield from _condition(("obligations", position, "when"), obligation.when, domains)
        if obligation.met_when is not None:
            yield from _condition(("obligations", position, "met_when"), obligation.met_when, domains)


Domains = dict[str, tuple[str, tuple[str, ...]]]


def _condition(path: Path, expression: str, domains: Domains) -> Iterator[tuple[Path, str]]:
    try:
        names = references(expression)
    except ValueError as error:
        yield path, f"not a CEL condition: {str(error).splitlines()[0]}"
        return
    for name in sorted(names - set(domains)):
        yield path, f"{name!r} is no choice question that can be read here (in CEL, ai-act.eu-nexus is ai_act_eu_nexus)"
    for name in sorted(functions(expression) - ALLOWED_FUNCTIONS):
        yield path, f"{name!r} is not used in conditions here: write them with == != in size && || !"
    ids = {choice for name in names & set(domains) for choice in domains[name][1]}
    for text in sorted(literals(expression) - ids - {""}):
        yield path, f"{text!r} is no choice of {', '.join(sorted(names)) or 'any question'}"
    if names <= set(domains):
        try:
            truth(
                expression,
                {
                    name: (list(ids[:1]) if kind == "choices" else (ids or ("",))[0])
                    for name, (kind, ids) in domains.items()
                    if name in names
                },
            )
        except ValueError as error:
            yield path, str(error)


def _cycles(release: Release) -> Iterator[tuple[Path, str]]:
    known = index(release)
    for path, question in _each_question(release):
        seen, todo = set(), [question.id]
        while todo:
            current = known.questions[todo.pop()]
            for name in references(current.when) if current.when else ():
                other = known.by_variable.get(name)
                if other is None or other.id in seen:
                    continue
                if other.id == question.id:
                    yield (*path, "when"), f"{question.id!r} hangs on itself, by {current.id!r}"
                    todo.clear()
                    break
                seen.add(other.id)
                todo.append(other.id)


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
    shown: set[str] = set()
    for position, rule in enumerate(release.rules):
        if rule.question not in questions:
            yield ("rules", position, "question"), f"no question has the id {rule.question!r}"
        for id_ in rule.obligations:
            if id_ not in obligations:
                yield ("rules", position, "obligations"), f"no obligation has the id {id_!r}"
        if rule.acceptable_by and not rule.blocker:
            yield ("rules", position, "acceptable_by"), "only a blocker is accepted by somebody"
        shown.update(rule.obligations)
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
        if not obligation.shown_by and obligation.id not in shown:
            yield ("obligations", position, "shown_by"), "no question and no rule shows whether it is met"
    if release.roles_question not in questions:
        yield ("roles_question",), f"no question has the id {release.roles_question!r}"


def _dates(release: Release) -> Iterator[tuple[Path, str]]:
    for name in ("class_rules", "obligations"):
        for position, item in enumerate(getattr(release, name)):
            known = [change.known_from for change in item.dates]
            if not known:
                yield (name, position, "dates"), "missing: when is it known and from when does it apply?"
            if known != sorted(set(known)):
                yield (name, position, "dates"), "the dated changes must stand in the order in which they became known, each day once"
