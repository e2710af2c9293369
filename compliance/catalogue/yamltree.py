"""YAML as a tree of source texts with line numbers.

Scalars keep the text that stands in the file (``yes``, ``2`` and ``50.1`` are what the reader's schema says they are, not what YAML guesses).
libyaml's composer reads the file; its resolver of types is never asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import yaml

MAX_NODES = 100_000
MAX_DEPTH = 50
NULLS = {"", "~", "null"}


@dataclass(frozen=True)
class Problem:
    """What is wrong at ``line`` (from 1) under the dotted ``key``."""

    line: int
    key: str
    message: str


class YamlProblems(ValueError):
    """All that is wrong with a file, in order of its lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: p.line)
        super().__init__("; ".join(f"line {p.line}: {p.key}: {p.message}" for p in self.problems))


@dataclass(frozen=True)
class Node:
    """``entries`` of a map keep the order of the file; ``text`` is a scalar's source text with its quotes removed."""

    kind: Literal["map", "list", "scalar", "null"]
    line: int
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: dict[str, tuple[Node, Node]] = field(default_factory=dict)

    def plain(self) -> object:
        """dicts, lists, strings and None: what pydantic converts by the type of each field."""
        if self.kind == "map":
            return {key: value.plain() for key, (_, value) in self.entries.items()}
        if self.kind == "list":
            return [item.plain() for item in self.items]
        return self.text if self.kind == "scalar" else None

    def find(self, path: tuple[str | int, ...]) -> Node:
        """The deepest node on ``path`` that exists: where an error is to be reported."""
        node = self
        for step in path:
            if node.kind == "map" and step in node.entries:
                node = node.entries[str(step)][1]
            elif node.kind == "list" and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            else:
                break
        return node


def parse(text: str) -> Node:
    """Read one YAML document; raises YamlProblems for broken syntax, duplicate keys, tags, several documents, runaway aliases and nesting."""
    problems: list[Problem] = []
    try:
        tagged = _tagged_lines(text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblems([Problem(mark.line + 1 if mark else 1, "", f"not readable as YAML: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        raise YamlProblems([Problem(1, "", f"not readable as YAML: {error}")]) from None
    if root is None:
        return Node("null", 1)
    tree = _Builder(problems, tagged).build(root, "", ())
    if problems:
        raise YamlProblems(problems)
    return tree


def _tagged_lines(text: str) -> set[int]:
    """Lines (from 0) of explicit tags: the composer resolves plain scalars to tags too, so only events tell them apart.

    The composer recurses in C, and deep nesting would end the process, so the events are asked for their depth before it runs.
    """
    tagged, depth = set(), 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise YamlProblems([Problem(line, "", f"nested more than {MAX_DEPTH} levels deep; write it flatter")])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "tag", None) is not None and event.start_mark is not None:
            tagged.add(event.start_mark.line)
    return tagged


class _Builder:
    def __init__(self, problems: list[Problem], tagged: set[int]) -> None:
        self.problems = problems
        self.tagged = tagged
        self.count = 0

    def build(self, node: yaml.Node, key: str, above: tuple[int, ...]) -> Node:
        line = node.start_mark.line + 1
        self.count += 1
        if id(node) in above:
            self.problems.append(Problem(line, key, "an alias that contains itself; write the content out"))
            return Node("null", line)
        if self.count > MAX_NODES:
            if self.count == MAX_NODES + 1:
                self.problems.append(Problem(line, key, f"more than {MAX_NODES} values after aliases are expanded; write less"))
            return Node("null", line)
        if node.start_mark.line in self.tagged:
            self.tagged.discard(node.start_mark.line)
            self.problems.append(Problem(line, key, "a YAML tag (!...) is not allowed; leave it out"))
        above += (id(node),)
        if isinstance(node, yaml.MappingNode):
            return self._map(node, key, above)
        if isinstance(node, yaml.SequenceNode):
            return Node("list", line, items=tuple(self.build(v, f"{key}[{i}]", above) for i, v in enumerate(node.value)))
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        if plain and node.value in NULLS:
            return Node("null", line)
        return Node("scalar", line, text=node.value)

    def _map(self, node: yaml.MappingNode, key: str, above: tuple[int, ...]) -> Node:
        entries: dict[str, tuple[Node, Node]] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line, key, "a key must be a plain word, not a list or a map"))
                continue
            name = key_node.value
            path = f"{key}.{name}" if key else name
            if name in entries:
                self.problems.append(Problem(line, path, f"the key stands twice; it stood first on line {entries[name][0].line}"))
                continue
            entries[name] = (Node("scalar", line, text=name), self.build(value_node, path, above))
        return Node("map", node.start_mark.line + 1, entries=entries)
