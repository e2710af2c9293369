"""A long report, laid out lot by lot in processes that end with theirs: the same report as a shorter one in every respect."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from weasyprint.urls import FatalURLFetchingError

from reports import layout, layout_long, layout_second, pdf
from reports.charts import draw_charts
from reports.document import Records
from tests.reports.sample import sample_questionnaires
from tests.reports.soundness import assert_sound
from tests.reports.test_layout import bookmarks, layout_of, links, no_children, printed, tags
from tests.reports.test_printing import HOSTILE, records_of, text_of

pytestmark = pytest.mark.usefixtures("long")


@pytest.fixture(scope="module")
def long() -> Iterator[None]:
    """Every report counts as long, and a lot is some three pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "LONG", 0)
        patch.setattr(layout_long, "LOT", 12_000)
        yield


@pytest.fixture(scope="module")
def records() -> Records:
    """A kind of letter that neither the cover nor the other lots have is in one of them."""
    one = sample_questionnaires(1, HOSTILE, "Ωμέγα")
    return records_of(questionnaires=[q | {"id": f"{q['id']}-{n}", "title": f"{q['title']} {n}"} for n in range(3) for q in one])


@pytest.fixture(scope="module")
def report(records: Records, long: None) -> bytes:
    return printed(records)


def test_it_is_the_same_by_processes_as_by_one(records: Records, report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_long, "second", layout_second.Here)
    assert printed(records) == report


def test_it_says_what_the_shorter_way_says(records: Records, report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LONG", 10**9)
    shorter = printed(records)
    assert [title for _, title, *_ in bookmarks(report)] == [title for _, title, *_ in bookmarks(shorter)]
    assert links(report)[1] == links(shorter)[1]
    assert targets(report) == targets(shorter)
    assert kinds(tags(report)) == kinds(tags(shorter))


def test_the_contents_tell_the_page_on_which_a_chapter_begins(report: bytes) -> None:
    listed = re.findall(r"^ *(\S.*?) {3,}(\d+)$", layout_of(report, 2, 2), re.MULTILINE)
    assert len(listed) > 15
    for title, page in listed:
        assert title in text_of(report, "-f", page, "-l", page), title


def test_a_chapter_that_was_cut_keeps_its_running_head(report: bytes) -> None:
    begins = {title: page + 1 for _, title, page, _ in bookmarks(report)}
    first, last = begins["Questions and answers"], begins["Signatures"] - 1
    assert begins["Service levels and support 0"] == first, "the head doesn't stand alone"
    assert last - first >= 4
    for page in range(first + 1, last + 1):
        text = text_of(report, "-f", str(page), "-l", str(page))
        assert "Questions and answers" in text
        assert f"Page {page} of " in text


def test_each_font_is_embedded_once_though_the_cover_lacks_it(report: bytes) -> None:
    rows = subprocess.run(["pdffonts", "-"], input=report, capture_output=True, check=True).stdout.decode().splitlines()[2:]
    names = [row.split()[0] for row in rows]
    assert len(names) == len(set(names))
    assert any("Greek" in name for name in names)
    assert "Ωμέγα" in text_of(report)


def test_it_holds_in_every_respect(report: bytes, tmp_path: Path) -> None:
    assert_sound(report, tmp_path, figures=6)


def test_what_may_not_be_fetched_stops_it_and_leaves_no_process(records: Records) -> None:
    charts = draw_charts(records)
    html = pdf.page(records, charts)
    for chapter in ("scope", "questions", "derivation"):
        with pytest.raises(FatalURLFetchingError):
            pdf.lay_out(html.replace(f'<h2 id="{chapter}">', f'<img src="file:///etc/passwd" alt="x"><h2 id="{chapter}">'), records, charts)
    assert no_children()


def targets(data: bytes) -> list[str]:
    return [target for page in links(data)[0] for target, *_ in page]


def kinds(found: list[Any]) -> Counter[str]:
    """How many elements there are of each kind that no page break divides."""
    counted: Counter[str] = Counter()
    waiting = list(found)
    while waiting:
        element = waiting.pop()
        if isinstance(element, tuple):
            counted[element[0]] += 1
            waiting += element[4]
    return Counter({kind: counted[kind] for kind in ("/H1", "/H2", "/H3", "/Figure", "/LI", "/Link", "/Caption", "/Document")})
