from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Standing
from tests.fixtures import Cast
from tests.portfolio.making import add

pytestmark = pytest.mark.django_db


def test_it_gives_the_facts_of_each_assessment(call_as, cast: Cast) -> None:
    add(cast, {"title": "Alpha", "risk_class": "high"}, years=[Decimal("10.50")])
    (row,) = call_as("auditor")("get", "portfolio").json()["results"]
    assert (row["title"], row["status"], row["facts_state"]) == ("Alpha", "approved", "fresh")
    facts = row["facts"]
    assert (facts["risk_class"], facts["score"], facts["cost_per_year"]) == ("high", "70", "1000")
    assert facts["years"] == [{"year": 1, "amount": "10.5", "base_amount": "10.5"}]
    assert facts["risks"] == [{"category": "", "severity": "high", "count": 2}]
    assert facts["duties"] == [{"applies_from": "2030-01-01", "instrument": "ai-act", "status": "gap", "count": 3}]


def test_what_is_out_of_date_has_no_facts(officer, cast: Cast) -> None:
    add(cast, {"title": "Alpha"})
    Standing.objects.update(of_change=None)
    (row,) = officer("get", "portfolio").json()["results"]
    assert (row["facts_state"], row["facts"]) == ("refreshing", None)


def test_it_is_filtered_sorted_and_paged_as_the_page(officer, cast: Cast) -> None:
    add(cast, {"title": "Alpha"}, {"title": "Beta", "score": Decimal(90)}, {"title": "Gamma", "sourcing": "managed_open"})
    answer = officer("get", "portfolio", query="?sourcing=closed&sort=-score&page_size=1").json()
    assert (answer["count"], [row["title"] for row in answer["results"]]) == (2, ["Beta"])


@pytest.mark.parametrize("query", ["state=lost", "class=grave", "risk=some", "sourcing=magic", "review=7", "sort=colour"])
def test_a_filter_that_is_none_is_refused_by_name(officer, query: str) -> None:
    answer = officer("get", "portfolio", query=f"?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["detail"]


def test_it_takes_the_same_queries_however_long(officer, cast: Cast) -> None:
    counts = []
    for n in range(2):
        add(cast, *({"title": f"Case {n} {m}"} for m in range(5)), years=[Decimal(1)])
        with CaptureQueriesContext(connection) as asked:
            officer("get", "portfolio")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 15
