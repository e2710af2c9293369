"""Figures as people write them, taken as exact decimals or refused with a message; and figures as a page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from accounts import formats

LONGEST = 60
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f'_]+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+(?=$|\.|[eE])", re.ASCII)
_POWER = re.compile(r"(?:(?P<factor>[^x×*^]+)[x×*])?10\^(?P<power>[+-]?\d{1,3})", re.ASCII)
_FIGURE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal(text: str) -> Decimal:
    """``1e22``, ``3.3 × 10^24``, ``1,000,000``, ``99,9`` or ``99.9``. Raises ValueError with a message that says what would be right."""
    wrong = ValueError(_("“%(text)s” is no number. Write it with digits, for instance 1,000,000 or 3.3e24.") % {"text": text[:LONGEST]})
    plain = _SPACES.sub("", text)
    if not plain or len(plain) > LONGEST:
        raise wrong
    if power := _POWER.fullmatch(plain):
        factor = _figure(power["factor"]) if power["factor"] else Decimal(1)
        found = factor.scaleb(int(power["power"])) if factor is not None else None
    else:
        found = _figure(plain)
    if found is None:
        raise wrong
    if found and not -40 <= found.adjusted() <= 60:
        raise ValueError(_("“%(text)s” is out of any range that makes sense here.") % {"text": text[:LONGEST]})
    return found


def _figure(plain: str) -> Decimal | None:
    """Commas apart by three digits group thousands; a single other one is a decimal comma."""
    if grouped := _GROUPED.match(plain):
        plain = grouped.group().replace(",", "") + plain[grouped.end() :]
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    return Decimal(plain) if _FIGURE.fullmatch(plain) else None


def shown(number: Decimal, digits: int = 6) -> str:
    """A number to read, to so many significant digits: thousands apart by a thin space, no trailing noughts."""
    rounded = Context(prec=digits).plus(number).normalize()
    return formats.number(f"{rounded:,f}".replace(",", "\u202f"))


def share(part: Fraction, digits: int = 3) -> str:
    """A share in per cent."""
    return shown(Context(prec=28).divide(Decimal(part.numerator * 100), Decimal(part.denominator)), digits) + " %"


def flop(number: Decimal) -> str:
    """``3.33 × 10²² FLOP``."""
    rounded = Context(prec=3).plus(number)
    if not rounded:
        return "0 FLOP"
    power = rounded.adjusted()
    factor = rounded.scaleb(-power).normalize()
    tens = "10" + str(power).translate(_SUPERSCRIPTS)
    return f"{tens} FLOP" if factor == 1 else f"{factor:f} × {tens} FLOP"


def day(text: str) -> date:
    """``2026-07-27``. Raises ValueError with a message."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(_("“%(text)s” is no day. Write it as 2026-07-27.") % {"text": text[:LONGEST]}) from None


class Entries:
    """What was typed into a form of plain fields, and what is wrong with it beside each field."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = data
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        return str(self.data.get(name, "")).strip()

    def number(self, name: str, *, least: Decimal | int | None = None, most: Decimal | int | None = None, above: int | None = None,
               whole: bool = False, needed: bool = False) -> Decimal | None:  # fmt: skip
        """The figure, or None where the field is empty or wrong."""
        text = self.text(name).removesuffix("%").strip()
        if not text:
            if needed:
                self.errors[name] = _("Give a figure here.")
            return None
        try:
            figure = decimal(text)
        except ValueError as error:
            self.errors[name] = str(error)
            return None
        if whole and figure != figure.to_integral_value():
            self.errors[name] = _("Give a whole number.")
        elif above is not None and figure <= above:
            self.errors[name] = _("Give more than %(least)s.") % {"least": above}
        elif least is not None and most is not None and not least <= figure <= most:
            self.errors[name] = _("Give a figure from %(least)s to %(most)s.") % {
                "least": shown(Decimal(least)),
                "most": shown(Decimal(most)),
            }
        return None if name in self.errors else figure

    def moment(self, name: str) -> datetime | None:
        """A day and a time, with no time zone of its own."""
        text = self.text(name)
        try:
            found = datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            self.errors[name] = _("Give a day and a time, for instance 2026-12-24 03:00.")
            return None
        if not 2000 <= found.year <= 2100:
            self.errors[name] = _("Give a year from 2000 to 2100.")
            return None
        return found
