"""How figures are computed and written: decimal arithmetic with 34 digits, weighted means in fractions, rounded half to even as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

COMPUTING = Context(prec=34, rounding=ROUND_HALF_EVEN)
# Writing needs room for every digit before the point, however large a figure is.
_WRITING = Context(prec=1000, rounding=ROUND_HALF_EVEN)


def _rounded(figure: Decimal, step: str) -> str:
    text = format(figure.quantize(Decimal(step), context=_WRITING), "f")
    return text.removeprefix("-") if not text.strip("-0.") else text


def points(share: Decimal) -> str:
    """A score: a share of 0 to 1 as points of 100 with 1 decimal."""
    return _rounded(_WRITING.multiply(share, Decimal(100)), "0.1")


def share(figure: Decimal) -> str:
    """Values, weights, shares: 4 decimals."""
    return _rounded(figure, "0.0001")


def money(figure: Decimal) -> str:
    """An amount: 2 decimals."""
    return _rounded(figure, "0.01")


def shares(fractions: Sequence[Fraction]) -> list[str]:
    """Parts of a whole at 4 decimals each that still add up to it: what rounding loses goes to the parts that lost most, earlier ones first."""
    scaled = [f * 10_000 for f in fractions]
    found = [int(s) for s in scaled]
    missing = round(sum(scaled)) - sum(found)
    for n in sorted(range(len(scaled)), key=lambda n: (found[n] - scaled[n], n))[:missing]:
        found[n] += 1
    return [share(Decimal(n) / 10_000) for n in found]


def whole(figure: Decimal) -> str:
    """A volume of tokens: whole."""
    return _rounded(figure, "1")


def plain(figure: Decimal) -> str:
    """A figure as it was given, without exponent and trailing noughts: one text for one number."""
    text = format(figure, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if figure else "0"


def decimal_of(fraction: Fraction) -> Decimal:
    """A fraction as a decimal of 34 digits."""
    return COMPUTING.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))


def clip(figure: Decimal) -> Decimal:
    """0 to 1."""
    return min(max(figure, Decimal(0)), Decimal(1))
