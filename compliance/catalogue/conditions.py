"""Conditions in CEL, read with three values.

CEL's ``&&`` and ``||`` absorb what can't be evaluated (``false && unknown`` is false), which is Kleene's logic once a missing answer is a
missing variable. https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations, product

import cel

Bindings = Mapping[str, str | list[str] | tuple[str, ...]]
_UNDEFINED = "Undefined variable"
_LITERAL = re.compile(r'"([^"]*)"')


@lru_cache(maxsize=4096)
def _program(expression: str) -> cel.Program:
    return cel.compile(expression)


@lru_cache(maxsize=4096)
def references(expression: str) -> frozenset[str]:
    """The variables an expression names. Raises ValueError where it isn't CEL."""
    return frozenset(_program(expression).variables())


@lru_cache(maxsize=4096)
def _names(expression: str) -> tuple[str, ...]:
    return tuple(sorted(references(expression)))


@lru_cache(maxsize=4096)
def functions(expression: str) -> frozenset[str]:
    return frozenset(_program(expression).functions())


@lru_cache(maxsize=4096)
def literals(expression: str) -> frozenset[str]:
    """The texts in double quotes that an expression compares with."""
    return frozenset(_LITERAL.findall(expression))


@lru_cache(maxsize=65536)
def _evaluate(expression: str, bound: tuple[tuple[str, str | tuple[str, ...]], ...]) -> bool | None:
    variables = {name: list(value) if isinstance(value, tuple) else value for name, value in bound}
    try:
        outcome = _program(expression).execute(variables)
    except (RuntimeError, TypeError) as error:
        if isinstance(error, RuntimeError) and _UNDEFINED in str(error):
            return None
        raise ValueError(f"condition {expression!r}: {str(error).split('.')[0]}") from error
    if not isinstance(outcome, bool):
        raise ValueError(f"condition {expression!r} gives {outcome!r}, which is neither true nor false")
    return outcome


def truth(expression: str, variables: Bindings) -> bool | None:
    """True, False, or None where the outcome needs a variable that ``variables`` lacks. Raises ValueError for a type error."""
    bound: list[tuple[str, str | tuple[str, ...]]] = []
    for name in _names(expression):
        value = variables.get(name)
        if value is not None:
            bound.append((name, value if isinstance(value, str) else tuple(value)))
    return _evaluate(expression, tuple(bound))


def needed(expression: str, variables: Bindings, domains: Mapping[str, tuple[str, tuple[str, ...]]]) -> frozenset[str]:
    """Which missing variables the outcome of an unknown condition hangs on.

    ``domains`` gives for each variable its kind (``choice`` or ``choices``) and the ids it can take. Every missing variable is tried with
    each id that the expression mentions and with one that it doesn't; a variable that never changes the outcome isn't needed.
    """
    missing = sorted(name for name in references(expression) if name not in variables)
    spaces = [candidates(domains.get(name), literals(expression)) for name in missing]
    outcomes = {
        combination: truth(expression, {**variables, **dict(zip(missing, combination, strict=True))}) for combination in product(*spaces)
    }
    needed_names = set()
    for position, name in enumerate(missing):
        seen: dict[tuple[str | tuple[str, ...], ...], bool | None] = {}
        for combination, outcome in outcomes.items():
            others = combination[:position] + combination[position + 1 :]
            if seen.setdefault(others, outcome) != outcome:
                needed_names.add(name)
                break
    return frozenset(needed_names)


def possible(expression: str, domains: Mapping[str, tuple[str, tuple[str, ...]]]) -> set[bool | None]:
    """Every outcome that some answers give."""
    names = sorted(references(expression))
    spaces = [candidates(domains.get(name), literals(expression)) for name in names]
    return {truth(expression, dict(zip(names, combination, strict=True))) for combination in product(*spaces)}


def candidates(domain: tuple[str, tuple[str, ...]] | None, mentioned: frozenset[str]) -> list[str | tuple[str, ...]]:
    """The answers that conditions tell apart: each id that they mention, and one that they don't."""
    if domain is None:
        return [*sorted(mentioned), ""]
    kind, ids = domain
    relevant = [i for i in ids if i in mentioned]
    others = [i for i in ids if i not in mentioned][:1]
    if kind == "choice":
        return [*relevant, *others]
    # A list may hold any of the mentioned ids; beyond six the pairs stand for the larger subsets.
    sizes = range(len(relevant) + 1) if len(relevant) <= 6 else (0, 1, 2, len(relevant))
    subsets: list[str | tuple[str, ...]] = [chosen for size in sizes for chosen in combinations(relevant, size)]
    if others:
        subsets.append(tuple(others))
    return subsets
