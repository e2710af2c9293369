"""How figures of an evaluation are written on its pages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from accounts import formats
from assessments.charts.drawing import Manner

Content = Mapping[str, Any]


def manner() -> Manner:
    """How charts on a page are written: as whoever reads it does."""
    return Manner(gettext, formats.number, formats.day, formats.month, formats.style().swapped)


def amount(text: str | None) -> str:
    """Money for reading: whole units from a thousand on, else cents."""
    if text is None:
        return ""
    figure = Decimal(text)
    return formats.number(f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:,.2f}")


def percent(share: str) -> str:
    return f"{Decimal(share) * 100:.0f}"


def short(value: str) -> str:
    """A value of 0 to 1 with two places."""
    return formats.number(f"{Decimal(value):.2f}")


def number(text: str, key: str, of: str) -> dict[str, str]:
    """A number for ``_number_if.html``: ``key`` is where it stands in the output, ``of`` says aloud what it is of."""
    return {"text": text, "key": key, "of": of}


def numbers_of(tree: Content | None) -> dict[str, Content]:
    """The nodes of a derivation by their keys: a number that has none can't be asked where it comes from."""
    found: dict[str, Content] = {}
    waiting = [tree] if tree else []
    for node in waiting:  # grows while it is read; the node nearest to the root counts
        if "key" in node:
            found.setdefault(node["key"], node)
        waiting.extend(node["inputs"])
    return found


def names_of(content: Content) -> dict[str, str]:
    """Option id -> name."""
    return {option["id"]: option["name"] for option in content["options"]}
