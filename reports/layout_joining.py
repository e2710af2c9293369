"""Two halves of a document as one: pages in their order, one tree of tags, one outline, one list of names, each font once.

One half hands over what is its own as bytes, numbered from 1, and what both share as objects to be filled in; the other takes the numbers after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pydyf
from weasyprint.pdf.fonts import build_fonts_dictionary

from reports.layout_file import Final, body, reference_of
from reports.layout_parts import OPTIONS, Drawn, Fonts

Reference = bytes
PRINTED = 2 ** (3 - 1)  # the flag that PDF/A asks of annotations


@dataclass
class Outline:
    """A bookmark of the first level: the page that it leads to and the number of bookmarks that are seen below it."""

    page: int
    reference: Reference
    item: pydyf.Dictionary


@dataclass
class Handed:
    """What one half hands over; references in it are final. ``shared``: objects that the other half writes, by their numbers."""

    bodies: dict[int, tuple[bool, bytes]] = field(default_factory=dict)
    count: int = 0
    shared: dict[int, Any] = field(default_factory=dict)
    pages: dict[int, Reference] = field(default_factory=dict)
    elements: list[tuple[int, Reference]] = field(default_factory=list)
    tags: list[tuple[int, Any]] = field(default_factory=list)
    links: int = 0
    outlines: list[Outline] = field(default_factory=list)
    seen: int = 0
    names: list[tuple[str, Any]] = field(default_factory=list)
    font_lists: list[int] = field(default_factory=list)

    def add(self, later: Handed) -> None:
        """Take in what another process handed over, whose objects are numbered after these."""
        self.bodies |= later.bodies
        self.shared |= later.shared
        self.pages |= later.pages
        self.elements += later.elements
        self.tags += later.tags
        self.outlines += later.outlines
        self.names += later.names
        self.font_lists += later.font_lists
        self.count, self.links, self.seen = later.count, self.links + later.links, self.seen + later.seen


def described(pdf: pydyf.PDF) -> None:
    """What the tags of both halves lack for PDF/UA-1: the scope of each header cell, which makes ids and lists of headers superfluous."""
    objects = pdf.objects
    for item in objects:
        if type(item) is not pydyf.Dictionary:
            continue
        kind = item.get("S")
        if kind == "/TH":
            item.pop("ID", None)
            item["A"]["Scope"] = "/Column" if _in_head(item, objects) else "/Row"
        elif kind == "/TD":
            item["A"].pop("Headers", None)
        elif item.get("Type") == "/Annot":
            item["F"] = PRINTED


def _in_head(item: pydyf.Dictionary, objects: list[Any]) -> bool:
    while item.get("S") not in ("/Table", "/Document", None):
        item = objects[reference_of(item["P"]) or 0]
        if item.get("S") == "/THead":
            return True
    return False


def _at(pdf: pydyf.PDF, reference: Any) -> Any:
    return pdf.objects[reference_of(reference) or 0]


def _root(pdf: pydyf.PDF) -> tuple[Any, Any, Any]:
    """The structure's root, its one element below it, and the tree of parents."""
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    return root, _at(pdf, root["K"][0]), _at(pdf, root["ParentTree"])


def _tops(pdf: pydyf.PDF, pages: dict[bytes, int]) -> Iterator[tuple[int, Reference]]:
    """The elements of the first level with their pages."""
    for reference in _root(pdf)[1]["K"]:
        yield pages[_at(pdf, reference)["Pg"]], reference


def _tags(drawn: Drawn, links_from: int) -> tuple[list[tuple[int, Any]], int]:
    """The tree of parents, its keys as they are in the whole: a page's number, then the links from ``links_from``; and how many links."""
    listed = _root(drawn.pdf)[2]["Nums"]
    count = len(drawn.numbers)
    tags = [
        (drawn.numbers[key] if key < count else key - count + links_from, value)
        for key, value in zip(listed[::2], listed[1::2], strict=True)
    ]
    for item in drawn.pdf.objects:
        if type(item) is pydyf.Dictionary and "StructParent" in item:
            item["StructParent"] += links_from - count
    return tags, sum(key >= links_from for key, _ in tags)


def _outlines(pdf: pydyf.PDF, pages: dict[bytes, int]) -> tuple[list[Outline], int]:
    root = _at(pdf, pdf.catalog["Outlines"]) if "Outlines" in pdf.catalog else {}
    found, reference = [], root.get("First")
    while reference is not None:
        item = _at(pdf, reference)
        found.append(Outline(pages[item["Dest"][0]], reference, item))
        reference = item.get("Next")
    return found, root.get("Count", 0)


