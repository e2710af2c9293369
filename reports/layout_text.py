"""Lines of text, for reports.layout_speed: a paragraph is shaped once and its lines are found by adding up, and each line is drawn from the
glyphs that it was measured with.

WeasyPrint shapes the rest of a paragraph anew for each line, several times over, and once more to draw it. What could come out otherwise by
adding up, because a word fits or doesn't by less than a pixel, is left to WeasyPrint, and so is what isn't plain text from left to right.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Any

from weasyprint.draw import text as drawing
from weasyprint.text import line_break
from weasyprint.text.constants import PANGO_WRAP_MODE
from weasyprint.text.ffi import FROM_UNITS, TO_UNITS, ffi, gobject, pango

_split_first_line = line_break.split_first_line
_draw_text = drawing.draw_text
_Layout = line_break.Layout
_LONGEST = 400  # characters; longer texts are seldom the same
_NARROWEST = 4  # times the size of the font
_SLACK = 1024  # units of Pango, one pixel
_KEPT = 100  # paragraphs of one style that are half done
_GLYPH = ffi.sizeof("PangoGlyphInfo") // 4  # numbers of 32 bits: glyph, width, both offsets, flags
_ATTRIBUTES = ffi.sizeof("PangoLogAttr") // 4
_MISSING = 0x0FFFFFFF
_SPECIAL = re.compile("[\t\n\v\f\r\x85\xad\u200b\u2028\u2029]")

ffi.cdef("void * g_object_ref (void *object);")


class Layout(_Layout):  # type: ignore[misc, valid-type]
    """A Pango layout that is lent again to the next text of its style, instead of being made anew for each."""

    shaped: Shaped | None = None

    def setup(self, style: Any) -> None:
        spare = style.__dict__.get("spare_layouts")
        if spare:
            self.style = style
            self.first_line_direction = 0
            self.layout, self.language = spare.pop()
            self.ascent = self.underline_position = self.strikethrough_position = None
        else:
            super().setup(style)

    def deactivate(self) -> None:
        style = self.style
        try:
            spare = style.spare_layouts
        except AttributeError:
            spare = style.spare_layouts = [] if _even(style) else None
        if spare is not None and not self.justification_spacing:
            pango.pango_layout_set_width(self.layout, -1)
            pango.pango_layout_set_wrap(self.layout, PANGO_WRAP_MODE["WRAP_WORD"])
            pango.pango_layout_set_single_paragraph_mode(self.layout, False)
            spare.append((self.layout, self.language))
        super().deactivate()


def _even(style: Any) -> bool:
    """Whether nothing of one text stays behind in the layout for the next."""
    return bool(
        style["text_decoration_line"] == "none"
        and style["letter_spacing"] in ("normal", 0)
        and not style["word_spacing"]
        and style["white_space"] in ("normal", "nowrap")
    )


@dataclass(slots=True)
class Run:
    """Glyphs of one font: numbers and widths, and where in the text's bytes each begins; ``end``: where the run does."""

    font: Any
    glyphs: array[int]
    widths: array[int]
    starts: list[int]
    end: int


@dataclass(slots=True)
class Shaped:
    """A text on one line. ``units``: its width in units of Pango; ``height`` and ``baseline`` in pixels."""

    runs: list[Run]
    units: int
    height: float
    baseline: float


@dataclass(slots=True)
class Paragraph:
    """Where a shaped text may be broken: for each place its character, that of the end of the line's text, without spaces, and how far in it is."""

    breaks: list[int]
    ends: list[int]
    reaches: list[int]
    starts: list[int]
    units: int


