"""Laying out a document whole: its parts in two halves, the front with the numbers of the pages that it leads to last, and both halves joined."""

from __future__ import annotations

from weasyprint import CSS, Attachment
from weasyprint.urls import URLFetcher

from reports import layout_speed  # noqa: F401 - makes WeasyPrint quicker
from reports.finishing import LaidOut
from reports.layout_joining import add_glyphs, join
from reports.layout_long import lay_out_long
from reports.layout_parts import VARIANT, Fonts, Half, Place, front
from reports.layout_second import Second, second
from reports.layout_tree import Part, halves, joined, parts, read

SMALLEST = 60_000  # of work, about fifteen pages; less isn't worth a second process
LONG = 1_000_000  # about 140 pages; in two halves more of them would need more memory than a worker may have


def lay_out(html: str, fetcher: URLFetcher, css: CSS, attachments: list[Attachment], identifier: str) -> LaidOut:
    """Lay out and draw ``html``. ``identifier``: of the file, 32 hexadecimal digits."""
    found = parts(read(html, fetcher))
    if len(found) > 1 and sum(part.size for part in found) > LONG:
        return lay_out_long(found, fetcher, css, attachments, identifier)
    rest = range(1, len(found)) if len(found) > 1 else range(1)
    mine, theirs = halves([found[number].size for number in rest])
    if sum(found[number].size for number in rest) < SMALLEST or not theirs:
        mine, theirs = list(range(len(rest))), []
    there = second(lambda: Half(_of(found, [rest[n] for n in theirs]), fetcher, css)) if theirs else None
    try:
        return _both(found, _of(found, [rest[n] for n in mine]), there, fetcher, css, attachments, identifier)
    finally:
        if there is not None:
            there.end()


def _of(found: list[Part], numbers: list[int]) -> dict[int, Part]:
    return joined({number: found[number] for number in numbers})


def _both(
    found: list[Part],
    mine: dict[int, Part],
    there: Second | None,
    fetcher: URLFetcher,
    css: CSS,
    attachments: list[Attachment],
    identifier: str,
) -> LaidOut:
    half = Half(mine, fetcher, css)
    extents = half.extents() | (there.extents() if there else {})
    if len(found) > 1:
        half.laid[0] = front(found[0], extents, fetcher, css)
        extents[0] = half.laid[0].extent
    place = Place.of(extents)
    if there is None:
        drawn = half.draw(place, None, pdf_variant=VARIANT, attachments=attachments)
        join(drawn, None)
        return LaidOut(drawn.pdf, None, identifier)
    there.place(place)

    missing: list[str] = []

    def both(own: Fonts) -> None:
        missing.extend(add_glyphs(own, there.glyphs()))

    drawn = half.draw(place, both, pdf_variant=VARIANT, attachments=attachments)
    handed = there.handed()
    join(drawn, handed, there.fonts(missing))
    return LaidOut(drawn.pdf, handed, identifier)