def _names(drawn: Drawn) -> list[tuple[str, Any]]:
    listed = drawn.pdf.catalog.get("Names", {}).get("Dests", {}).get("Names", [])
    return [(name.string, place) for name, place in zip(listed[::2], listed[1::2], strict=True) if name.string in drawn.anchors]


def hand_over(drawn: Drawn, links_from: int, first: int = 0) -> Handed:
    """What is drawn elsewhere, ready for the file. ``links_from``: the number of pages of the whole and of the links that come before these in
    the tree of parents; ``first``: how many objects come before these."""
    pdf = drawn.pdf
    described(pdf)
    handed = Handed()
    pages: dict[bytes, int] = dict(zip(pdf.page_references, drawn.numbers, strict=True))
    page_objects = [_at(pdf, reference) for reference in pdf.page_references]
    tags, handed.links = _tags(drawn, links_from)
    tops = list(_tops(pdf, pages))
    outlines, handed.seen = _outlines(pdf, pages)
    names = _names(drawn)
    resources = _at(pdf, page_objects[0]["Resources"])
    fonts = _at(pdf, resources["Font"])
    for page, number in zip(page_objects, drawn.numbers, strict=True):
        page["StructParents"] = number
        del page["Parent"]
    root, document, parents = _root(pdf)
    left_out = {id(item) for item in (pdf.objects[0], pdf.pages, pdf.catalog, root, document, parents)}
    if outlines:
        left_out.add(id(_at(pdf, pdf.catalog["Outlines"])))
    kept = [item for item in pdf.objects if id(item) not in left_out]
    numbers = {item.number: number for number, item in enumerate(kept, start=first + 1)}
    # What stands in the margins has the document above it, too, without being one of its elements.
    below = [item for item in kept if type(item) is pydyf.Dictionary and item.get("P") == document.reference]
    shared = {id(item) for item in (*page_objects, fonts, *below, *(o.item for o in outlines))}
    for outline in outlines:
        for key in ("Parent", "Prev", "Next"):
            outline.item.pop(key, None)
    for item in below:
        del item["P"]
    for item in kept:
        number = numbers[item.number]
        if id(item) in shared:
            handed.shared[number] = _final(item, numbers)
        else:
            handed.bodies[number] = body(item, numbers)
    handed.count = first + len(kept)
    handed.pages = {number: _final(reference, numbers) for reference, number in pages.items()}
    handed.elements = [(number, _final(reference, numbers)) for number, reference in tops]
    handed.tags = [(key, _final(value, numbers)) for key, value in tags]
    handed.outlines = [Outline(o.page, _final(o.reference, numbers), handed.shared[numbers[o.item.number]]) for o in outlines]
    handed.names = [(name, _final(place, numbers)) for name, place in names]
    handed.font_lists = [numbers[fonts.number]]
    return handed


@dataclass
class Used:
    """What was used of a font: the characters and the widths of glyphs. ``look``: family, weight, and whether it is italic."""

    look: tuple[str, int, bool]
    characters: dict[int, str]
    widths: dict[int, int]


Glyphs = dict[str, Used]


def glyphs(fonts: Fonts) -> Glyphs:
    """What was used, by font."""
    return {
        font.hash: Used((font.family, int(font.weight), bool(font.style)), font.to_unicode, dict(font.widths))
        for font in dict.values(fonts)
    }


def with_more(known: Glyphs, more: Glyphs) -> None:
    """Add what was used elsewhere."""
    for name, used in more.items():
        mine = known.setdefault(name, Used(used.look, {}, {}))
        for glyph, text in used.characters.items():
            mine.characters.setdefault(glyph, text)
        mine.widths.update(used.widths)


@dataclass
class FontObjects:
    """Fonts as objects of a file of their own: ``fonts`` refers to them by name."""

    objects: list[Any]
    fonts: dict[str, Reference]


def font_objects(used: Fonts, wanted: list[str]) -> FontObjects:
    pdf = pydyf.PDF()
    first = len(pdf.objects)
    chosen = {key: font for key, font in used.items() if font.hash in wanted}
    for font in chosen.values():
        font.widths = dict(font.widths)
    fonts = build_fonts_dictionary(pdf, chosen, False, True, OPTIONS) if chosen else {}
    return FontObjects(pdf.objects[first:], dict(fonts))


