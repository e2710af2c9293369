"""What one entry says against what its columns and private texts say. Reads no table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from audit.sentences import person_named_by
from audit.trail import FORMAT, private_digest, time_text

COLUMNS = ("stream", "at", "actor", "action", "object_type", "object_id", "request")
Finding = tuple[str, str]  # the kind of a problem, and a sentence about it


def readable(data: bytes) -> dict[str, Any]:
    """Parse the bytes of an event; raises ValueError, KeyError or TypeError where they aren't one."""
    body: dict[str, Any] = json.loads(data)
    if body["format"] != FORMAT:
        raise ValueError(f"its format is {body['format']!r}, not {FORMAT!r}")
    datetime.fromisoformat(body["at"])
    stated_columns(body)
    if not isinstance(body["private"], dict) or not isinstance(body["changes"], dict) or not isinstance(body["index"], int):
        raise ValueError("its private, changes or index is of another type")
    return body


def stated_columns(body: dict[str, Any]) -> tuple[str, ...]:
    """What the columns for searching must hold, in the order of COLUMNS."""
    about = body["object"]
    return body["stream"], body["at"], body["actor"] or "", body["action"], about["type"], about["id"], body["request"] or ""


def compare_columns(index: int, body: dict[str, Any], stored: tuple[Any, ...]) -> Iterator[Finding]:
    """``stored``: the columns' values in the order of COLUMNS."""
    if body["index"] != index:
        yield "reordered", f"entry {index}: its bytes were written as entry {body['index']}"
    shown = (stored[0], time_text(stored[1]), *stored[2:])
    stated = stated_columns(body)
    if shown != stated:
        for name, value, hashed in zip(COLUMNS, shown, stated, strict=True):
            if value != hashed:
                yield "column", f"entry {index}: the column {name} says {value!r}, the hashed bytes {hashed!r}"


def missing_texts(body: dict[str, Any], held: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The keys of the private texts that are no longer there, each with the reference of the person whom it named, or ""."""
    for key in body["private"].keys() - set(held):
        yield key, person_named_by(key, body)


def compare_private(index: int, body: dict[str, Any], texts: Iterable[tuple[str, str, bytes, str]]) -> Iterator[Finding]:
    """``texts``: the private texts that are still there, each with its key, text, salt, and whom it is filed under."""
    for key, text, salt, about in texts:
        where = f"entry {index}: the private text {key!r}"
        digest = body["private"].get(key)
        if digest is None:
            yield "private", f"{where} isn't part of the entry"
        elif digest != private_digest(salt, text):
            yield "private", f"{where} was changed: its digest isn't the one that was hashed"
        elif about != person_named_by(key, body):
            yield "private", f"{where} is filed under {about!r}, which the entry doesn't say"
