"""A node of a derivation: ``name``, ``value`` (rounded as in the output), ``formula``, ``inputs`` (nodes), and where they apply ``key`` (where
the number stands in the output), ``question``, ``basis`` and ``source`` (ids of the catalogue's sources)."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]


def node(name: str, value: str, formula: str = "", inputs: list[Node] | None = None, **more: Any) -> Node:
    return {"name": name, "value": value, "formula": formula, "inputs": inputs or [], **{k: v for k, v in more.items() if v}}
