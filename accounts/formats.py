"""How days, times and numbers are written for whoever reads a page: in their time zone and by their conventions.

What counts for the law, records and files for instance, is written elsewhere and always in UTC. Outside a request that has chosen otherwise,
in a worker for instance, it is UTC and the British conventions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone, translation
from django.utils.dateformat import format as written_as
from django.utils.translation import gettext_noop as _

DEFAULT, DEFAULT_ZONE = "en-GB", "UTC"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Style:
    """``name`` says whose conventions they are; the patterns are those of Django's ``date`` filter; ``swapped``: the comma is the decimal sign."""

    name: str
    day: str
    short_day: str
    month: str
    clock: str
    second: str
    swapped: bool = False


STYLES = {
    "en-GB": Style(_("British"), "j F Y", "j M Y", "M Y", "H:i", "H:i:s"),
    "en-US": Style(_("American"), "F j, Y", "M j, Y", "M Y", "g:i A", "g:i:s A"),
    "de-DE": Style(_("German"), "j. F Y", "d.m.Y", "m.Y", "H:i", "H:i:s", swapped=True),
}
_style: ContextVar[str] = ContextVar("style", default=DEFAULT)
_FIGURE = re.compile(r"[-−]?(\d+|\d{1,3}([,\u202f]\d{3})+)(\.\d+)?")
_WITHIN = re.compile(r"(?<![\w.,/@:])(?<!\w-)(?:\d{1,3}(?:[,\u202f]\d{3})+|\d+)(?:\.\d+)?(?![\w]|[.,]\d)")
_SWAPPED = str.maketrans(",.", ".,")


class Written(str):
    """A number that stands as the reader writes it already."""


@cache
def zones() -> tuple[str, ...]:
    """The time zones that a person can choose, by name: UTC, and those that are named after a place."""
    return (
        DEFAULT_ZONE,
        *sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/", "SystemV/"))),
    )


@contextmanager
def shown_in(zone: str, style: str) -> Iterator[None]:
    """Within it, times are shown in the zone and everything by the style; what isn't known, or empty, is UTC and British."""
    token = _style.set(style if style in STYLES else DEFAULT)
    try:
        with timezone.override(ZoneInfo(zone) if zone in zones() else UTC):
            yield
    finally:
        _style.reset(token)


@contextmanager
def as_recorded() -> Iterator[None]:
    """Within it, words, times and numbers are those of the trail, of records and of reports, whoever's request it is that they are written in:
    no translation, UTC and the British conventions."""
    with shown_in(DEFAULT_ZONE, DEFAULT), translation.override(None):
        yield


@contextmanager
def as_sent() -> Iterator[None]:
    """Within it, they are those of mails: in the service's own language, UTC and the British conventions."""
    with shown_in(DEFAULT_ZONE, DEFAULT), translation.override(settings.LANGUAGE_CODE):
        yield


def style() -> Style:
    return STYLES[_style.get()]


def day(on: date | str | None) -> str:
    """``28 November 2026``; text is a day in ISO 8601; empty for nothing, as in all of these."""
    return written_as(_date(on), style().day) if on else ""


def short_day(on: date | str | None) -> str:
    """``28 Nov 2026``."""
    return written_as(_date(on), style().short_day) if on else ""


def month(on: date | str | None) -> str:
    """``Nov 2026``."""
    return written_as(_date(on), style().month) if on else ""


def _date(on: date | str) -> date:
    found = date.fromisoformat(on) if isinstance(on, str) else on
    return _local(found) if isinstance(found, datetime) else found


def _local(at: datetime) -> datetime:
    return timezone.localtime(at) if timezone.is_aware(at) else at


def clock(at: datetime | None, *, seconds: bool = False) -> str:
    """``14:03 UTC``."""
    if at is None:
        return ""
    local = _local(at)
    name = local.tzname() or DEFAULT_ZONE
    return f"{written_as(local, style().second if seconds else style().clock)} {name if name[0].isalpha() else f'UTC{name}'}"


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """``28 November 2026, 14:03 UTC``."""
    return f"{day(at)}, {clock(at, seconds=seconds)}" if at else ""


def legal_moment(at: datetime | None, *, seconds: bool = False) -> str:
    """As ``moment``, with the time in UTC beside it where the reader's zone is another one: that of the records."""
    if at is None:
        return ""
    said = moment(at, seconds=seconds)
    if timezone.get_current_timezone_name() == DEFAULT_ZONE:
        return said
    with timezone.override(UTC):
        same_day = day(at) in said
        return f"{said} ({clock(at, seconds=seconds) if same_day else moment(at, seconds=seconds)})"


def number(text: str) -> str:
    """A number as the reader writes it, from how a Briton does: ``1,204.5`` is ``1.204,5`` to a German. Other text stays as it is."""
    if isinstance(text, Written) or not style().swapped or not _FIGURE.fullmatch(text):
        return text
    return Written(text.translate(_SWAPPED))


def numbers(text: str) -> str:
    """A text of figures and their units, ``17.0 %``, ``EUR 1,204.50`` or ``71.4 to 76.8``, with each figure as ``number`` writes it. A text that may
    hold names or articles isn't one."""
    return text if isinstance(text, Written) else Written(_WITHIN.sub(lambda m: number(m[0]), text))


def guarded(cell: str) -> str:
    """A text in a CSV file: one that a spreadsheet would take for a formula begins with an apostrophe, which makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
