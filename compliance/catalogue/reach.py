"""What answers can reach: a search over conditions, which read only questions with finitely many answers.

A question's answer counts only while the question is asked, so each assignment is built in the order in which conditions read: a hidden
question is "" or [], an asked one takes each of the ids that some condition tells apart, and one that none does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compliance.catalogue.conditions import candidates, literals, references, truth
from compliance.catalogue.index import Domain, Index

Bound = dict[str, str | list[str] | tuple[str, ...]]


class Circular(ValueError):
    """A condition hangs on itself; where it starts is in the argument."""


def assignments(expression: str, known: Index, domains: Mapping[str, Domain], prune: bool = True) -> Iterator[Bound]:
    """The consistent answers to everything that ``expression`` hangs on, directly or through what hides a question.

    With ``prune`` only those that make it true, each as soon as it is certain: what comes after is then left out. Raises Circular.
    """
    order = _order(expression, known)
    conditions = [expression, *(w for name in order if (w := _when(name, known)))]
    mentioned = {name: frozenset().union(*(literals(c) for c in conditions if name in references(c))) for name in order}

    def search(position: int, bound: Bound) -> Iterator[Bound]:
        if prune and (outcome := truth(expression, bound)) is not None:
            if outcome:
                yield bound
            return
        if position == len(order):
            yield bound
            return
        name = order[position]
        domain = domains.get(name)
        condition = _when(name, known)
        if condition and truth(condition, bound) is False:
            yield from search(position + 1, {**bound, name: [] if domain and domain[0] == "choices" else ""})
            return
        for value in candidates(domain, mentioned[name]):
            yield from search(position + 1, {**bound, name: value})

    return search(0, {})


def reachable(expression: str, known: Index, domains: Mapping[str, Domain]) -> bool:
    """Whether some answers make ``expression`` true. Raises Circular."""
    return next(assignments(expression, known, domains), None) is not None


def decides(name: str, expression: str, known: Index, domains: Mapping[str, Domain]) -> tuple[Bound, Bound] | None:
    """Two answers to ``name`` beside the same others, one of which makes ``expression`` true and the other not; None where there are none."""
    values = candidates(domains.get(name), literals(expression))
    for bound in assignments(expression, known, domains):
        if name not in bound:
            continue
        for value in values:
            if truth(expression, other := {**bound, name: value}) is not True:
                return bound, other
    return None


def _when(name: str, known: Index) -> str | None:
    question = known.by_variable.get(name)
    return question.when if question else None


def _order(expression: str, known: Index) -> list[str]:
    """Every variable of the closure, after all those that decide whether it is asked."""
    order: list[str] = []
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in under_way:
            raise Circular(name)
        under_way.append(name)
        condition = _when(name, known)
        for other in sorted(references(condition)) if condition else ():
            visit(other)
        under_way.remove(name)
        order.append(name)

    for name in sorted(references(expression)):
        visit(name)
    return order
