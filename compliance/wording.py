"""Takes a condition of the catalogue apart, so that a page can say it in words. Reads the part of CEL that the catalogue allows, and no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Relation = Literal["is", "is_not", "includes", "excludes", "exactly", "not_exactly", "some", "none"]
_TOKEN = re.compile(r'\s*(?:("[^"]*")|(&&|\|\||==|!=|>=|<=|[!()\[\],<>])|([A-Za-z_]\w*)|(\d+))')
_OPPOSITE: dict[Relation, Relation] = {
    "is": "is_not", "is_not": "is", "includes": "excludes", "excludes": "includes", "exactly": "not_exactly", "not_exactly": "exactly",
    "some": "none", "none": "some",
}  # fmt: skip
_SIZES: dict[tuple[str, str], Relation] = {
    (">", "0"): "some",
    ("!=", "0"): "some",
    (">=", "1"): "some",
    ("==", "0"): "none",
    ("<", "1"): "none",
}
# Of one variable, these stand for a single test with several values: any of them under "any", each of them under "all".
_JOINED = {"any": ("is", "includes"), "all": ("is_not", "excludes")}


class Unreadable(ValueError):
    """CEL, but not of the part that is read here."""


@dataclass(frozen=True)
class Asks:
    """What a condition asks of one variable; ``some`` and ``none`` ask whether anything was chosen at all."""

    variable: str
    relation: Relation
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """``all`` of nothing always holds; ``any`` of nothing never does."""

    kind: Literal["all", "any"]
    parts: tuple[Asks | Group, ...]


Reading = Asks | Group


@lru_cache(maxsize=4096)
def reading(condition: str) -> Reading:
    """The condition as tests in groups, with no negation but in the tests. Raises Unreadable."""
    parser = _Parser(condition)
    found = parser.either(negated=False)
    parser.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[str] = []
        while text[self.at :].strip():
            match = _TOKEN.match(text, self.at)
            if match is None:
                raise Unreadable(text)
            self.tokens.append(match.group().strip())
            self.at = match.end()
        self.next = 0

    def peek(self) -> str:
        return self.tokens[self.next] if self.next < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Unreadable(self.text)
        self.next += 1
        return token

    def end(self) -> None:
        if self.peek():
            raise Unreadable(self.text)

    def either(self, negated: bool) -> Reading:
        parts = [self.both(negated)]
        while self.peek() == "||":
            self.take()
            parts.append(self.both(negated))
        return _group("all" if negated else "any", parts)

    def both(self, negated: bool) -> Reading:
        parts = [self.one(negated)]
        while self.peek() == "&&":
            self.take()
            parts.append(self.one(negated))
        return _group("any" if negated else "all", parts)

    def one(self, negated: bool) -> Reading:
        if self.peek() == "!":
            self.take()
            return self.one(not negated)
        if self.peek() == "(":
            self.take()
            inner = self.either(negated)
            self.take(")")
            return inner
        if self.peek() in ("true", "false"):
            return Group("all" if (self.take() == "true") != negated else "any", ())
        test = self.test()
        return replace(test, relation=_OPPOSITE[test.relation]) if negated else test

    def test(self) -> Asks:
        first = self.take()
        if first.startswith('"'):
            self.take("in")
            return Asks(self.name(), "includes", (first[1:-1],))
        if first == "size" and self.peek() == "(":
            self.take("(")
            name = self.name()
            self.take(")")
            compared = (self.take(), self.take())
            if compared not in _SIZES:
                raise Unreadable(self.text)
            return Asks(name, _SIZES[compared])
        if not first.isidentifier():
            raise Unreadable(self.text)
        sign = self.take()
        if sign == "in":
            return Asks(first, "is", self.texts())
        if sign not in ("==", "!="):
            raise Unreadable(self.text)
        if self.peek() == "[":
            return Asks(first, "exactly" if sign == "==" else "not_exactly", self.texts())
        return Asks(first, "is" if sign == "==" else "is_not", (self.string(),))

    def name(self) -> str:
        token = self.take()
        if not token.isidentifier():
            raise Unreadable(self.text)
        return token

    def string(self) -> str:
        token = self.take()
        if not token.startswith('"'):
            raise Unreadable(self.text)
        return token[1:-1]

    def texts(self) -> tuple[str, ...]:
        self.take("[")
        found: list[str] = []
        while self.peek() != "]":
            found.append(self.string())
            if self.peek() == ",":
                self.take()
        self.take("]")
        return tuple(found)


def _group(kind: Literal["all", "any"], parts: list[Reading]) -> Reading:
    """The parts as one: like groups flattened, tests of one variable joined where they say the same together."""
    flat: list[Reading] = []
    for part in parts:
        flat += part.parts if isinstance(part, Group) and part.kind == kind else [part]
    joined: list[Reading] = []
    for part in flat:
        last = joined[-1] if joined else None
        if (
            isinstance(part, Asks)
            and isinstance(last, Asks)
            and (last.variable, last.relation) == (part.variable, part.relation)
            and part.relation in _JOINED[kind]
        ):
            joined[-1] = replace(last, values=tuple(dict.fromkeys((*last.values, *part.values))))
        else:
            joined.append(part)
    return joined[0] if len(joined) == 1 else Group(kind, tuple(joined))
