"""The evaluation's trace as the rows of the appendix "Where every number comes from". Pure.

Nothing of the trace is left out, but what would be said twice. A node that is no more than a name and a value, such as a price or a response,
stands in the line of the node that it goes into: that makes the appendix a third of the length. Figures are put into print here; the record
keeps them exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assessments.scoring import printed
from assessments.scoring.trace_node import leaf
from reports import wording
from reports.wording import word

Node = dict[str, Any]
DEEPEST = 5  # a row further down is indented no more
# What goes on from the value that stands before it, where anything else explains it after a colon.
_RUN_ON = ("[", "of each event", "of the draws near")

# The nodes at the top, by how their keys begin; those that have a heading of their own are no part of a group.
GROUPS = {"demand": "Demand", "break_even": "Break-even", "accountability": "Accountability premium"}


@dataclass(frozen=True)
class Row:
    """``level`` 0 is a node right below its section's heading; ``heading``: rows of its own follow it there; ``condition``: a formula of the
    catalogue that ``how`` has in words."""

    level: int
    heading: bool
    name: str
    value: str
    how: str
    condition: str = ""

    @property
    def said(self) -> str:
        """Value and how in one: ``0.5: Σ weight``, ``30 % of each event's cost``, ``× 0.8 [loss-assumptions]``."""
        apart = "" if not (self.value and self.how) else " " if self.how.startswith(_RUN_ON) else ": "
        return f"{self.value}{apart}{self.how}"


@dataclass
class Section:
    """A table; ``value`` and ``how`` are those of the node that the heading names; ``wide``: its names are whole sentences."""

    id: str
    title: str
    value: str = ""
    how: str = ""
    wide: bool = False
    rows: list[Row] = field(default_factory=list)


def derivation(trace: Node | None) -> list[Section]:
    """A section for each option and for each kind of other result, in the trace's order; none without a trace."""
    sections: list[Section] = []
    groups: dict[str, Section] = {}
    for node in (trace or {"inputs": []})["inputs"]:
        kind = node.get("key", "").partition(".")[0]
        id_ = f"derivation-{len(sections)}"
        if kind in GROUPS:
            if kind not in groups:
                groups[kind] = Section(id_, GROUPS[kind])
                sections.append(groups[kind])
            groups[kind].rows += _rows(node, 0)
            continue
        name = node["name"]
        title = name[:1].upper() + name[1:]
        if kind == "flips":
            sections.append(Section(id_, title, _value(node), _how(node, []), True, list(_changes(node["inputs"]))))
            continue
        rows = [row for part in node["inputs"] if not _plain(part) for row in _rows(part, 0)]
        sections.append(Section(id_, title, _value(node), _how(node, node["inputs"]), False, rows))
    return sections


def _changes(flips: list[Node]) -> Iterator[Row]:
    """Those found in one way below it, with no more than their distance: their sentences say what changes, from what, to what."""
    ways: dict[str, list[Row]] = {}
    for flip in flips:
        way, _, distance = flip["formula"].partition("; distance ")
        ways.setdefault(way, []).append(Row(1, False, flip["name"], "", printed.sentence(distance.partition(", from ")[0])))
    for way, rows in ways.items():
        yield Row(0, True, way[:1].upper() + way[1:], "", "")
        yield from rows


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for part in node["inputs"]:
        yield from walk(part)


def _plain(node: Node) -> bool:
    """Whether it says no more than a name and a value."""
    return not (node["inputs"] or node["formula"] or node.get("question") or node.get("basis") or node.get("source"))


def _rows(node: Node, level: int, above: frozenset[tuple[str, ...]] = frozenset()) -> Iterator[Row]:
    """``above``: the leaves that stand with a node further up, such as the months of the horizon, and aren't told again."""
    parts = [part for part in node["inputs"] if not (leaf(part) in above or told_by(part))]
    rest = [part for part in parts if not _plain(part)]
    below = above | {same for part in parts if (same := leaf(part))}
    yield Row(min(level, DEEPEST), level == 0 and bool(rest), node["name"], _value(node), _how(node, parts), node.get("condition", ""))
    for part in rest:
        yield from _rows(part, level + 1, below)


def told_by(node: Node) -> str:
    """The sentence that stands for all nodes of this kind where everything is answered; empty where the node tells more."""
    if node["formula"] == "the value: everything is answered":
        return "what is answered in full counts as it does in the score"
    if node["name"].startswith("completeness of ") and node["value"] == "1.0000" and not node["inputs"]:
        return "what isn't named is answered in full"
    return ""


def _value(node: Node) -> str:
    return printed.value(node["value"], node.get("unit", ""))


def _how(node: Node, inputs: list[Node]) -> str:
    """Formula, what goes in, basis and sources, each in a sentence of its own. ``inputs``: those that stand nowhere above."""
    told = next((sentence for part in node["inputs"] if (sentence := told_by(part))), "")
    given = ", ".join(part for part in (node.get("question", ""), _given(inputs)) if part)
    basis = word(node["basis"], wording.BASES).lower() if node.get("basis") else ""
    sentences = (
        "; ".join(part for part in (printed.sentence(node["formula"]), told) if part),
        f"From {given}" if given else "",
        f"Basis: {basis}" if basis else "",
        f"[{', '.join(node['source'])}]" if node.get("source") else "",
    )
    return ". ".join(sentence for sentence in sentences if sentence)


def _given(inputs: list[Node]) -> str:
    """The inputs that need no row of their own; what several of them are of, such as an option, is named once."""
    told: list[str] = []
    of = ""
    for part in filter(_plain, inputs):
        before, apart, name = part["name"].rpartition(": ")
        told_name, value = name if apart and before == of else part["name"], _value(part)
        # A name may be a sentence or have figures of its own, so that it must be seen where the value begins.
        text = told_name if not value else f"{told_name} {value}" if value.startswith("×") else f"{told_name} = {value}"
        if apart and before == of:
            told[-1] += f", {text}"
        else:
            told.append(text)
        of = before
    return "; ".join(told)
