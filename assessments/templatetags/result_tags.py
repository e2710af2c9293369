"""What the result and record pages need beyond Django's own filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from accounts import formats

register = template.Library()


@register.filter
def of(mapping: Mapping[str, Any], key: str) -> Any:
    """The entry of a mapping under a key that stands in a variable; empty where there is none."""
    return mapping.get(key, "")


@register.filter
def as_day(text: str) -> str:
    """A day of a record as its reader writes it; what is none stands as it is."""
    try:
        return formats.day(text)
    except ValueError:
        return text
