"""How the exact figures of a derivation are put into print: separators, a true minus, units, and no more digits than it takes to compute again."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from assessments.scoring.words import measured

DIGITS = 6  # significant ones of a figure that has more than two decimals
_NUMBER = r"-?\d+(?:\.\d+)?"
_FIGURES = re.compile(rf"(?:× )?{_NUMBER}(?:(?: to |, ){_NUMBER})*")
# In a sentence: what has four digits or more before the point, or five behind it; neither days nor what is part of a name (``ISO 27001``).
_LONG = re.compile(r"([A-Z][\w-]* )?(?<![\w.,:/-])-?(?:\d{4,}(?:\.\d+)?|\d+\.\d{5,})(?![\w-]|[.,]\d)")
_NEGATIVE = re.compile(r"(?<![\w.)-])-(?=\d)")
_LESS = re.compile(r"(?<=\w) - (?=\d)")
_QUOTED = re.compile(r"(“[^”]*”)")


def value(text: str, unit: str = "") -> str:
    """The value of a node: ``EUR 534,317.34``, ``20 %``, ``1 to 8``. What isn't a figure stays as it is."""
    if not is_figures(text):
        return text
    if unit == "share":
        return re.sub(_NUMBER, lambda m: f"{number(format(Decimal(m[0]) * 100, 'f'), 0)} %", text)
    return measured(re.sub(_NUMBER, lambda m: number(m[0]), text), unit)


def is_figures(text: str) -> bool:
    """Whether a value is one or several figures, and nothing else."""
    return _FIGURES.fullmatch(text) is not None


def sentence(text: str) -> str:
    """A formula with its figures in print; what it quotes stays as it is."""
    return "".join(part if part.startswith("“") else _figures(part) for part in _QUOTED.split(text))


def _figures(text: str) -> str:
    text = _LONG.sub(lambda m: m[0] if m[1] else number(m[0]), text.replace(" ** ", "^"))
    return _LESS.sub(" − ", _NEGATIVE.sub("−", text))


def number(text: str, kept: int = 2) -> str:
    """``1839.44444444`` as ``1,839.44``. Whole numbers stay whole, and as many as ``kept`` decimals stay as they are given."""
    figure, decimals = Decimal(text), len(text.partition(".")[2])
    if decimals > kept:
        places = max(2, DIGITS - 1 - figure.adjusted()) if figure else 0
        figure = figure.quantize(Decimal(1).scaleb(-min(places, decimals)), rounding=ROUND_HALF_EVEN).normalize()
    written = f"{abs(figure):,f}"
    return f"−{written}" if figure < 0 else written
