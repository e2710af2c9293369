"""From what people wrote to what the printed page can show, without ever showing something else."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

# Signs that our fonts lack, in the words that stand for them everywhere.
SPELT = {"→": "->", "←": "<-", "⇒": "=>", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "✓": "yes", "✗": "no", "\u2011": "-", "\u202f": " "}
KEPT = frozenset("\n\t ")
LONGEST = 20_000
# A run without a space is given places to break at: looking for them itself takes the layout time that grows with the square of its length.
UNBROKEN = re.compile(r"\S{200,}")
BREAK_EVERY = 10
# Of a page's HTML what stands between tags, and there the spaces at which no line may end: 24 %, EUR 8,000, Art. 30, 3 AM, 8.0 billion, 5 May,
# growth = 10 %.
_SHOWN = re.compile(r"(<(?:pre|code|style|title)\b[^>]*>[^<]*)|>([^<]*[^<\s][^<]*)")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_HELD = re.compile(
    rf" (?:(?<=\d )(?=%|[AP]M\b|(?:m|b)illion\b|of 100\b|points\b|(?:{_MONTHS})\b)"
    r"|(?== )|(?<== )|(?<=× )(?=\d)|(?<=\b[A-Z]{3} )(?=[−-]?\d)|(?:(?<=\bArt\. )|(?<=\bArts ))(?=\d)|(?<=\bAnnex )(?=[IVX]+\b))"
)


def printable(text: str, covered: Collection[int], longest: int = LONGEST) -> str:
    """``text`` with every character that the fonts can't show as its code point, such as ``[U+1F600]``.

    That goes for control characters and for marks that turn the reading direction, too: what isn't seen must not change what is read.
    A text of more than ``longest`` characters is cut, and says so; the embedded record holds it whole.
    """
    cut = f" [… {len(text) - longest:,} more characters in the embedded record]" if len(text) > longest else ""
    shown = "".join(_character(c, covered) for c in text[:longest].replace("\r\n", "\n"))
    return UNBROKEN.sub(_with_breaks, shown) + cut


def held_together(html: str) -> str:
    """A page whose lines don't end between a figure and its unit, nor between a reference and its number; code is left as it is."""
    return _SHOWN.sub(lambda found: found[1] or ">" + _HELD.sub("\u00a0", found[2]), html)


def printable_data(data: Any, covered: Collection[int]) -> Any:
    """The same for every text in JSON data; keys, which are ours or digests, stay as they are."""
    if isinstance(data, str):
        return data if len(data) < 200 and data.isascii() and data.isprintable() else printable(data, covered)
    if isinstance(data, dict):
        return {key: printable_data(value, covered) for key, value in data.items()}
    if isinstance(data, list):
        return [printable_data(value, covered) for value in data]
    return data


def _with_breaks(match: re.Match[str]) -> str:
    run = match[0]
    return "\u200b".join(run[i : i + BREAK_EVERY] for i in range(0, len(run), BREAK_EVERY))


def _character(character: str, covered: Collection[int]) -> str:
    if character in KEPT:
        return character
    if (spelt := SPELT.get(character)) is not None:
        return spelt
    if ord(character) in covered and (character.isprintable() or character in "\u00a0\u2009"):
        return character
    return f"[U+{ord(character):04X}]"
