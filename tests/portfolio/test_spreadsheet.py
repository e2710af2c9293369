"""The portfolio as a workbook: what is filtered and nothing else, texts as texts, and recorded."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Standing
from audit.models import AuditEvent
from tests.fixtures import Cast
from tests.portfolio.making import add

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil.example","click")'


def export(cast: Cast, who: str = "auditor", **query: str) -> Any:
    client = Client()
    client.force_login(cast[who])
    answer = client.get(reverse("assessments:portfolio_export", kwargs={"org": cast.organisation.slug}), query)
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue()))


def rows(book: Any) -> list[dict[str, Any]]:
    head, *rest = book["Portfolio"].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


def test_it_holds_what_is_filtered_in_the_order_of_the_page(cast: Cast) -> None:
    add(
        cast,
        {"title": "Alpha", "score": Decimal("61.5"), "next_duty_on": date(2027, 1, 12), "review_on": date(2027, 3, 1)},
        {"title": "Beta", "score": Decimal("80")},
        {"title": "Gamma", "sourcing": "managed_open", "status": "draft"},
    )
    found = rows(export(cast, sourcing="closed", sort="-score"))
    assert [row["Assessment"] for row in found] == ["Beta", "Alpha"]
    alpha = found[1]
    assert (alpha["Score"], alpha["Score at best"], alpha["Completeness"], alpha["Cost a year"], alpha["Currency"]) == (
        61.5,
        75,
        0.9,
        1000,
        "EUR",
    )
    assert (alpha["Next obligation from"].date(), alpha["Review on"].date()) == (date(2027, 1, 12), date(2027, 3, 1))
    assert (alpha["State"], alpha["AI Act class"], alpha["Residual risk"], alpha["Facts"]) == (
        "Approved",
        "Limited risk",
        "High",
        "up to date",
    )


def test_it_says_whether_an_option_is_chosen_or_proposed(cast: Cast) -> None:
    add(cast, {"title": "Alpha"}, {"title": "Beta", "status": "in_review"}, {"title": "Gamma", "status": "draft", "chosen": ""})
    assert [row["Choice"] for row in rows(export(cast))] == ["chosen", "proposed", None]


def test_the_first_sheet_says_what_was_asked_for_when_and_by_whom(cast: Cast) -> None:
    add(cast, {"title": "Alpha"})
    said = dict(export(cast, q="alp", **{"class": "limited"})["About"].iter_rows(values_only=True))
    assert (said["Search"], said["AI Act class"], said["Assessments"], said["Made by"]) == ("alp", "Limited risk", "1", "Auditor")
    assert said["Made"].endswith("UTC")
    assert said["State"] == "Draft, In review, Returned, Approved"


@pytest.mark.parametrize("text", [FORMULA, "+1+1", "-2", "@SUM(A1)", "http://evil.example", "123", "\tx", "{=1}"])
def test_a_text_is_never_a_formula(cast: Cast, text: str) -> None:
    add(cast, {"title": text, "provider": text})
    sheet = export(cast)["Portfolio"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == text]
    assert len(cells) >= 2
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]


def test_facts_that_are_out_of_date_are_left_empty(cast: Cast) -> None:
    (one,) = add(cast, {"title": "Alpha"})
    Standing.objects.filter(pk=one.pk).update(of_change=None)
    book = export(cast)
    (row,) = rows(book)
    assert (row["Score"], row["AI Act class"], row["Facts"]) == (None, None, "being refreshed")
    assert dict(book["About"].iter_rows(values_only=True))["Being refreshed"].startswith("1,")


def test_the_export_is_recorded_with_its_filters_and_without_what_was_searched_for(cast: Cast) -> None:
    add(cast, {"title": "Alpha"})
    export(cast, q="Alpha", sourcing="closed")
    event = AuditEvent.objects.get(action="portfolio.exported")
    assert event.changes == {"query": {"sourcing": "closed", "sort": "title"}, "count": 1, "refreshing": 0}
    assert event.sentence() == "Auditor exported the portfolio of Meridian Bank as a workbook: 1 assessment"
    assert b"Alpha" not in bytes(event.canonical)


def test_an_empty_one_is_a_workbook_too(cast: Cast) -> None:
    assert rows(export(cast)) == []
