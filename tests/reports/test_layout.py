"""The pages in parts: the same whole as if they had been laid out at once, by one process or two, and nothing left behind when that fails."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError

from assessments.charts import engine
from reports import layout, layout_speed, pdf
from reports.charts import draw_charts
from reports.document import Records
from reports.layout_second import Forked, Here
from reports.layout_tree import Part, halves, in_pieces, parts, read
from tests.reports.sample import sample_questionnaires
from tests.reports.test_printing import HOSTILE, records_of, text_of

WHOLE = ".cover-verify a::after, .toc a::after { content: target-counter(attr(href), page); }"


@pytest.fixture(scope="module")
def records() -> Records:
    """Long enough for two processes; the second half has a kind of letter that the first doesn't have, and the other way round."""
    return records_of(questionnaires=sample_questionnaires(5, HOSTILE, "Ωμέγα"))


@pytest.fixture(scope="module")
def report(records: Records) -> bytes:
    return printed(records)


def printed(records: Records, more: str = "") -> bytes:
    charts = draw_charts(records)
    html = pdf.page(records, charts)
    fetcher = pdf.OwnFilesOnly(charts)
    with pdf._no_collection():
        return pdf.finish(layout.lay_out(html, fetcher, pdf.style_sheet(more), pdf._embedded(records, fetcher), "ab" * 16))


@pytest.fixture
def in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "second", Here)


@pytest.fixture
def as_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(root: Any) -> list[Part]:
        head = root.find("head")
        for link in head.findall("link"):
            head.remove(link)
        return [Part(root, 1)]

    monkeypatch.setattr(layout, "parts", one)


@pytest.mark.usefixtures("in_one_process")
def test_one_process_makes_the_same_file_as_two(records: Records, report: bytes) -> None:
    assert printed(records) == report


@pytest.mark.usefixtures("in_one_process")
def test_weasyprint_as_it_comes_makes_the_same_file(records: Records, report: bytes) -> None:
    with layout_speed.as_it_comes():
        assert printed(records) == report


@pytest.mark.usefixtures("as_one_part")
def test_laid_out_at_once_it_has_the_same_pages_bookmarks_links_and_tags(records: Records, report: bytes) -> None:
    whole = printed(records, WHOLE)
    assert words(whole) == words(report)
    assert bookmarks(whole) == bookmarks(report)
    assert links(whole) == links(report)
    assert tags(whole) == tags(report)


def test_the_contents_tell_the_page_on_which_a_chapter_begins(report: bytes) -> None:
    listed = re.findall(r"^ *(\S.*?) {3,}(\d+)$", layout_of(report, 2, 2), re.MULTILINE)
    assert len(listed) > 15
    for title, page in listed:
        assert title in text_of(report, "-f", page, "-l", page), title
    assert f"page {dict(listed)['How to recompute and verify']}" in text_of(report, "-l", "1")


def test_each_font_is_embedded_once(report: bytes) -> None:
    rows = subprocess.run(["pdffonts", "-"], input=report, capture_output=True, check=True).stdout.decode().splitlines()[2:]
    names = [row.split()[0] for row in rows]
    assert len(names) == len(set(names))
    assert any("Greek" in name for name in names)


def test_every_link_leads_to_a_place_that_there_is(report: bytes) -> None:
    found, names = links(report)
    targets = [target for page in found for target, *_ in page]
    assert "conditions" not in targets or "conditions" in names
    assert {"verify", "derivation", "questions", "sources"} <= set(targets) <= set(names)


def test_what_may_not_be_fetched_stops_the_report_in_either_half(records: Records) -> None:
    charts = draw_charts(records)
    html = pdf.page(records, charts)
    for chapter in ("scope", "questions", "verdicts", "derivation"):
        with pytest.raises(FatalURLFetchingError):
            pdf.lay_out(html.replace(f'<h2 id="{chapter}">', f'<img src="file:///etc/passwd" alt="x"><h2 id="{chapter}">'), records, charts)
    assert no_children()


def test_a_second_process_that_ends_too_early_is_told_and_none_stays() -> None:
    def die() -> Any:
        os._exit(3)

    there = Forked(die)
    with pytest.raises(ChildProcessError, match="a part of the report"):
        there.extents()
    there.end()
    assert no_children()


def test_a_second_process_that_nobody_listens_to_is_ended() -> None:
    def wait() -> Any:
        import time

        time.sleep(60)

    Forked(wait).end()
    assert no_children()


def test_the_halves_have_every_part_once_and_much_the_same_work() -> None:
    sizes = [3, 300, 20, 5, 140, 60, 90, 1]
    first, second = halves(sizes)
    assert sorted([*first, *second]) == list(range(len(sizes)))
    assert abs(sum(sizes[n] for n in first) - sum(sizes[n] for n in second)) < sum(sizes) / 5
    assert (first, second) == halves(list(sizes))


