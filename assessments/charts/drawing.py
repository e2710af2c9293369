"""From a Vega-Lite spec to an accessible SVG: the same bytes each time, without styles or scripts of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from assessments.charts import engine
from compliance.marking import marked as _

WIDTH = 640
INK, FAINT, GRID = "#1f2933", "#52606d", "#e4e7eb"
# Dark text on a colour: as good as INK to the eye, but another value, since by night a page turns INK light and leaves this (result.css).
INSIDE = "#1f2932"
# Paul Tol's "muted" scheme: nine hues that stay apart for every kind of colour vision. https://personal.sron.nl/~pault/
PALETTE = ("#332288", "#88CCEE", "#117733", "#DDCC77", "#CC6677", "#44AA99", "#882255", "#999933", "#AA4499")
# For the first few options hues that lie far apart: dark blue, rose, green, sand.
OPTION_COLOURS = tuple(PALETTE[n] for n in (0, 4, 2, 3, 6, 5, 8, 7, 1))
DARK = {"#332288", "#117733", "#882255", "#AA4499"}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 1])
_OPENING = re.compile(r"<svg [^>]*>")
_TAG = re.compile(r"<[a-z][^<>]*>")
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_SIZE = re.compile(r'(?:width|height|viewBox)="[^"]*"')


@dataclass(frozen=True)
class Table:
    """What a chart shows, as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """``svg`` is one element to stand inline or in a file; ``description`` says in a sentence what it shows. ``begin``: what a screen too narrow
    for the whole shows first, its ``start``, ``middle`` or ``end``."""

    svg: str
    title: str
    description: str
    table: Table
    begin: str = "start"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _month(day: date) -> str:
    return f"{day:%b %Y}"


@dataclass(frozen=True)
class Manner:
    """How whoever reads a chart has ``word``s, ``number``s and days; ``comma``: it is the decimal sign. As it stands, it is for reports: English,
    as a Briton writes it, whoever asks for one. What is drawn for a page is given the reader's own."""

    word: Callable[[str], str] = str
    number: Callable[[str], str] = str
    day: Callable[[date], str] = _day
    month: Callable[[date], str] = _month
    comma: bool = False

    def amount(self, text: str | None) -> str:
        """An amount with its thousands apart."""
        return self.number(f"{Decimal(text):,}") if text is not None else self.word(_("not known"))

    def whole(self, figure: float) -> str:
        return self.number(f"{figure:,.0f}")

    def magnitude(self, largest: Decimal) -> tuple[Decimal, str]:
        """What to divide by so that ``largest`` reads well on an axis, and the word for it, with a space before it."""
        for size, word in MAGNITUDES:
            if largest >= size:
                return Decimal(size), f" {self.word(word)}"
        return Decimal(1), ""


REPORT = Manner()
MAGNITUDES = ((10**12, _("trillion")), (10**9, _("billion")), (10**6, _("million")), (10**3, _("thousand")))


@dataclass(frozen=True)
class Names:
    """What people read instead of ids, in the order in which they read it; an id without a name is shown with spaces for its hyphens."""

    options: Mapping[str, str] = field(default_factory=dict)
    criteria: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)

    def option(self, id_: str) -> str:
        return self.options.get(id_) or id_

    def criterion(self, id_: str) -> str:
        return self.criteria.get(id_) or _spaced(id_)

    def category(self, id_: str) -> str:
        return self.categories.get(id_) or _spaced(id_)

    def provider(self, id_: str) -> str:
        return self.providers.get(id_) or _spaced(id_)


def _spaced(id_: str) -> str:
    words = id_.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def in_order(ids: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Each id once, in the order of their ``names``: a record's canonical JSON has them by the alphabet. What has no name comes last, as it stood."""
    found = list(dict.fromkeys(ids))
    return sorted(found, key=lambda id_: list(names).index(id_) if id_ in names else len(names))


def distinct(labels: Sequence[str]) -> list[str]:
    """Labels that differ, numbered where two are the same: a chart groups by them."""
    return [label if labels.count(label) == 1 else f"{label} ({labels[:n].count(label) + 1})" for n, label in enumerate(labels)]


def colour(position: int) -> str:
    return PALETTE[position % len(PALETTE)]


def option_look(evaluation: Mapping[str, Any], id_: str) -> tuple[str, str, list[int]]:
    """Colour, shape and dashes of an option: by its place in the evaluation, so that it looks alike in every chart."""
    place = [option["id"] for option in evaluation["options"]].index(id_)
    return OPTION_COLOURS[place % len(PALETTE)], SHAPES[place % len(SHAPES)], DASHES[place % len(DASHES)]


def ink_on(background: str) -> str:
    """The colour of text that reads well on a palette colour."""
    return "#ffffff" if background in DARK else INSIDE


def draw(title: str, description: str, table: Table, spec: Mapping[str, Any], manner: Manner = REPORT) -> Chart:
    """Render ``spec`` with the common look, and its title and description inside."""
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "padding": 8,
        "config": CONFIG | (COMMA if manner.comma else {}),
        **spec,
    }
    text = json.dumps([title, description, whole], sort_keys=True, ensure_ascii=False)
    return Chart(_svg(text), title, description, table)


@lru_cache(maxsize=128)
def _svg(text: str) -> str:
    title, description, spec = json.loads(text)
    svg = engine.to_svg(spec)
    # Vega names a role for each layer whatever its configuration says; the whole is one image with a text of its own.
    svg = _TAG.sub(lambda tag: _ROLES.sub("", tag.group()), svg)
    name = "chart-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\1{name}-", svg)
    size = " ".join(_SIZE.findall(_OPENING.search(svg).group()))  # type: ignore[union-attr]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="chart" {size} role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    )
    return _OPENING.sub(lambda _found: opening, svg, count=1)


# What Vega itself writes, the figures of an axis.
COMMA = {"locale": {"number": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", ""]}}}
CONFIG: dict[str, Any] = {
    # The whole is one image with a text of its own; Vega's roles for each mark would be read out one by one.
    "aria": False,
    "font": "Inter, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": FAINT, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 500, "gridColor": GRID,
        "domain": False, "ticks": False, "labelPadding": 6, "labelLimit": 260,
    },
    "legend": {"labelColor": INK, "titleColor": FAINT, "labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260, "symbolType": "square"},
    "text": {"color": INK, "fontSize": 12},
}  # fmt: skip
