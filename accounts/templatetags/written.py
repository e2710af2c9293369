"""Days, times and numbers in templates, as ``accounts.formats`` writes them. Known to every template without being loaded."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template

from accounts import formats

register = template.Library()
register.filter("day", formats.day)
register.filter("short_day", formats.short_day)
register.filter("month", formats.month)
register.filter("clock", formats.clock)
register.filter("moment", formats.moment)
register.filter("legal_moment", formats.legal_moment)


@register.filter
def legal_second(at: datetime | None) -> str:
    """As ``legal_moment``, to the second."""
    return formats.legal_moment(at, seconds=True)


@register.filter
def figure_text(value: Any) -> str:
    """A number that somebody else has put into text, with its unit or without, as the reader writes it."""
    return formats.numbers(value if isinstance(value, str) else str(value))


@register.filter
def counted(value: int | Decimal) -> str:
    """A whole number with its thousands apart."""
    return formats.number(f"{value:,}")


@register.filter
def rounded(value: int | Decimal, places: int = 0) -> str:
    """A number to so many places, with its thousands apart."""
    return formats.number(f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}")
