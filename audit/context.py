"""The id of the request in hand: what one person's click caused carries one id in the trail and in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("audit_request_id", default=None)
_REQUEST_ID = re.compile(r"[0-9A-Za-z:._-]{1,64}")


def current_request_id() -> str | None:
    """Return the id of the request or task in hand, or None outside of one."""
    return _current.get()


def is_request_id(value: object) -> bool:
    """Tell whether a value may serve as one: 1 to 64 letters, digits and ``: . _ -``."""
    return isinstance(value, str) and _REQUEST_ID.fullmatch(value) is not None


@contextmanager
def request_id(value: str) -> Iterator[None]:
    """Group all events that are recorded inside under one id; raises ValueError for one that the trail can't hold."""
    if not is_request_id(value):
        raise ValueError(f"{value!r} is no request id: use 1 to 64 letters, digits and : . _ -")
    token = _current.set(value)
    try:
        yield
    finally:
        _current.reset(token)
