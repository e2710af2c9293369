"""The charts of a portfolio: safe, well-formed images whose tables say what was given, and nothing drawn of nothing."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from assessments.charts.calendar import Duties, costs_by_year_chart, duties_chart, reviews_chart
from assessments.charts.drawing import Chart
from assessments.charts.holdings import Held, Hybrid, by_class_chart, concentration_chart, hybrid_chart, states_chart
from assessments.charts.residual import residual_chart, strength

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 11, 28)
HOSTILE = "Vendor <script>&"


def charts() -> dict[str, Chart | None]:
    return {
        "hybrid": hybrid_chart(
            [Hybrid("Chatbot", "closed", "high", 3), Hybrid("Chatbot", "open", "low", 1), Hybrid("Documents", "open", "medium", 2)]
        ),
        "classes": by_class_chart(["High-risk", "Minimal"], ["Closed", "Managed"], {("High-risk", "Closed"): 2, ("High-risk", "Managed"): 5}),
        "states": states_chart([("Draft", 4), ("Approved", 0), ("In review", 1)]),
        "holders": concentration_chart(
            [Held(HOSTILE, 6, "12.00"), *(Held(f"No. {n}", 1) for n in range(14))], of="provider", index=Decimal(1250), index_by_cost=Decimal(10000),
            limits=(1000, 1800), currency="EUR",
        ),
        "duties": duties_chart([Duties(date(2025, 2, 2), "EU AI Act", met=2, gap=1), Duties(date(2027, 1, 12), "Data Act", unknown=3)], TODAY),
        "reviews": reviews_chart({date(2026, 10, 1): 2, date(2026, 12, 1): 1, date(2031, 1, 1): 4}, TODAY),
        "costs": costs_by_year_chart(
            {(1, "Closed"): Decimal("1500.50"), (2, "Closed"): Decimal(900), (1, "Open"): Decimal(500)}, ["Closed", "Open"], "EUR", 2
        ),
        "risk": residual_chart(["Service", "Law", "Empty"], ["Low", "High"], {("Service", "Low"): 1, ("Law", "High"): 9}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> dict[str, Chart]:
    found = charts()
    assert all(found.values())
    return found  # type: ignore[return-value]


def test_each_is_a_safe_image_with_a_text_and_a_whole_table(drawn: dict[str, Chart]) -> None:
    for name, chart in drawn.items():
        root = ElementTree.fromstring(chart.svg)
        assert (root.get("role"), root.find(f"{SVG}title").text, root.find(f"{SVG}desc").text) == ("img", chart.title, chart.description), (
            name
        )
        for element in root.iter():
            assert element.tag.removeprefix(SVG) not in ("style", "script", "foreignObject", "image")
            assert "style" not in element.attrib
        assert chart.table.rows, name
        assert {len(row) for row in chart.table.rows} == {len(chart.table.header)}, name


def test_nothing_is_drawn_of_nothing() -> None:
    assert hybrid_chart([]) is None
    assert by_class_chart(["High-risk"], ["Closed"], {}) is None
    assert states_chart([("Draft", 0)]) is None
    assert concentration_chart([], of="model", index=Decimal(0), index_by_cost=None, limits=None, currency="") is None
    assert duties_chart([], TODAY) is None
    assert reviews_chart({date(2026, 12, 1): 0}, TODAY) is None
    assert costs_by_year_chart({}, ["Closed"], "EUR", 0) is None
    assert residual_chart(["Service"], ["Low"], {}) is None


def test_the_hybrid_picture_puts_closed_first_and_counts_both_sides(drawn: dict[str, Chart]) -> None:
    chart = drawn["hybrid"]
    assert [row[0] for row in chart.table.rows] == ["Chatbot", "Documents"]
    assert chart.table.rows[0] == ("Chatbot", "3", "0", "0", "0", "0", "1")
    assert "3 rest on a closed API and 3 on open weights" in chart.description


def test_a_class_without_assessments_is_left_out(drawn: dict[str, Chart]) -> None:
    assert drawn["classes"].table.rows == (("High-risk", "2", "5"),)


def test_the_smallest_holders_share_a_bar_and_the_table_has_them_all(drawn: dict[str, Chart]) -> None:
    chart = drawn["holders"]
    assert "3 others" in chart.svg
    assert len(chart.table.rows) == 15
    assert chart.table.rows[0] == (HOSTILE, "6", "30.0", "12.00")
    assert chart.table.rows[1][3] == "not known"
    assert "1,250, moderate (moderate from 1,000, high from 1,800); by yearly cost 10,000" in chart.description
    assert "&lt;script&gt;" in chart.svg


@pytest.mark.parametrize(("index", "level"), [(999, "low"), (1000, "moderate"), (1799, "moderate"), (1800, "high")])
def test_a_limit_belongs_to_the_graver_side(index: int, level: str) -> None:
    chart = concentration_chart([Held("One", 1)], of="model", index=Decimal(index), index_by_cost=None, limits=(1000, 1800), currency="")
    assert chart is not None
    assert f", {level} (" in chart.description


def test_what_stands_at_the_limits_does_not_run_together_however_close_they_are() -> None:
    chart = concentration_chart([Held("One", 1)], of="model", index=Decimal(10_000), index_by_cost=None, limits=(1000, 1800), currency="")
    assert chart is not None
    texts = {t.text: t for t in ElementTree.fromstring(chart.svg).iter(f"{SVG}text")}
    assert (texts["1,000"].get("text-anchor"), texts["1,800"].get("text-anchor")) == ("end", "start")
    heights = {word: texts[word].get("transform", "").partition(",")[2] for word in ("low", "moderate", "high")}
    assert heights["low"] == heights["high"] != heights["moderate"]


def test_holders_that_are_not_named_stand_in_the_table_and_in_no_share() -> None:
    chart = concentration_chart(
        [Held("One", 3), Held("Two", 1)], of="provider", index=Decimal(6250), index_by_cost=None, limits=(1000, 1800), currency="EUR", few=True,
        unnamed=Held("", 5, "7.00"),
    )  # fmt: skip
    assert chart is not None
    assert chart.table.rows == (
        ("One", "3", "75.0", "not known"),
        ("Two", "1", "25.0", "not known"),
        ("not named", "5", "left out", "7.00"),
    )
    assert "One with 3 of 4 assessments. With so few use cases the index can't be below the limit" in chart.description
    assert chart.description.endswith("since their provider isn't named: 5.")


def test_obligations_are_told_by_date_and_today_is_marked(drawn: dict[str, Chart]) -> None:
    chart = drawn["duties"]
    assert chart.table.rows == (
        ("2 February 2025", "applies", "EU AI Act", "1", "0", "2", "3"),
        ("12 January 2027", "to come", "Data Act", "0", "3", "0", "3"),
    )
    assert "today, 28 November 2026" in chart.svg
    assert re.findall(r">(\d+ of \d+)<", chart.svg) == ["1 of 3", "3 of 3"]
    assert "With a gap, of 3 that apply today: 1. The next begin to apply on 12 January 2027." in chart.description


def test_reviews_of_the_past_and_of_the_far_future_are_one_bar_each(drawn: dict[str, Chart]) -> None:
    assert drawn["reviews"].table.rows == (("earlier", "2"), ("Nov 2026", "0"), ("Dec 2026", "1"), ("later", "4"))


def test_costs_are_summed_by_year_and_say_what_is_missing(drawn: dict[str, Chart]) -> None:
    chart = drawn["costs"]
    assert chart.table.rows[0] == ("Year 1", "1,500.50", "500.00", "2,000.50")
    assert "Without 2 whose costs aren't known." in chart.description


def test_the_heat_map_is_fullest_where_it_is_gravest_however_few_that_are(drawn: dict[str, Chart]) -> None:
    many_low = residual_chart(["Law"], ["Low", "Medium", "High"], {("Law", "Low"): 9, ("Law", "Medium"): 2, ("Law", "High"): 1})
    assert many_low is not None
    filled = [float(found) for found in re.findall(r'fill="#8e1f19"[^>]*fill-opacity="([0-9.]+)"', many_low.svg)]
    assert filled == [strength(0), strength(0.5), 1.0] == sorted(set(filled))
    assert many_low.table.rows == (("Law", "9", "2", "1"),)
    assert [row[0] for row in drawn["risk"].table.rows] == ["Service", "Law"]