def adopt(pdf: pydyf.PDF, others: FontObjects) -> dict[str, Reference]:
    """Take the objects of fonts into a document; where they are by name."""
    numbers = {}
    for item in others.objects:
        before = item.number
        pdf.add_object(item)
        numbers[before] = item.number
    for item in others.objects:
        inner = item.extra if isinstance(item, pydyf.Stream) else item
        renumbered = _final(inner, numbers, bytes)
        if isinstance(inner, dict):
            inner.update(renumbered)
        else:
            inner[:] = renumbered
    return {name: _final(reference, numbers, bytes) for name, reference in others.fonts.items()}


def add_glyphs(fonts: Fonts, others: Glyphs) -> list[str]:
    """Count the glyphs of the other half as used; the names of the fonts that it has alone."""
    own = {font.hash for font in dict.values(fonts)}
    for font in dict.values(fonts):
        if font.hash in others:
            used = others[font.hash]
            font.to_unicode.update({glyph: text for glyph, text in used.characters.items() if glyph not in font.to_unicode})
            font.widths.update(used.widths)
    return sorted(name for name in others if name not in own)


def _final(item: Any, numbers: dict[int, int], made: type[bytes] = Final) -> Any:
    """The same with every reference renumbered; as they are in the file unless ``made`` says otherwise."""
    kind = type(item)
    if kind is bytes:
        number = reference_of(item)
        return item if number is None else made(b"%d 0 R" % numbers[number])
    if kind is pydyf.Dictionary:
        return pydyf.Dictionary({key: _final(value, numbers, made) for key, value in item.items()})
    if kind is pydyf.Array:
        return pydyf.Array([_final(value, numbers, made) for value in item])
    return item


def join(drawn: Drawn, handed: Handed | None, others: FontObjects | None = None) -> None:
    """Put the pages, tags, bookmarks and names of both halves into the order of the whole; the objects of the other half stay in ``handed``."""
    pdf = drawn.pdf
    described(pdf)
    other = handed or Handed()
    references = pdf.page_references
    pages: dict[bytes, int] = dict(zip(references, drawn.numbers, strict=True))
    for reference, number in pages.items():
        _at(pdf, reference)["StructParents"] = number
    all_pages = {number: reference for reference, number in pages.items()} | other.pages
    _, document, parents = _root(pdf)
    tags, _ = _tags(drawn, len(all_pages) + other.links)
    tops = _sorted([*_tops(pdf, pages), *other.elements])
    outlines, seen = _outlines(pdf, pages)
    names = dict(_names(drawn)) | dict(other.names)
    for item in other.shared.values():
        if item.get("Type") == "/Page":
            item["Parent"] = pdf.pages.reference
        elif item.get("Type") == "/StructElem":
            item["P"] = document.reference
    pdf.pages["Kids"] = pydyf.Array([all_pages[number] for number in sorted(all_pages)])
    pdf.pages["Count"] = len(all_pages)
    document["K"] = pydyf.Array([reference for _, reference in tops])
    parents["Nums"] = pydyf.Array([item for pair in sorted([*tags, *other.tags], key=lambda pair: pair[0]) for item in pair])
    _link(pdf, sorted([*outlines, *other.outlines], key=lambda o: o.page), seen + other.seen)
    if names:
        pdf.catalog["Names"]["Dests"] = pydyf.Dictionary(
            {"Names": pydyf.Array([item for name in sorted(names) for item in (pydyf.String(name), names[name])])}
        )
    if handed is not None:
        resources = _at(pdf, _at(pdf, references[0])["Resources"])
        fonts = _at(pdf, resources["Font"])
        if others is not None:
            fonts.update(adopt(pdf, others))
        other.shared.update(dict.fromkeys(other.font_lists, fonts))


def _sorted(items: Iterable[tuple[int, Reference]]) -> list[tuple[int, Reference]]:
    return sorted(items, key=lambda pair: pair[0])


def _link(pdf: pydyf.PDF, outlines: list[Outline], seen: int) -> None:
    """One bookmark after the other."""
    if not outlines:
        return
    if "Outlines" not in pdf.catalog:
        made = pydyf.Dictionary({})
        pdf.add_object(made)
        pdf.catalog["Outlines"] = made.reference
    root = _at(pdf, pdf.catalog["Outlines"])
    root.update({"Count": seen, "First": outlines[0].reference, "Last": outlines[-1].reference})
    for before, outline, after in zip([None, *outlines], outlines, [*outlines[1:], None], strict=False):
        outline.item["Parent"] = pdf.catalog["Outlines"]
        for key, neighbour in (("Prev", before), ("Next", after)):
            outline.item.pop(key, None)
            if neighbour is not None:
                outline.item[key] = neighbour.reference
