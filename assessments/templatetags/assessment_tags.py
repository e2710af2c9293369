"""Small readings of the catalogue for the pages of an assessment."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _

from accounts import formats
from compliance import addresses
from compliance.catalogue.index import index
from compliance.catalogue.model import Source
from compliance.releases import by_name

register = template.Library()


@register.simple_tag(takes_context=True)
def address_of(context: Context, source: Source) -> str:
    """Where a source can be opened, empty where that can't be told."""
    release = context.get("release") or by_name(context["assessment"].catalogue)
    return addresses.of_source(source.title, source.reference, index(release).acts)


@register.filter
def verification(how: str) -> str:
    """How far a source was verified, in words."""
    words = {
        "primary": _("checked against the primary text"),
        "secondary": _("from a secondary source"),
        "computed": _("computed from stated figures"),
        "to_check": _("still to be checked"),
        "judgement": _("our own judgement"),
    }
    return words.get(how, how)


@register.filter
def figure(number: Decimal | None) -> str:
    """A number as it is typed: no trailing noughts, no exponent; empty for None."""
    return "" if number is None else f"{number.normalize():f}"


@register.filter
def grouped(number: Decimal | None) -> str:
    """A number to read: thousands apart, in the reader's way."""
    return "" if number is None else formats.number(f"{number.normalize():,f}")


@register.filter
def at(found: Mapping[str, Any], key: str) -> Any:
    """What a mapping holds under a key that the page knows; None where it holds nothing."""
    return found.get(key)
