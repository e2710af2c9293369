"""The pages of a document that is laid out in parts, by two processes where there are two processors, and drawn as one file.

Each part is laid out by itself; then how many pages come before it is known, and its page numbers are set. Half of the parts are drawn here, the
other half in a process that was forked for them and hands over its objects ready for the file, which reports.layout_joining puts in their
places. Which part is in which half depends on the document alone, and where no second process can be had the same is done one after the
other: the bytes are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

import pydyf
from fontTools.ttLib import TTFont
from weasyprint import CSS, DEFAULT_OPTIONS, Document, Page, layout
from weasyprint.css.counters import CounterStyle
from weasyprint.document import DocumentMetadata
from weasyprint.formatting_structure.build import build_formatting_structure
from weasyprint.html import get_html_metadata
from weasyprint.layout import layout_document
from weasyprint.layout.background import layout_box_backgrounds
from weasyprint.layout.page import make_margin_boxes
from weasyprint.pdf import generate_pdf, stream
from weasyprint.urls import URLFetcher

from reports import fonts
from reports.layout_tree import Part, Tree, number_links

# PDF/A-3 allows the embedded records; its level a asks for the tags. finishing.py adds what is missing to PDF/UA-1.
VARIANT = "pdf/a-3a"
OPTIONS = {**DEFAULT_OPTIONS, "pdf_tags": True, "pdf_version": "1.7", "output_intent": "srgb", "uncompressed_pdf": True}
Anchors = dict[str, int]


@dataclass(frozen=True)
class Drawn:
    """One half as pydyf's objects. ``numbers``: the place of each of its pages in the whole, from 0; ``anchors``: those on its own pages."""

    pdf: pydyf.PDF
    numbers: list[int]
    fonts: Fonts
    anchors: frozenset[str]


@dataclass(frozen=True)
class Extent:
    """How many pages a part has, and on which of them, from 0, each anchor is."""

    pages: int
    anchors: Anchors


@dataclass(frozen=True)
class Place:
    """Where the pages of a document's parts stand in the whole: the number of pages before each part, of all, and every anchor that there is."""

    before: Mapping[int, int]
    total: int
    anchors: frozenset[str]

    @classmethod
    def of(cls, extents: Mapping[int, Extent]) -> Place:
        """By the extents of all parts."""
        anchors = frozenset(name for extent in extents.values() for name in extent.anchors)
        return cls(before_each(extents), sum(extent.pages for extent in extents.values()), anchors)


def _hold_back(context: Any, page: Any, state: Any) -> Any:
    """What stands in the margins of a page, or nothing yet where the layout's context says so by a list ``held``."""
    held = getattr(context, "held", None)
    if held is None:
        return make_margin_boxes(context, page, state)
    held.append((page, context.current_page, state))
    return ()


class Widths(dict[int, int]):
    """Advance widths of glyphs in thousandths of the font's size, from the font itself: measured at the size that happens to be met first, as
    WeasyPrint does, they would be rounded otherwise in the other half."""

    def __init__(self, content: bytes, index: int) -> None:
        super().__init__()
        with TTFont(BytesIO(content), fontNumber=index, lazy=True) as font:
            self.units = font["head"].unitsPerEm
            metrics = font["hmtx"].metrics
            self.advances = [metrics[name][0] for name in font.getGlyphOrder()]

    def __contains__(self, glyph: object) -> bool:
        if super().__contains__(glyph):
            return True
        if isinstance(glyph, int) and glyph < len(self.advances):
            self[glyph] = round(self.advances[glyph] * 1000 / self.units)
            return True
        return False

    def get(self, glyph: int, default: Any = None) -> Any:
        return self[glyph] if glyph in self else default  # noqa: SIM401 - this is what it says to use


class Font(stream.Font):  # type: ignore[misc]
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.widths = Widths(self.file_content, self.index)


layout.make_margin_boxes = _hold_back
stream.Font = Font


