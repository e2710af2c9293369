"""Laying out a long document in little memory: some sixteen pages at a time, each lot by a process that ends with it.

How many pages a lot has is known before any page is drawn, since each tells of how many it is one; so every lot is laid out twice, once to count
and once to be drawn. That costs half as much time again, and no more memory at four hundred pages than at a hundred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from weasyprint import CSS, Attachment
from weasyprint.urls import URLFetcher

from assessments.charts import engine
from reports.finishing import LaidOut
from reports.layout_joining import Glyphs, Handed, add_glyphs, join, with_more
from reports.layout_parts import VARIANT, Extent, Fonts, Half, Laid, Place, front
from reports.layout_second import Second, second
from reports.layout_tree import Part, in_pieces

LOT = 110_000  # of work, some 16 pages
AT_ONCE = 2


def lay_out_long(found: list[Part], fetcher: URLFetcher, css: CSS, attachments: list[Attachment], identifier: str) -> LaidOut:
    """Lay out and draw the parts of a document, of which the first are cover and contents. ``identifier``: of the file, 32 hexadecimal digits."""
    engine.rest()
    parts = dict(enumerate(in_pieces(found[1:], LOT), start=1))
    extents: dict[int, Extent] = {}
    for there in _each(parts, fetcher, css, None):
        extents |= there.extents()
    half = Half({}, fetcher, css)
    half.laid[0] = front(found[0], extents, fetcher, css)
    extents[0] = half.laid[0].extent
    place = Place.of(extents)
    handed, glyphs = _drawn(parts, fetcher, css, place)

    def whole(own: Fonts) -> None:
        missing = add_glyphs(own, glyphs)
        if missing:
            more = _specimen(missing, glyphs, found[0], fetcher, css)
            own.update({key: font for key, font in more.items() if font.hash in missing})
            add_glyphs(own, glyphs)

    drawn = half.draw(place, whole, pdf_variant=VARIANT, attachments=attachments)
    join(drawn, handed)
    return LaidOut(drawn.pdf, handed, identifier)


def _each(parts: dict[int, Part], fetcher: URLFetcher, css: CSS, place: Place | None) -> Iterator[Second]:
    """The process of each part in order; the next one is at work already when one is asked."""
    begun: deque[Second] = deque()
    rest = iter(parts.items())
    try:
        while True:
            while len(begun) < AT_ONCE and (following := next(rest, None)) is not None:
                begun.append(second(lambda one=following: Half(dict([one]), fetcher, css), place))  # type: ignore[misc]
            if not begun:
                return
            yield begun[0]
            begun.popleft().end()
    finally:
        for there in begun:
            there.end()


def _drawn(parts: dict[int, Part], fetcher: URLFetcher, css: CSS, place: Place) -> tuple[Handed, Glyphs]:
    handed, glyphs = Handed(), Glyphs()
    for there in _each(parts, fetcher, css, place):
        with_more(glyphs, there.glyphs())
        there.number(place.total + handed.links, handed.count)
        handed.add(there.handed())
    return handed, glyphs


def _specimen(missing: list[str], glyphs: Glyphs, like: Part, fetcher: URLFetcher, css: CSS) -> Fonts:
    """The fonts that the front doesn't use itself: one glyph of each drawn for nothing, since only what is drawn has its font at hand."""
    page, body = Element("html", like.root.attrib), Element("body")
    page.extend([like.root[0], body])
    for name in missing:
        (family, weight, italic), used = glyphs[name].look, glyphs[name]
        line = Element("p", {"style": f"font: {'italic ' if italic else ''}{weight} 9pt '{family}'"})
        line.text = next((text for text in used.characters.values() if text.strip()), "x")
        body.append(line)
    half, taken = Half({}, fetcher, css), Fonts(None)
    half.laid[0] = Laid(page, fetcher, css)

    def take(own: Fonts) -> None:
        for font in dict.values(own):
            font.to_unicode, font.widths = {}, type(font.widths)(font.file_content, font.index)
        taken.update(own)

    half.draw(Place.of({0: Extent(len(half.laid[0].pages), {})}), take)
    return taken
