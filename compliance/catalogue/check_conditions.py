"""Checks of conditions: that each can be read, that none hangs on itself, and that no question, finding, duty or loss is a dead end."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.catalogue.conditions import functions, literals, references, truth
from compliance.catalogue.index import ActVariables, Domain, Index, index, questions_in
from compliance.catalogue.model import Release
from compliance.catalogue.reach import Circular, reachable

Path = tuple[str | int, ...]
Problems = Iterator[tuple[Path, str]]

ALLOWED_FUNCTIONS = {"!_", "@in", "_&&_", "_==_", "_!=_", "_>_", "_||_", "size"}
SCOPES = {"use_case": ("use_case",), "option": ("use_case", "option")}
DEAD_ENDS = {
    "questionnaires": "no answers make this true: the question can never be reached",
    "rules": "no answers make this true: the finding can never be made",
    "obligations": "no answers make this true: the obligation can never apply",
    "class_rules": "no answers make this true: the line can never hold",
    "losses": "no answers make this true: it can never count",
}


def conditions(release: Release) -> Problems:
    """What is wrong with any condition. Circles and dead ends are looked for only where every condition can be read."""
    known = index(release)
    all_of = list(_conditions(release))
    unreadable = [problem for path, expression, domains in all_of for problem in _unreadable(path, expression, domains)]
    yield from unreadable
    if unreadable:
        return
    circles = list(_circles(release, known))
    yield from circles
    if circles:
        return
    for path, expression, domains in all_of:
        if path[-1] == "when" and not reachable(expression, known, domains):
            yield path, DEAD_ENDS[str(path[0])]


def _conditions(release: Release) -> Iterator[tuple[Path, str, dict[str, Domain]]]:
    """Every condition with its place and the variables that it may read."""
    known = index(release)
    acts = ActVariables(release).of_class
    domains = {scope: known.domains(scopes) for scope, scopes in SCOPES.items()}
    for path, question in questions_in(release):
        if question.when is not None:
            yield (*path, "when"), question.when, domains[question.scope]
    for position, rule in enumerate(release.rules):
        yield ("rules", position, "when"), rule.when, {**domains[rule.scope], **acts}
    for position, line in enumerate(release.class_rules):
        yield ("class_rules", position, "when"), line.when, domains["use_case"]
    for position, obligation in enumerate(release.obligations):
        readable = {**domains[obligation.scope], **acts}
        yield ("obligations", position, "when"), obligation.when, readable
        if obligation.met_when is not None:
            yield ("obligations", position, "met_when"), obligation.met_when, readable
    readable = {**domains["option"], **acts}
    for position, loss in enumerate(release.losses):
        if loss.when is not None:
            yield ("losses", position, "when"), loss.when, readable
        for at, change in enumerate(loss.changes):
            yield ("losses", position, "changes", at, "when"), change.when, readable
        for at, transfer in enumerate(loss.transfers):
            yield ("losses", position, "transfers", at, "when"), transfer.when, readable


def _unreadable(path: Path, expression: str, domains: dict[str, Domain]) -> Problems:
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
        sample = {
            name: (list(ids[:1]) if kind == "choices" else (ids or ("",))[0]) for name, (kind, ids) in domains.items() if name in names
        }
        try:
            truth(expression, sample)
        except ValueError as error:
            yield path, str(error)


def _circles(release: Release, known: Index) -> Problems:
    for path, question in questions_in(release):
        if question.when is None:
            continue
        try:
            reachable(question.when, known, known.domains(SCOPES[question.scope]))
        except Circular as error:
            through = known.by_variable[str(error)]
            yield (*path, "when"), f"{question.id!r} hangs on itself, by {through.id!r}"