class Fonts(dict[Any, Any]):
    """The fonts that a document uses. They are asked for their values when every page is drawn and the fonts are about to be written."""

    def __init__(self, before_writing: Callable[[Fonts], None] | None) -> None:
        super().__init__()
        self.before_writing = before_writing

    def values(self) -> Any:
        before_writing, self.before_writing = self.before_writing, None
        if before_writing is not None:
            before_writing(self)
        for font in super().values():
            font.widths = dict(font.widths)  # those of glyphs that were used, and no others on asking
        return super().values()


class Laid:
    """One part, laid out; its page numbers are still to come."""

    def __init__(self, root: Element, fetcher: URLFetcher, css: CSS) -> None:
        tree = Tree(root, fetcher)
        counter_style = CounterStyle()
        options = {**OPTIONS, "stylesheets": [css]}
        self.context = Document._build_layout_context(tree, fonts.configuration(), counter_style, {}, options)
        box = build_formatting_structure(
            tree.etree_element, self.context.style_for, self.context.get_image_from_uri, tree.base_url, self.context.target_collector,
            counter_style, self.context.footnotes,
        )  # fmt: skip
        self.held = self.context.held = []
        self.pages = [Page(page) for page in layout_document(tree, box, self.context)]
        self.metadata = DocumentMetadata(**get_html_metadata(tree))

    @property
    def extent(self) -> Extent:
        anchors: Anchors = {}
        for number, page in enumerate(self.pages):
            for name in page.anchors:
                anchors.setdefault(name, number)
        return Extent(len(self.pages), anchors)

    def number(self, before: int, total: int) -> None:
        """Make what stands in the margins of each page, now that its number is known."""
        context, context.held = self.context, None
        for page, current, state in self.held:
            context.current_page = current
            state[1]["page"], state[1]["pages"] = [before + current], [total]
            margins = tuple(make_margin_boxes(context, page, state))
            page.children = (*page.children, *margins)
            for box in margins:
                layout_box_backgrounds(page, box, context.get_image_from_uri)


class Half:
    """Some of a document's parts."""

    def __init__(self, parts: Mapping[int, Part], fetcher: URLFetcher, css: CSS) -> None:
        self.fetcher = fetcher
        self.laid = {number: Laid(part.root, fetcher, css) for number, part in parts.items()}

    def extents(self) -> dict[int, Extent]:
        return {number: laid.extent for number, laid in self.laid.items()}

    def draw(self, place: Place, before_fonts: Callable[[Fonts], None] | None, **options: Any) -> Drawn:
        pages: list[Page] = []
        numbers: list[int] = []
        for number, laid in sorted(self.laid.items()):
            laid.number(place.before[number], place.total)
            pages += laid.pages
            numbers += range(place.before[number], place.before[number] + len(laid.pages))
        own = {name for page in pages for name in page.anchors}
        # A link to another half leads somewhere, too; the name is known when both are joined.
        pages[0].anchors.update(dict.fromkeys(sorted(place.anchors - own), (0, 0, 0, 0)))
        document = Document(pages, next(iter(self.laid.values())).metadata, self.fetcher, fonts.configuration(), {}, "srgb")
        document.fonts = Fonts(before_fonts)
        pdf = generate_pdf(document, None, 1, **{**OPTIONS, **options})
        return Drawn(pdf, numbers, document.fonts, frozenset(own))


def before_each(extents: Mapping[int, Extent]) -> dict[int, int]:
    before, count = {}, 0
    for number in sorted(extents):
        before[number] = count
        count += extents[number].pages
    return before


def front(part: Part, extents: Mapping[int, Extent], fetcher: URLFetcher, css: CSS) -> Laid:
    """Cover and contents, which tell the pages of what follows them: laid out for as many pages as they turn out to have themselves."""
    pages = 2
    while True:
        before = before_each({0: Extent(pages, {}), **extents})
        number_links(part.root, {name: before[n] + page + 1 for n, extent in extents.items() for name, page in extent.anchors.items()})
        laid = Laid(part.root, fetcher, css)
        if len(laid.pages) == pages:
            return laid
        pages = len(laid.pages)
