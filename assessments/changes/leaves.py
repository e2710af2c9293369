"""Every leaf in which two JSON documents differ; the items of a list are told apart by what names them, not by their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

Path = tuple[str, ...]


class Absent(Enum):
    """Not there at all, which isn't the same as null or an empty text."""

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT
ORDER = "(order)"
# The first of these that all items of both lists have, with no two alike, names them. What names an item within its option comes first.
NAMES: tuple[tuple[str, ...], ...] = (
    ("option", "id"), ("option", "finding"), ("option", "figure"), ("option", "against"),
    ("id",), ("reference",), ("sha256",), ("key",), ("title",), ("text",), ("amount",), ("basis",), ("between",), ("name",),
)  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """A place where the two differ. ``depth``: how much of the path leads to the outermost thing that only one of them has; more than
    the path's own length where both have the leaf."""

    path: Path
    before: Any
    after: Any
    depth: int

    @property
    def came(self) -> bool:
        return self.before is ABSENT

    @property
    def went(self) -> bool:
        return self.after is ABSENT

    def came_with(self, length: int) -> bool:
        """Whether it came along with the thing that the first ``length`` parts of its path name."""
        return self.came and self.depth <= length

    def went_with(self, length: int) -> bool:
        return self.went and self.depth <= length


def differences(before: Any, after: Any, path: Path = (), depth: int | None = None) -> Iterator[Leaf]:
    """Each differing leaf once, in the order of ``after``, what only ``before`` has at its former place's end.

    A list of plain values is one leaf. Items in another order give one leaf more, named ``ORDER``, with the names of the common ones.
    """
    if depth is None and (before is ABSENT or after is ABSENT):
        depth = len(path)
    inside = _inside(before, after)
    if inside is None:
        if not same(before, after):
            yield Leaf(path, before, after, len(path) + 1 if depth is None else depth)
        return
    old, new = inside
    for key in (*new, *(k for k in old if k not in new)):
        yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key), depth)
    if isinstance(before, list) and isinstance(after, list):
        were, are = [k for k in old if k in new], [k for k in new if k in old]
        if were != are:
            yield Leaf((*path, ORDER), were, are, len(path) + 2)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: unlike in Python, true isn't 1."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return written(one) == written(other)


def written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _inside(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What the two hold, by name, if they are of one kind that holds something; None where they are leaves."""
    both = [value for value in (before, after) if value is not ABSENT]
    if not any(both):
        return None
    if all(isinstance(value, dict) for value in both):
        return before or {}, after or {}
    if all(isinstance(value, list) and all(isinstance(item, dict) for item in value) for value in both):
        return _named(before or [], after or [])
    return None


def _named(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    if all("what" in item and "distance" in item for item in (*before, *after)):
        old, new = ({_turn(item): item for item in items} for items in (before, after))
        if len(old) == len(before) and len(new) == len(after):
            return old, new
    for fields in NAMES:
        if all(_names(item, fields) for item in (*before, *after)):
            old, new = ({_name(item, fields): item for item in items} for items in (before, after))
            if len(old) == len(before) and len(new) == len(after):
                return old, new
    return {f"#{n}": item for n, item in enumerate(before, 1)}, {f"#{n}": item for n, item in enumerate(after, 1)}


def _turn(item: dict[str, Any]) -> str:
    """What names a way to another result: what changes and who leads then, and not by how much."""
    held = ("what", "leader", "option", "question", "criterion", "figure", "answer")
    to = [item.get("to_value")] if item.get("what") == "response" else []
    return "/".join(str(part or "") for part in (*(item.get(key) for key in held), *to))


def _names(item: dict[str, Any], fields: tuple[str, ...]) -> bool:
    return all(isinstance(item.get(field), (str, int, list)) for field in fields)


def _name(item: dict[str, Any], fields: tuple[str, ...]) -> str:
    return "/".join(_text(item[field]) for field in fields)


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "/".join(value)
    return value if isinstance(value, str) else written(value)
