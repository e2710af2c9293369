"""The report's HTML as trees of elements: read once, and cut into the parts that are laid out by themselves.

A part begins where a chapter begins a new page, so that nothing in it depends on the part before it but the numbers of its pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import cssselect2
from weasyprint import CSS, HTML
from weasyprint.html import UA, UA_COUNTER_STYLE
from weasyprint.urls import URLFetcher

_VOID = re.compile(r"<((?:br|col|hr|img|link|meta|wbr)\b[^<>]*?)\s*/?>")
_DOCTYPE = re.compile(r"\s*<!DOCTYPE html>\s*", re.IGNORECASE)
# What HTML keeps and XML doesn't: a line break in an attribute, and the one right after <pre>.
_UNLIKE = re.compile(r'="[^"<>]*[\n\r\t][^"<>]*"|<pre[^<>]*>\n|&[a-zA-Z]+;')
_BLOCKS = frozenset(("address", "blockquote", "div", "dl", "figure", "h1", "h2", "h3", "h4", "ol", "p", "pre", "section", "table", "ul"))
_CUTS = ("section", "h3")  # where a long chapter may go on on a new page
# What takes as long as so many characters, as measured over the chapters of a report: a piece of a line is laid out apart, a chart is drawn.
_WORK = dict.fromkeys(("a", "br", "code", "em", "small", "span", "strong"), 130) | {"img": 6000}
_ENTITIES = re.compile(r"&(?:amp|lt|gt|quot);")


class Tree(HTML):  # type: ignore[misc]
    """What WeasyPrint lays out, from a tree instead of a text."""

    def __init__(self, root: Element, fetcher: URLFetcher) -> None:
        self.base_url, self.url_fetcher, self.media_type = None, fetcher, "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_user_agent()]


@lru_cache(maxsize=1)
def _user_agent() -> CSS:
    """WeasyPrint's own style sheet, without the styles of foot notes and notes, which it would make for every element of a document that has none;
    and those of markers for list items alone."""
    rules = re.sub(r"^::(?:foot)?note-.*$", "", UA, flags=re.MULTILINE)
    rules = re.sub(r"@counter-style[^{]*\{[^}]*\}", "", rules)  # UA_COUNTER_STYLE has them
    return CSS(string=re.sub(r"^::marker", "li::marker", rules, flags=re.MULTILINE), counter_style=UA_COUNTER_STYLE)


@dataclass(frozen=True)
class Part:
    """Chapters that are laid out as a document of their own; ``size`` stands for the work, in characters."""

    root: Element
    size: int


def read(html: str, fetcher: URLFetcher) -> Element:
    """The root element. Our templates write every end tag, so that a reader of XML, which is ten times as quick, gives the same tree as one of
    HTML; a text that it can't read, or would read otherwise, goes to the reader of HTML."""
    text = _DOCTYPE.sub("", html, count=1)
    if not _UNLIKE.search(_ENTITIES.sub("", text)):
        try:
            found = ElementTree.fromstring(_VOID.sub(r"<\1/>", text))  # noqa: S314 - it has no declarations: see _DOCTYPE
        except ElementTree.ParseError:
            pass
        else:
            if _alike(found):
                return found
    root: Element = HTML(string=html, url_fetcher=fetcher).etree_element
    return root


def _alike(root: Element) -> bool:
    """Whether a reader of HTML would neither end an element early nor put one in between."""
    return not (
        any(inner.tag in _BLOCKS for paragraph in root.iter("p") for inner in paragraph.iter() if inner is not paragraph)
        or any(row.tag == "tr" for table in root.iter("table") for row in table)
    )