def shape(layout: Layout) -> Shaped | None:
    """The layout's text as it is on one line; None where it needs more than glyphs from left to right."""
    line, second = layout.get_first_line()
    if second is not None or line.runs == ffi.NULL:
        return None
    runs = []
    run = line.runs[0]
    while run != ffi.NULL:
        item, run = run.data, run.next
        analysis, string, count = item.item.analysis, item.glyphs, item.glyphs.num_glyphs
        numbers = array("i", ffi.buffer(string.glyphs, count * _GLYPH * 4)[:])
        glyphs, offset = numbers[0::_GLYPH], item.item.offset
        if analysis.level % 2 or any(numbers[2::_GLYPH]) or any(numbers[3::_GLYPH]) or max(glyphs, default=0) >= _MISSING:
            return None
        clusters = array("i", ffi.buffer(string.log_clusters, count * 4)[:])
        runs.append(
            Run(_held(analysis.font, layout.style), glyphs, numbers[1::_GLYPH], [offset + c for c in clusters], offset + item.item.length)
        )
    with ffi.new("PangoRectangle *") as extents:
        pango.pango_layout_line_get_extents(line, ffi.NULL, extents)
        units, height = extents.width, extents.height * FROM_UNITS
    return Shaped(runs, units, height, pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS)


def _held(font: Any, style: Any) -> Any:
    """The font, kept for as long as the document's fonts are."""
    held = style.font_config.__dict__.setdefault("held_fonts", {})
    key = int(ffi.cast("uintptr_t", font))
    if key not in held:
        held[key] = ffi.gc(ffi.cast("PangoFont *", gobject.g_object_ref(font)), gobject.g_object_unref)
    return held[key]


def _paragraph(layout: Layout, shaped: Shaped) -> Paragraph:
    text = layout.text
    attributes = pango.pango_layout_get_log_attrs_readonly(layout.layout, ffi.NULL)
    flags = array("I", ffi.buffer(attributes, len(text) * _ATTRIBUTES * 4)[:])[0::_ATTRIBUTES]
    breaks = [place for place, flag in enumerate(flags) if flag & 1 and place]
    ends = [len(text[:place].rstrip(" ")) for place in breaks]
    starts = [start for run in shaped.runs for start in run.starts]
    sums = [0, *accumulate(width for run in shaped.runs for width in run.widths)]
    bytes_before = range(len(text) + 1) if text.isascii() else [0, *accumulate(len(character.encode()) for character in text)]

    def reach(place: int) -> int:
        return sums[bisect_left(starts, bytes_before[place])]

    return Paragraph(breaks, ends, [reach(end) for end in ends], [reach(place) for place in breaks], shaped.units)


def split_first_line(
    text: str,
    style: Any,
    context: Any,
    max_width: float | None,
    justification_spacing: float,
    is_line_start: bool = True,
    minimum: bool = False,
) -> Any:
    """Layout, length, where to go on, width, height and baseline of the first line."""
    if justification_spacing:
        return _split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)
    try:
        known = style.first_lines
    except AttributeError:
        known = style.first_lines = {}
        style.half_done = {} if _even(style) and style["hyphens"] != "auto" else None
    key = text, max_width, is_line_start, minimum
    found = known.get(key)
    if found is None:
        if style.half_done is not None and not _SPECIAL.search(text):
            found = _by_adding(text, style, max_width)
        if found is None:
            found = _split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        if len(text) < _LONGEST:
            known[key] = found
    return found


def _by_adding(text: str, style: Any, max_width: float | None) -> Any:
    """The same, None where it can't be told for certain."""
    limit: float = inf
    if max_width is not None and max_width != inf and style["white_space"] == "normal":
        if max_width < style["font_size"] * _NARROWEST or max_width >= 2**21:
            return None
        limit = int(max_width * TO_UNITS)
    paragraph, at, reach = style.half_done.pop(text, (None, 0, 0))
    if paragraph is None or paragraph.units - reach < limit - _SLACK:
        layout = Layout(style, 0, max_width)
        layout.set_text(text)
        shaped = shape(layout)
        if shaped is None or shaped.units <= limit:
            return None if shaped is None else _line(layout, shaped, None)
        if paragraph is not None or text.endswith(" "):
            return None
        paragraph = _paragraph(layout, shaped)
        layout.deactivate()
    elif paragraph.units - reach < limit + _SLACK:
        return None
    first = bisect_right(paragraph.breaks, at)
    number = bisect_right(paragraph.reaches, limit + reach, lo=first) - 1
    if number < first:
        return None
    beyond = paragraph.reaches[number + 1] if number + 1 < len(paragraph.reaches) else paragraph.units
    if paragraph.reaches[number] - reach > limit - _SLACK or beyond - reach < limit + _SLACK:
        return None
    place = paragraph.breaks[number]
    layout = Layout(style, 0, max_width)
    layout.set_text(text[: paragraph.ends[number] - at])
    shaped = shape(layout)
    if shaped is None or shaped.units > limit:
        return None
    if len(style.half_done) > _KEPT:
        style.half_done.clear()
    style.half_done[text[place - at :]] = paragraph, place, paragraph.starts[number]
    return _line(layout, shaped, len(text[: place - at].encode()))


