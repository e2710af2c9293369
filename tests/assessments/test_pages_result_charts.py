"""The charts of a result as files: each from a link on its page, without a script."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from django.test import Client, TestCase
from django.utils import timezone

from assessments.charts.drawing import Chart, Table
from assessments.models import Assessment
from assessments.snapshots import content_of
from assessments.views import chart_files
from assessments.views.results import DRAWN
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links
from tests.fixtures import Cast, make_cast, make_draft, make_submitted


def files(client: Client, addresses: list[str], ending: str) -> dict[str, Any]:
    """The files behind the links to charts, by name."""
    found = [client.get(link) for link in addresses if f".{ending}" in link]
    return {re.search(r'filename="([^"]+)"', answer["Content-Disposition"])[1]: answer for answer in found}  # type: ignore[index]


def rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


class Complete(OnTheCompleteCase):
    def test_every_chart_on_the_result_is_there_as_picture_and_table(self) -> None:
        reader = Reader(self.cast.auditor, self.case)
        page = reader.get("result")
        figures = html(page).count('<figure class="chart-figure">')
        day = f"{timezone.now():%Y%m%d}"
        for ending, kind in (("svg", "image/svg+xml"), ("csv", "text/csv; charset=utf-8")):
            kept = files(reader.client, links(page), ending)
            assert len(kept) == figures == len(DRAWN)
            assert {answer["Content-Type"] for answer in kept.values()} == {kind}
            assert f"cost-ranges-{day}.{ending}" in kept
        assert ElementTree.fromstring(files(reader.client, links(page), "svg")[f"scores-{day}.svg"].content).tag.endswith("svg")

    def test_numbers_stand_in_the_table_as_programs_read_them(self) -> None:
        reader = Reader(self.cast.auditor, self.case)
        kept = files(reader.client, links(reader.get("result")), "csv")
        table = kept[f"costs-{timezone.now():%Y%m%d}.csv"]
        assert table.content.startswith(b"\xef\xbb\xbf"), "Excel would take it for another encoding"
        costs = rows(table)
        assert max(Decimal(cell) for row in costs[1:] for cell in row[1:]) > 1000

    def test_no_such_chart(self) -> None:
        reader = Reader(self.cast.auditor, self.case)
        for ending in ("svg", "csv"):
            address = next(link for link in links(reader.get("result")) if f"scores.{ending}" in link)
            assert reader.client.get(address.replace("scores", "nonsense")).status_code == 404
            assert reader.client.get(f"{address}?record=1").status_code == 404, "nothing was submitted yet"


class Submitted(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_submitted(cls.cast)

    def test_the_charts_of_a_record_are_the_records(self) -> None:
        reader = Reader(self.cast.auditor, self.case)
        kept = files(reader.client, links(reader.get("record")), "csv")
        frozen = {option["id"]: option["name"] for option in content_of(self.case.snapshots.get())["options"]}
        self.case.options.update(name="Renamed")
        again = files(reader.client, links(reader.get("record")), "csv")
        name = f"scores-record-1-{timezone.now():%Y%m%d}.csv"
        assert rows(kept[name]) == rows(again[name])
        assert {row[0] for row in rows(again[name])[1:]} <= set(frozen.values())


class Empty(TestCase):
    def test_there_is_no_file_of_nothing(self) -> None:
        cast = make_cast()
        case = make_draft(cast)
        case.options.all().delete()
        reader = Reader(cast.auditor, case)
        page = reader.get("result")
        assert "chart-figure" not in html(page)
        assert reader.client.get(reader.url("result") + "charts/scores.svg").status_code == 404


def test_a_number_below_nothing_stays_a_number_and_a_name_never_becomes_a_formula() -> None:
    chart = Chart("<svg/>", "", "", Table(("Option", "Change"), (("-2", "-0.5"), ("@SUM(A1)", "-1200"), ("A", "-2+3"))))
    assert rows(chart_files.table(chart, "changes"))[1:] == [["'-2", "-0.5"], ["'@SUM(A1)", "-1200"], ["A", "'-2+3"]]
