"""Filters of the printed report and of its pages."""

import json
from typing import Any

from django import template

from reports import wording

register = template.Library()
register.filter("printed_moment", wording.moment)
register.filter("printed_day", wording.day)
register.filter("percent", wording.percent)
register.filter("amount", wording.amount)
register.filter("count_text", wording.count)
register.filter("file_size", wording.file_size)
register.filter("shortened", wording.shortened)


@register.filter
def as_hashed(value: Any) -> str:
    """A value of an entry as it stands in the hashed bytes, in JSON; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
