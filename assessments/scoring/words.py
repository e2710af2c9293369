"""How the scoring puts figures and lists into words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def of_hundred(share: Fraction | str) -> str:
    """A share of draws (0 to 1) as people count: ``83 of 100``. What isn't quite all or none is never rounded to it."""
    share = Fraction(share)
    if 0 < share < Fraction(1, 100):
        return "fewer than 1 of 100"
    if Fraction(99, 100) < share < 1:
        return "more than 99 of 100"
    return f"{round(share * 100)} of 100"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def measured(figure: str, unit: str) -> str:
    """A figure (as text, with its separators) and its unit: ``USD 180,000 per year``, ``12 weeks``; a currency stands before it."""
    money = re.match(r"([A-Z]{3})\b ?(.*)", unit)
    return " ".join(part for part in ((money[1], figure, money[2]) if money else (figure, unit)) if part)


def in_currency(unit: str, currency: str) -> str:
    """The catalogue's units name the currency of its own figures; what somebody entered is in that of the option's costs."""
    return re.sub(r"^((?:units of )?the demand's currency|currency|[A-Z]{3}\b)", currency, unit)


def tokens_in_words(figure: Decimal) -> str:
    """A count of tokens with three decimals at most: ``1.2 billion``."""
    for size, word in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if figure >= size:
            return f"{(figure / size).quantize(Decimal('0.001')).normalize():f} {word}"
    return f"{int(figure):,}"
