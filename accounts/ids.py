"""Ids that come from outside: from an address, a form, or a row that somebody may have changed by hand."""

from __future__ import annotations

from uuid import UUID


def uuid_in(text: str) -> UUID | None:
    """The UUID that ``text`` is; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