def parts(root: Element) -> list[Part]:
    """What stands before the first chapter, then each chapter with those that go on below it on the same page. One part where there is none."""
    head, body = root.find("head"), root.find("body")
    assert head is not None
    assert body is not None
    for style in (*head.findall("link"), *head.findall("style")):
        head.remove(style)  # what pdf.style_sheet keeps read
    groups: list[list[Element]] = [[]]
    for child in body:
        kinds = child.get("class", "").split()
        if "chapter" in kinds and "flow" not in kinds:
            groups.append([])
        groups[-1].append(child)
    title = body.find(".//h1")
    return [_part(root, head, body, group, title if number else None) for number, group in enumerate(group for group in groups if group)]


def _part(root: Element, head: Element, body: Element, chapters: list[Element], title: Element | None) -> Part:
    page, inner = Element("html", root.attrib), Element("body", body.attrib)
    if title is not None:
        # The running heads that the title sets for the whole document.
        inner.attrib = {
            **body.attrib,
            "class": "follows",
            "data-running": title.get("data-running", ""),
            "data-kind": title.get("data-kind", ""),
        }
    inner.extend(chapters)
    page.extend([head, inner])
    return Part(page, sum(map(_size, chapters)))


def _size(chapter: Element) -> int:
    return sum(_WORK.get(e.tag, 10) + len(e.text or "") + len(e.tail or "") for e in chapter.iter())


def in_pieces(found: list[Part], most: int) -> list[Part]:
    """The parts as fewer or more, of about ``most`` each: neighbours together, and a longer chapter cut between its sections. What is cut
    off goes on on a new page, under the same running head."""
    pieces: list[list[Element]] = []
    room = 0
    for part in found:
        for chapter in part.root[1]:
            for piece in _pieces(chapter, most):
                size = _size(piece)
                if size > room or not pieces:
                    pieces.append([])
                    room = most
                pieces[-1].append(piece)
                room -= size
    root = found[0].root
    return [_with_body(root, piece) for piece in pieces]


def _pieces(chapter: Element, most: int) -> list[Element]:
    if _size(chapter) <= most:
        return [chapter]
    title = chapter.find("h2")
    kinds = {"class": "chapter continued", "data-chapter": "".join(title.itertext()) if title is not None else ""}
    found = [Element("section", chapter.attrib)]
    room = most
    for child in chapter:
        size = _size(child)
        if size > room and child.tag in _CUTS and any(before.tag in _CUTS for before in found[-1]):
            found.append(Element("section", kinds))
            room = most
        found[-1].append(child)
        room -= size
    return found


def _with_body(root: Element, chapters: list[Element]) -> Part:
    page, body = Element("html", root.attrib), Element("body", root[1].attrib)
    if chapters[0].get("class") == "chapter flow":
        chapters[0].set("class", "chapter")  # it stands at the head of a page now, where a gap above it would show
    body.extend(chapters)
    page.extend([root[0], body])
    return Part(page, sum(map(_size, chapters)))


def joined(parts: dict[int, Part]) -> dict[int, Part]:
    """The same with parts that follow each other as one, under the first one's number: fewer documents to begin."""
    found: dict[int, Part] = {}
    first = last = -1
    for number, part in sorted(parts.items()):
        if number and number == last + 1:
            body = found[first].root[1]
            body.extend(part.root[1])
            found[first] = Part(found[first].root, found[first].size + part.size)
        else:
            first = number
            found[number] = part
        last = number
    return found


def number_links(root: Element, pages: dict[str, int]) -> None:
    """Tell each link on which page its target is, for the style sheet to print."""
    for link in root.iter("a"):
        page = pages.get(link.get("href", "").removeprefix("#"))
        if page is not None:
            link.set("data-page", str(page))


def halves(sizes: list[int]) -> tuple[list[int], list[int]]:
    """The numbers of the parts in two lists of about the same work; the same lists for the same sizes."""
    lists: tuple[list[int], list[int]] = ([], [])
    loads = [0, 0]
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n], n)):
        lighter = loads[1] < loads[0]
        lists[lighter].append(number)
        loads[lighter] += sizes[number]
    return sorted(lists[0]), sorted(lists[1])
