"""The spots where WeasyPrint does the same work again and again, done once: the pages and the bytes stay the same, the time is halved.

Each replacement stands for a function of the same name and gives the same result; tests/reports/test_layout.py compares whole files with
and without them. They are made for one version of WeasyPrint and left out under any other, which is slower and no less right.

What is remembered hangs on the style objects of one document and goes with it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf
import weasyprint
from weasyprint.formatting_structure import boxes
from weasyprint.layout import background, percent
from weasyprint.layout import page as pages
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.text import line_break

from reports import layout_line, layout_text

MADE_FOR = "70.0"
logger = logging.getLogger(__name__)

_EDGES = ("margin_left", "margin_right", "margin_top", "margin_bottom", "padding_left", "padding_right", "padding_top", "padding_bottom")
_SIZES = ("width", "height", "min_width", "min_height", "max_width", "max_height")
_BORDERS = ("border_top_width", "border_right_width", "border_bottom_width", "border_left_width")
_RADII = ("border_top_left_radius", "border_top_right_radius", "border_bottom_right_radius", "border_bottom_left_radius")
_SQUARE = dict.fromkeys(_RADII, (0, 0))

_resolve_percentages = percent.resolve_percentages
_layout_box_backgrounds = background.layout_box_backgrounds
_set_page_type_computed_styles = pages.set_page_type_computed_styles
_strut = line_break.strut
_is_in_normal_flow = boxes.Box.is_in_normal_flow
_page_references = pydyf.PDF.page_references


def resolve_percentages(box: Any, containing_block: Any) -> None:
    """The used margins, paddings, borders and sizes of a box; where a style has no percentages they are the same for each of its boxes."""
    style = box.style
    try:
        lengths, borders = style.fixed_lengths
    except AttributeError:
        lengths, borders = style.fixed_lengths = _fixed_lengths(style)
    if lengths is None:
        _resolve_percentages(box, containing_block)
        return
    used = (box._box if isinstance(box, AbsolutePlaceholder) else box).__dict__
    used.update(lengths)
    if style["border_collapse"] == "collapse":
        # Those of a table's cells may have been settled between neighbours.
        for name, width in borders.items():
            used.setdefault(name, width)
    else:
        used.update(borders)


def _fixed_lengths(style: Any) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    if style["box_sizing"] != "content-box":
        return None, {}
    used: dict[str, Any] = {}
    for name in (*_EDGES, *_SIZES):
        value = style[name]
        if value is None or value == "auto":
            used[name] = 0 if name in ("min_width", "min_height") and value == "auto" else value
        elif getattr(value, "unit", None) != "px":
            return None, {}
        else:
            used[name] = value.value
    return used, {name: style[name] for name in _BORDERS}


def layout_box_backgrounds(page: Any, box: Any, get_image_from_uri: Any, layout_children: bool = True, style: Any = None) -> None:
    """The backgrounds of a box and those in it; most have none and no round corners."""
    own = box.style
    if style is None and box is not page:
        try:
            bare = own.bare
        except AttributeError:
            bare = own.bare = _bare(own)
        if bare:
            used = (box._box if isinstance(box, AbsolutePlaceholder) else box).__dict__
            used.update(_SQUARE)
            used["background"] = None
            if layout_children:
                for child in box.all_children():
                    layout_box_backgrounds(page, child, get_image_from_uri)
            return
    _layout_box_backgrounds(page, box, get_image_from_uri, layout_children, style)


def _bare(style: Any) -> bool:
    return bool(
        all((0, "px") in style[name] for name in _RADII)
        and style["border_image_source"][0] == "none"
        and style["mask_border_source"][0] == "none"
        and style["visibility"] != "hidden"
        and all(value is None for kind, value in style["background_image"] if kind == "none")
        and all(kind == "none" for kind, _ in style["background_image"])
        and style["background_color"] != "currentcolor"
        and style["background_color"].alpha == 0
        and not style["box_shadow"]
    )


def strut(style: Any) -> tuple[float, float]:
    """Height and baseline of a line without text."""
    try:
        return style.known_strut  # type: ignore[no-any-return]
    except AttributeError:
        style.known_strut = found = _strut(style)
        return found


def is_in_normal_flow(box: Any) -> bool:
    style = box.style
    return (style["float"] == "none" and style["position"] == "static") or _is_in_normal_flow(box)


def set_page_type_computed_styles(page_type: Any, html: Any, style_for: Any) -> None:
    """The styles of a page and of what stands in its margins; where the style sheet tells pages apart by nothing but their names, once a name."""
    try:
        known = style_for.known_pages
    except AttributeError:
        known = style_for.known_pages = {} if _by_name(style_for) else None
    if known is None:
        _set_page_type_computed_styles(page_type, html, style_for)
        return
    kind = page_type.name, page_type.blank
    styles = style_for.get_computed_styles()
    if kind in known:
        styles.update({(page_type, pseudo): style for pseudo, style in known[kind]})
        return
    _set_page_type_computed_styles(page_type, html, style_for)
    known[kind] = [(pseudo, style) for (element, pseudo), style in styles.items() if element == page_type]


def _by_name(style_for: Any) -> bool:
    """Whether the style sheets select pages by name and emptiness alone."""
    selectors = [page for sheet, *_ in style_for._sheets for _, listed, _ in sheet.page_rules for _, _, page in listed]
    return all(page.side is None and page.first is None and page.index is None for page in selectors)


class _PageReferences:
    """``pydyf.PDF.page_references``, which is asked for at each tag and counts all the pages each time."""

    def __get__(self, pdf: Any, owner: type | None = None) -> Any:
        count, references = pdf.__dict__.get("_page_references", (-1, ()))
        if count != len(pdf.pages["Kids"]):
            references = _page_references.fget(pdf)
            pdf._page_references = len(pdf.pages["Kids"]), references
        return references


def replacements() -> list[tuple[Any, str, Any]]:
    """What is replaced: owner, name, replacement. A function that other modules imported by its name is replaced in each of them."""
    found: list[tuple[Any, str, Any]] = [
        (pydyf.PDF, "page_references", _PageReferences()),
        (boxes.Box, "is_in_normal_flow", is_in_normal_flow),
    ]
    for original, replacement in (
        (_resolve_percentages, resolve_percentages),
        (_layout_box_backgrounds, layout_box_backgrounds),
        (_set_page_type_computed_styles, set_page_type_computed_styles),
        (_strut, strut),
        *layout_line.REPLACEMENTS,
        *layout_text.REPLACEMENTS,
    ):
        found += [
            (module, name, replacement)
            for module in list(sys.modules.values())
            if getattr(module, "__name__", "").startswith("weasyprint")
            for name, value in list(vars(module).items())
            if value is original
        ]
    return found


def _install(wanted: list[tuple[Any, str, Any]]) -> list[tuple[Any, str, Any]]:
    before = [(owner, name, vars(owner)[name]) for owner, name, _ in wanted]
    for owner, name, replacement in wanted:
        setattr(owner, name, replacement)
    return before


@contextmanager
def as_it_comes() -> Iterator[None]:
    """WeasyPrint without any of this, to compare."""
    global _before
    now = _install(_before)
    try:
        yield
    finally:
        _install(now)


_before: list[tuple[Any, str, Any]] = []
if weasyprint.__version__ == MADE_FOR:
    _before = _install(replacements())
else:
    logger.warning("The quicker layout is made for WeasyPrint %s; with %s reports take twice as long", MADE_FOR, weasyprint.__version__)