def _line(layout: Layout, shaped: Shaped, resume_at: int | None) -> Any:
    layout.shaped = shaped
    layout.deactivate()
    return layout, len(layout.text.encode()), resume_at, shaped.units * FROM_UNITS, shaped.height, shaped.baseline


def draw_text(stream: Any, textbox: Any, offset_x: float, text_overflow: str, block_ellipsis: str) -> None:
    """Write a line of text to the page's stream."""
    style, layout = textbox.style, textbox.pango_layout
    try:
        drawn = style.drawn
    except AttributeError:
        drawn = style.drawn = {} if _plain(style) else None
    if drawn is None or text_overflow != "clip" or block_ellipsis != "none" or layout.justification_spacing:
        _draw_text(stream, textbox, offset_x, text_overflow, block_ellipsis)
        return
    pieces = drawn.get(layout.text)
    if pieces is None:
        pieces = drawn[layout.text] = _pieces_of(stream, textbox)
    if pieces is False:
        _draw_text(stream, textbox, offset_x, text_overflow, block_ellipsis)
        return
    stream.set_color(style["color"])
    stream.begin_text()
    if pieces:
        stream.set_text_matrix(1, 0, 0, -1, textbox.position_x, textbox.position_y + textbox.baseline)
        for font, size, glyphs in pieces:
            stream.set_font_size(font, size)
            stream.show_text(glyphs)
    stream.end_text()


def _plain(style: Any) -> bool:
    return bool(
        style["visibility"] == "visible"
        and style["text_decoration_line"] == "none"
        and style["font_size"] >= 1e-6
        and not style["word_spacing"]
    )


def _pieces_of(stream: Any, textbox: Any) -> Any:
    if not textbox.text.strip():
        return ()
    layout = textbox.pango_layout
    shaped = layout.shaped
    if shaped is None:
        layout.reactivate(textbox.style)
        shaped = shape(layout)
        layout.deactivate()
    return False if shaped is None else _pieces(stream, shaped, layout.text.encode())


def _pieces(stream: Any, shaped: Shaped, text: bytes) -> Any:
    """Font, size and glyphs with their kerning for each font; False where a font is more than outlines."""
    found: list[tuple[str, float, str]] = []
    parts: list[str] = []
    previous: Any = None
    font: Any = None
    size = 0.0
    for run in shaped.runs:
        if run.font != previous:
            if previous is not None:
                found.append((font.hash, size, "".join(parts)))
                parts = []
            previous = run.font
            font, size = stream.add_font(run.font)
            if font.bitmap or font.png or font.svg or font.colr or pango.pango_version() < 14802:
                return False
        known, widths = font.to_unicode, font.widths
        open_ = False
        for i, (glyph, width) in enumerate(zip(run.glyphs, run.widths, strict=True)):
            if glyph not in known:
                end = run.starts[i + 1] if i + 1 < len(run.starts) else run.end
                known[glyph] = text[run.starts[i] : end].decode()
            try:
                logical = widths[glyph]
            except KeyError:
                if glyph not in widths:
                    pango.pango_font_get_glyph_extents(run.font, glyph, stream.ink_rect, stream.logical_rect)
                    widths[glyph] = round(stream.logical_rect.width * 1000 * FROM_UNITS / size)
                logical = widths[glyph]
            kerning = logical - width * 1000 * FROM_UNITS / size
            parts.append(f"{glyph:04x}" if open_ else f"<{glyph:04x}")
            open_ = not kerning
            if kerning:
                parts.append(f">{int(kerning)}")
        if open_:
            parts.append(">")
    if previous is not None:
        found.append((font.hash, size, "".join(parts)))
    return tuple(found)


REPLACEMENTS = ((_split_first_line, split_first_line), (_draw_text, draw_text), (_Layout, Layout))
