"""A line of one text and nothing else, for reports.layout_speed: the usual case in a table's cell, without what lines may need besides."""

from __future__ import annotations

from typing import Any

from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.layout import inline

_get_next_linebox = inline.get_next_linebox


def get_next_linebox(
    context: Any, linebox: Any, position_y: float, bottom_space: float, skip_stack: Any, containing_block: Any, absolute_boxes: Any,
    fixed_boxes: Any, first_letter_style: Any, first_line_style: Any,
) -> Any:  # fmt: skip
    """The next line and where to go on after it."""
    if len(linebox.children) == 1 and not (first_letter_style or first_line_style or context.excluded_shapes):
        (text,) = linebox.children
        if type(text) is TextBox and _simple(linebox.style) and _simple(text.style) and containing_block.style["direction"] == "ltr":
            found = _line(context, linebox, text, position_y, skip_stack, containing_block)
            if found is not None:
                return found
    return _get_next_linebox(
        context, linebox, position_y, bottom_space, skip_stack, containing_block, absolute_boxes, fixed_boxes, first_letter_style, first_line_style
    )  # fmt: skip


def _simple(style: Any) -> bool:
    try:
        return style.simple_line  # type: ignore[no-any-return]
    except AttributeError:
        style.simple_line = found = bool(
            style["direction"] == "ltr"
            and style["position"] == "static"
            and style["float"] == "none"
            and style["vertical_align"] == "baseline"
            and style["white_space"] in ("normal", "nowrap")
            and style["text_align_all"] != "justify"
            and style["box_decoration_break"] == "slice"
            and style["font_size"] != 0
        )
        return found


def _line(context: Any, linebox: Any, text: Any, position_y: float, skip_stack: Any, containing_block: Any) -> Any:
    """The same as get_next_linebox, step by step, so that every number comes out the same to the last digit; None where it isn't so simple."""
    skip_stack = inline.skip_first_whitespace(linebox, skip_stack)
    if skip_stack == "continue":
        return None, None
    skip = next(iter(skip_stack[0] or {0: None})) or 0 if skip_stack else 0
    left = containing_block.content_box_x() + linebox.margin_left
    available = left + containing_block.width - linebox.margin_left - linebox.margin_right - left
    start = left - linebox.margin_left
    linebox.position_x, linebox.position_y = start, position_y
    linebox.width = linebox.height = 0
    position_x = start + linebox.text_indent
    max_x = (start + available) * (1 + 1e-9)
    text.position_x, text.position_y = position_x, position_y
    inline.resolve_percentages(text, containing_block)
    child, resume, preserved = inline.split_text_box(context, text, max_x - position_x, skip, is_line_start=True)
    if child is None or preserved or child.position_x + child.margin_width() > max_x:
        return None
    line = linebox.copy_with_children([child])
    line.remove_decoration(start=skip_stack is not None, end=resume is not None)
    line.width = child.position_x + child.margin_width() - line.content_box_x()
    inline._adjust_line_height(line)
    linebox.width, linebox.height = line.width, line.height
    if child.text[-1] == " ":
        inline.remove_last_whitespace(context, line)
    offset_x = inline.text_align(context, line, available, last=resume is None)
    top = -child.baseline
    child.position_y = top
    bottom = top + child.margin_height()
    own_top = -line.baseline
    own_bottom = own_top + line.margin_height()
    top, bottom = min(top, own_top), max(bottom, own_bottom)
    line.baseline, line.position_y, line.height = -top, top, bottom - top
    line.margin_top = line.margin_bottom = 0
    line.translate(offset_x, position_y - top)
    line.position_y = position_y
    return line, None if resume is None else {0: {resume: None}}


REPLACEMENTS = ((_get_next_linebox, get_next_linebox),)
