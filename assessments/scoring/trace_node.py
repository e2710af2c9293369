"""A node of a derivation: ``name``, ``value`` (rounded as in the output), ``formula``, ``inputs`` (nodes), and where they apply ``key`` (where
the number stands in the output), ``unit`` (``EUR per month``, ``tokens``; ``share``: to be told in per cent), ``question``, ``basis``, ``source``
(ids of the catalogue's sources) and ``place`` (what the number hangs on where neither key nor question says it: ``costs.<category>``, ``@`` with
a part of the catalogue's reference data, ``#`` with the key of another number). Values are exact; ``printed.py`` puts them into print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.scoring.words import in_currency
from compliance.catalogue.index import Index

Node = dict[str, Any]


def node(name: str, value: str, formula: str = "", inputs: list[Node] | None = None, **more: Any) -> Node:
    return {"name": name, "value": value, "formula": formula, "inputs": inputs or [], **{k: v for k, v in more.items() if v}}


def leaf(of: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What makes two leaves the same, so that what stands further up, such as the months of the horizon, needn't be told again; None where the
    node is no leaf, or is an answer or a number of the output."""
    if of["inputs"] or of.get("question") or of.get("key"):
        return None
    return (of["name"], of["value"], of["formula"], *of.get("source", ()))


def figure_name(known: Index, category: str, key: str, alone: bool = False) -> str:
    """What the catalogue calls a cost figure, with its category before it unless it stands ``alone``."""
    of = known.cost_categories.get(category)
    field = next((f.text for f in of.fields if f.key == key), key.replace("_", " ")) if of else key.replace("_", " ")
    return field if alone else f"{of.title if of else category.replace('_', ' ')}: {field}"


def figure_unit(known: Index, category: str, key: str, currency: str) -> str:
    """The unit of a cost figure; money in ``currency``."""
    of = known.cost_categories.get(category)
    unit = in_currency(next((f.unit for f in of.fields if f.key == key), ""), currency) if of else ""
    return "share" if unit.startswith("share") else unit
