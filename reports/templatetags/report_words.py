"""Filters of the printed report and of its pages."""

from django import template

from reports import wording

register = template.Library()
register.filter("moment", wording.moment)
register.filter("day", wording.day)
register.filter("percent", wording.percent)
register.filter("amount", wording.amount)
register.filter("count_text", wording.count)
register.filter("file_size", wording.file_size)
