"""How figures of an evaluation are written on its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from accounts import formats
from assessments.charts.drawing import Manner
from assessments.scoring.words import tokens_in_words
from compliance.catalogue.model import Question

Content = Mapping[str, Any]
# What is surely a figure in a sentence of the engine's, by what stands before or behind it. Any other may be part of an article or of a name.
_FIGURE = r"(?<![\w.,/@:])(?<!\w-)(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]|[.,]\d)"
_COMPARED = r"\b(?:rises above|falls below|passes|is answered|now|from|to) (?:[A-Z]{3} )?"
_MEASURED = r"\s(?:%|of 100\b|points\b|ahead of\b|(?:m|b|tr)illion\b|tokens\b)"
_SURE = re.compile(rf"(?P<before>{_COMPARED})?(?P<figure>{_FIGURE})(?P<behind>{_MEASURED}|\)\.$)?")
_QUOTED = re.compile(r"(“[^”]*”)")


def manner() -> Manner:
    """How charts on a page are written: as whoever reads it does."""
    return Manner(gettext, formats.number, formats.day, formats.month, formats.style().swapped)


def amount(text: str | None) -> str:
    """Money for reading: whole units from a thousand on, else cents."""
    if text is None:
        return ""
    return formats.number(_rounded(text))


def _rounded(text: str) -> str:
    figure = Decimal(text.replace(",", ""))
    return (f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:,.2f}").replace("-", "−")


def sentence(text: str, currency: str = "") -> str:
    """A sentence of the engine's with its figures as the reader writes them, the amounts in ``currency`` among them; names, articles and what it
    quotes stay as they are."""
    return "".join(part if part.startswith("“") else _figures(part, currency) for part in _QUOTED.split(text))


def reason(text: str, currency: str) -> str:
    """As ``sentence``, with amounts as the tables have them: the cents of large ones would claim more than their ranges bear."""
    return sentence(re.sub(rf"(?<=\b{re.escape(currency)} ){_FIGURE}", lambda m: _rounded(m[0]), text), currency)


def formula(text: str) -> str:
    """The formula of a derivation, which holds figures and quotes whatever else it names."""
    return "".join(part if part.startswith("“") else formats.numbers(part) for part in _QUOTED.split(text))


def answer(question: Question, shown: str) -> str:
    """An answer in words; a number with its unit as the reader writes it."""
    return formats.numbers(shown) if question.type == "number" else shown


def _figures(text: str, currency: str) -> str:
    def written(m: re.Match[str]) -> str:
        sure = m["before"] or m["behind"] or (currency and text[: m.start("figure")].endswith(f"{currency} "))
        return f"{m['before'] or ''}{formats.number(m['figure'])}{m['behind'] or ''}" if sure else m[0]

    return _SURE.sub(written, text)


def counted(figure: Decimal) -> str:
    """A count of tokens: ``1.2 billion``."""
    return formats.numbers(tokens_in_words(figure))


def percent(share: str) -> str:
    return f"{Decimal(share) * 100:.0f}"


def short(value: str) -> str:
    """A value of 0 to 1 with two places."""
    return formats.number(f"{Decimal(value):.2f}")


def number(text: str, key: str, of: str) -> dict[str, str]:
    """A number, with its unit or without, for ``_number_if.html``: ``key`` is where it stands in the output, ``of`` says aloud what it is of."""
    return {"text": formats.numbers(text), "key": key, "of": of}


def numbers_of(tree: Content | None) -> dict[str, Content]:
    """The nodes of a derivation by their keys: a number that has none can't be asked where it comes from."""
    found: dict[str, Content] = {}
    waiting = [tree] if tree else []
    for node in waiting:  # grows while it is read; the node nearest to the root counts
        if "key" in node:
            found.setdefault(node["key"], node)
        waiting.extend(node["inputs"])
    return found


def names_of(content: Content) -> dict[str, str]:
    """Option id -> name."""
    return {option["id"]: option["name"] for option in content["options"]}
