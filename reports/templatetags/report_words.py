"""Filters of the printed report and of its pages."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

from reports import wording
from reports.health import asked_by

register = template.Library()
register.filter("printed_moment", wording.moment)
register.filter("printed_day", wording.day)
register.filter("asked_by", asked_by)
register.filter("percent", wording.percent)
register.filter("amount", wording.amount)
register.filter("count_text", wording.count)
register.filter("file_size", wording.file_size)
register.filter("shortened", wording.shortened)
register.filter("whole_amounts", wording.whole_amounts)


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@register.filter
def digests_apart(text: str) -> str:
    """A text whose digests are set as such."""
    if "sha256:" not in text:
        return text
    return mark_safe(_DIGEST.sub(r'<span class="digest">\g<0></span>', conditional_escape(text)))  # noqa: S308 - escaped here
