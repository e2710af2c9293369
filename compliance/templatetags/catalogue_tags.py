"""Small readings of the catalogue for its pages."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.views.pages import Clause
from compliance.views.typed import shown
from compliance.views.words import VERIFIED

register = template.Library()
RELATIONS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("isn’t"),
    "includes": gettext_lazy("includes"),
    "excludes": gettext_lazy("doesn’t include"),
    "exactly": gettext_lazy("is nothing but"),
    "not_exactly": gettext_lazy("is anything but"),
    "some": gettext_lazy("has something chosen"),
    "none": gettext_lazy("has nothing chosen"),
}
BETWEEN = {
    "is_not": gettext_lazy("nor"),
    "excludes": gettext_lazy("nor"),
    "exactly": gettext_lazy("and"),
    "not_exactly": gettext_lazy("and"),
}


@register.filter
def verification(how: str) -> str:
    """How far a source was verified, in words."""
    return str(VERIFIED.get(how, how))


@register.filter
def figure(number: Decimal | None) -> str:
    """A number to read: no trailing noughts, thousands apart; empty for None."""
    return "" if number is None else shown(number, 12)


@register.filter
def condition(clause: Clause) -> SafeString:
    """A condition in words, with the CEL behind a fold. Built here, not by a template that includes itself: a page of law has a thousand tests."""
    return format_html(
        '<div class="clause">{}<details class="cel"><summary>{}</summary><code>{}</code></details></div>',
        _said(clause), _("As the catalogue writes it (CEL)"), clause.cel,
    )  # fmt: skip


def _said(clause: Clause) -> SafeString:
    if clause.kind == "test":
        between = format_html(' <span class="clause-says">{}</span> ', BETWEEN.get(clause.relation) or _("or"))
        return format_html(
            '{} <span class="clause-says">{}</span> {}', _linked(clause.subject, clause.url), RELATIONS[clause.relation],
            format_html_join(between, "<strong>{}</strong>", ((value,) for value in clause.values)),
        )  # fmt: skip
    if clause.kind == "reads":
        items = format_html_join("", "<li>{}</li>", ((_linked(link.text, link.url),) for link in clause.reads))
        return format_html('<span class="clause-kind">{}</span><ul>{}</ul>', _("It is read from:"), items)
    if not clause.parts:
        return format_html("{}", _("Never"))
    kind = _("All of these:") if clause.kind == "all" else _("Any of these:")
    items = format_html_join("", "<li>{}</li>", ((_said(part),) for part in clause.parts))
    return format_html('<span class="clause-kind">{}</span><ul>{}</ul>', kind, items)


def _linked(text: str, url: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text) if url else format_html("{}", text)
