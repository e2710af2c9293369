"""Typed reading of YAML nodes: every mistake is noted with its line and key, and reading goes on, so that all come at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compliance.catalogue.yamltree import Node

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]*")
CURRENCY = re.compile(r"[A-Z]{3}")
MAX_NUMBER_LENGTH = 40
# No price, share or speed is finer; products of finer ones would leave the range of a binary float, which draws compute in.
FINEST = Decimal("1e-12")
TOO_CLOSE = f"is too close to 0: the nearest that is taken is {FINEST:f}"
MAX_TEXT = 10_000
NAMED_AT_MOST = 12


@dataclass(frozen=True)
class FileError:
    """What is wrong at ``line`` (from 1) under the dotted ``key``, and what would be right."""

    line: int
    key: str
    message: str


class FileErrors(ValueError):
    """Everything that is wrong with an assessment file; as text one ``FILE:LINE: KEY: message`` a line."""

    def __init__(self, path: str, errors: Iterable[FileError]) -> None:
        self.path = path
        self.errors = tuple(sorted(errors, key=lambda e: e.line))
        super().__init__("\n".join(f"{path}:{e.line}: {e.key or 'file'}: {e.message}" for e in self.errors))


@dataclass(frozen=True)
class Bounds:
    """What a figure may be: from ``least`` (itself only where ``closed``) to ``most``; ``whole``: no fractions."""

    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10) ** 15
    closed: bool = True
    whole: bool = False

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        start = f"from {self.least:f}" if self.closed else f"above {self.least:f}"
        return f"{kind} {start} to {self.most:f}"

    def hold(self, figure: Decimal) -> bool:
        inside = self.least <= figure <= self.most if self.closed else self.least < figure <= self.most
        return inside and (not self.whole or figure == figure.to_integral_value())


def too_close(figure: Decimal) -> bool:
    """Whether it is finer than any figure has a use for."""
    return bool(figure) and abs(figure) < FINEST


def known_ids(ids: Iterable[str]) -> str:
    """Ids for a message, cut short where there are many."""
    listed = list(ids)
    more = f" and {len(listed) - NAMED_AT_MOST} more" if len(listed) > NAMED_AT_MOST else ""
    return ", ".join(listed[:NAMED_AT_MOST]) + more


def suggestion(word: str, ids: Iterable[str]) -> str:
    """``did you mean ...?`` where one is near, else the ids there are."""
    listed = list(ids)
    near = difflib.get_close_matches(word, listed, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {known_ids(listed)}"


class Reader:
    """Collects errors; each method returns None (or what could be read) after noting what is wrong."""

    def __init__(self) -> None:
        self.errors: list[FileError] = []

    def note(self, node: Node, key: str, message: str) -> None:
        self.errors.append(FileError(node.line, key, message))

    def entries(self, node: Node | None, key: str, allowed: Iterable[str]) -> Mapping[str, Node]:
        """The entries of a map whose keys must be among ``allowed``; an absent or empty node has none. Null entries are left out."""
        found: dict[str, Node] = {}
        allowed = list(allowed)
        for name, (name_node, value) in self.raw_entries(node, key).items():
            if name not in allowed:
                self.note(name_node, joined(key, name), f"unknown key; {suggestion(name, allowed)}")
            elif value.kind != "null":
                found[name] = value
        return found

    def raw_entries(self, node: Node | None, key: str) -> Mapping[str, tuple[Node, Node]]:
        if node is None or node.kind == "null":
            return {}
        if node.kind != "map":
            self.note(node, key, "must be a map of keys and values")
            return {}
        return node.entries

    def text(self, node: Node | None, key: str) -> str:
        if node is None or node.kind == "null":
            return ""
        if node.kind != "scalar":
            self.note(node, key, "must be a text")
            return ""
        if len(node.text) > MAX_TEXT:
            self.note(node, key, f"has {len(node.text)} characters; {MAX_TEXT} is the most")
        return node.text

    def one_of(self, node: Node | None, key: str, ids: Iterable[str], what: str) -> str | None:
        if node is None or node.kind == "null":
            return None
        listed = list(ids)
        if node.kind != "scalar":
            self.note(node, key, f"must be one {what}: {known_ids(listed)}")
            return None
        if node.text not in listed:
            self.note(node, key, f"no {what} {node.text!r}; {suggestion(node.text, listed)}")
            return None
        return node.text

    def identifier(self, node: Node, key: str) -> str | None:
        if node.kind != "scalar" or not IDENTIFIER.fullmatch(node.text) or len(node.text) > 80:
            self.note(node, key, "must be lower-case letters, digits and hyphens, such as vendor-api")
            return None
        return node.text

    def currency(self, node: Node | None, key: str) -> str | None:
        if node is None:
            return None
        if node.kind != "scalar" or not CURRENCY.fullmatch(node.text):
            self.note(node, key, "must be a currency of three capital letters, such as EUR")
            return None
        return node.text

    def date(self, node: Node | None, key: str) -> date | None:
        if node is None or node.kind == "null":
            return None
        try:
            if node.kind == "scalar" and DATE.fullmatch(node.text):
                return date.fromisoformat(node.text)
        except ValueError:
            pass
        self.note(node, key, "must be a day written as 2026-11-23")
        return None

    def number(self, node: Node | None, key: str, bounds: Bounds) -> Decimal | None:
        if node is None or node.kind == "null":
            return None
        if node.kind != "scalar" or len(node.text) > MAX_NUMBER_LENGTH or not NUMBER.fullmatch(node.text):
            shown = f"{node.text[:MAX_NUMBER_LENGTH]!r} is not a number" if node.kind == "scalar" else "not a number"
            self.note(node, key, f"{shown}; write {bounds}, without thousands separators or units")
            return None
        figure = Decimal(node.text)
        if not figure:
            figure = figure.copy_abs()  # -0 is 0
        if not bounds.hold(figure):
            self.note(node, key, f"{node.text} is out of range; write {bounds}")
            return None
        if too_close(figure):
            self.note(node, key, f"{node.text} {TOO_CLOSE}")
            return None
        return figure


def joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