@pytest.mark.parametrize("note", ["", HOSTILE])
def test_our_pages_read_as_xml_are_what_they_are_as_html(note: str) -> None:
    records = records_of(questionnaires=sample_questionnaires(1, note or None, note))
    charts = draw_charts(records)
    html = pdf.page(records, charts)
    assert shape(read(html, pdf.OwnFilesOnly(charts))) == shape(HTML(string=html).etree_element)


@pytest.mark.parametrize(
    "body",
    [
        "<p>one<p>two", "<p>one<div>two</div></p>", "<table><tr><td>cell</td></tr></table>", "<p>a&nbsp;b &eacute;</p>", '<p title="a\nb">c</p>',
        "<pre>\nline</pre>", "<ul><li>one<li>two</ul>", "<p>a<br>b<img src=x>c</p>", "<p>x < y</p>",
    ],
)  # fmt: skip
def test_what_xml_reads_otherwise_is_read_as_html(body: str) -> None:
    html = f'<!DOCTYPE html>\n<html lang="en-GB"><head><title>x</title></head><body>{body}</body></html>'
    assert shape(read(html, pdf.OwnFilesOnly({}))) == shape(HTML(string=html).etree_element)


def test_a_chapter_that_begins_a_lot_leaves_no_gap_above_it() -> None:
    chapters = "".join(f'<section class="chapter{" flow" if n else ""}"><h2>{n}</h2><p>{"x" * 90}</p></section>' for n in range(4))
    root = read(
        f'<!DOCTYPE html>\n<html lang="en-GB"><head><title>x</title></head><body><h1>t</h1>{chapters}</body></html>', pdf.OwnFilesOnly({})
    )
    pieces = in_pieces(parts(root)[1:], 250)
    assert [[chapter.get("class") for chapter in piece.root[1]] for piece in pieces] == [["chapter", "chapter flow"]] * 2


def shape(element: Any) -> Any:
    """A tree without the space between elements."""
    text, tail = (re.sub(r"^\s+$", "", part or "") for part in (element.text, element.tail))
    return element.tag, dict(element.attrib), text, tail, [shape(child) for child in element]


def no_children() -> bool:
    engine.rest()  # the one that is meant to stay
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def layout_of(data: bytes, first: int, last: int) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-f", str(first), "-l", str(last), "-", "-"], input=data, capture_output=True, check=True
    )
    return done.stdout.decode()


def words(data: bytes) -> list[str]:
    """Each word with its place on its page."""
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=data, capture_output=True, check=True)
    return [line for line in done.stdout.decode().splitlines() if line.strip().startswith(("<word", "<page"))]


def bookmarks(data: bytes) -> list[tuple[int, str, int, list[float]]]:
    with pikepdf.open(io.BytesIO(data)) as document, document.open_outline() as outline:
        pages = {page.objgen: number for number, page in enumerate(document.pages)}

        def below(items: Any, level: int) -> Iterator[tuple[int, str, int, list[float]]]:
            for item in items:
                page, _, *place = item.destination
                yield level, item.title, pages[page.objgen], [float(number) for number in place]
                yield from below(item.children, level + 1)

        return list(below(outline.root, 0))


def links(data: bytes) -> tuple[list[list[tuple[str, list[float]]]], list[str]]:
    """By page where each link leads and where it is; and the names of all places."""
    with pikepdf.open(io.BytesIO(data)) as document:
        found = [
            [
                (str(note.Dest), [float(number) for number in note.Rect])
                for note in page.get("/Annots", [])
                if note.Subtype == "/Link"
            ]
            for page in document.pages
        ]  # fmt: skip
        return found, [str(name) for name in list(document.Root.Names.Dests.Names)[::2]]


def tags(data: bytes) -> list[Any]:
    """The structure as kinds, pages, scopes, texts in place of pictures, and marks; each mark leads back to its element."""
    with pikepdf.open(io.BytesIO(data)) as document:
        pages = {page.objgen: number for number, page in enumerate(document.pages)}
        numbers = list(document.Root.StructTreeRoot.ParentTree.Nums)
        parents = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
        assert list(parents) == sorted(parents)

        def below(element: Any) -> Any:
            page = pages[element.Pg.objgen] if "/Pg" in element else None
            kids = []
            for kid in element.K if isinstance(element.K, pikepdf.Array) else [element.K]:
                if isinstance(kid, int):
                    assert parents[int(document.pages[page].StructParents)][kid].objgen == element.objgen
                    kids.append(kid)
                elif "/S" in kid:
                    assert kid.P.objgen == element.objgen
                    kids.append(below(kid))
                else:
                    assert parents[int(kid.Obj.StructParent)].objgen == element.objgen
                    kids.append("object")
            attributes = element.get("/A", {})
            return str(element.S), page, str(attributes.get("/Scope", "")), str(element.get("/Alt", "")), kids

        return [below(element) for element in document.Root.StructTreeRoot.K]
