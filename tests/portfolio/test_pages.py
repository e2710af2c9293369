"""The pages of the portfolio: what they show to whom, by which filters and in which order, at which cost."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import audit_access_give
from assessments.models import Assessment, Standing
from assessments.portfolio.figures import CHARTS, Portfolio
from assessments.portfolio.reading import Filters
from tests.fixtures import Cast, make_draft
from tests.portfolio.making import add

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
OPEN = {"residual": "medium", "recommended_sourcing": "managed_open", "sourcing": "managed_open", "provider": "Nimbus", "model": "Two"}


def get(cast: Cast, name: str = "portfolio", who: str = "auditor", query: dict[str, str] | None = None, **kwargs: str) -> Any:
    client = Client()
    client.force_login(cast[who])
    return client.get(reverse(f"assessments:{name}", kwargs={"org": cast.organisation.slug, **kwargs}), query or {})


def page(cast: Cast, who: str = "auditor", **query: str) -> str:
    answer = get(cast, "portfolio", who, {"class" if k == "risk_class" else k: v for k, v in query.items()})
    assert answer.status_code == 200
    return answer.content.decode()


def titles(html: str) -> list[str]:
    """The titles of the rows, from the top down."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', html)


def visible_text(html: str) -> str:
    """What stands on the page itself, without the chart's own texts and its table's caption."""
    return re.sub(r"<[^>]*>", "", re.sub(r"<(svg|caption).*?</\1>", "", html, flags=re.DOTALL))


@pytest.fixture
def three(cast: Cast) -> list[Assessment]:
    today = timezone.localdate()
    return add(
        cast,
        {"title": "Alpha", "score": Decimal(50), "base_cost_per_year": Decimal(300), "review_on": today - timedelta(days=1)},
        {"title": "Beta", "score": Decimal(90), "base_cost_per_year": Decimal(100), "risk_class": "high", "review_on": today + timedelta(days=20),
         **OPEN},
        {"title": "Gamma", "score": Decimal(70), "base_cost_per_year": None, "cost_per_year": None, "status": "in_review", "archetype": "documents",
         "risk_class": "minimal", "residual": "none"},
        years=[Decimal("10.50"), Decimal(5)],
    )  # fmt: skip


def test_an_empty_portfolio_says_what_to_do_next(cast: Cast) -> None:
    create = reverse("assessments:create", kwargs={"org": cast.organisation.slug})
    assert create in page(cast, "risk_officer")
    other = page(cast)
    assert "The portfolio is empty" in other
    assert create not in other
    assert "The portfolio is empty" in get(cast, "portfolio_charts").content.decode()


def test_a_row_tells_what_is_known_of_an_assessment(cast: Cast, three: list[Assessment]) -> None:
    html = page(cast)
    for text in ("High-risk", "Managed open weights", "up to 75.0", "EUR 1,000", "Approved", "overdue", "not known"):
        assert text in html


def test_an_option_is_proposed_until_it_is_approved(cast: Cast) -> None:
    states = ("draft", "in_review", "returned", "approved", "expired", "superseded", "rejected", "withdrawn")
    add(cast, *({"title": status, "status": status} for status in states))
    rows = re.findall(r'<tr>\s*<th scope="row"><a [^>]*>([^<]+)</a>(.*?)</tr>', page(cast, state="all"), re.DOTALL)
    proposed = {title for title, row in rows if re.search(r'data-label="Chosen"><span><span class="tag[^>]*>proposed<', row)}
    assert proposed == {"draft", "in_review", "returned", "rejected", "withdrawn"}


def test_a_row_tells_in_words_what_risk_is_left(cast: Cast, three: list[Assessment]) -> None:
    add(cast, {"title": "Undecided", "residual": ""})
    html = page(cast)
    cells = re.findall(r'data-label="Residual risk"><span>(.*?)</span></td>', html, re.DOTALL)
    assert [" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in cells] == ["High", "Medium", "None", "not known yet"]
    assert '<a href="?sort=-risk">Residual risk' in html  # gravest first


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["Alpha", "Beta", "Gamma"]),
        ({"state": "in_review"}, ["Gamma"]),
        ({"state": "withdrawn"}, []),
        ({"risk_class": "high"}, ["Beta"]),
        ({"risk": "critical"}, []),
        ({"risk": "high"}, ["Alpha"]),
        ({"risk": "low"}, ["Alpha", "Beta"]),
        ({"risk": "none"}, ["Gamma"]),
        ({"risk": "nonsense"}, ["Alpha", "Beta", "Gamma"]),
        ({"sourcing": "open"}, ["Beta"]),
        ({"sourcing": "closed"}, ["Alpha", "Gamma"]),
        ({"sourcing": "on_device_open"}, []),
        ({"archetype": "documents"}, ["Gamma"]),
        ({"provider": "NIMBUS"}, ["Beta"]),
        ({"provider": "-"}, []),
        ({"review": "overdue"}, ["Alpha"]),
        ({"review": "30"}, ["Beta"]),
        ({"q": "two"}, ["Beta"]),
        ({"q": "gam", "sourcing": "open"}, []),
        ({"state": "nonsense", "sort": "nonsense", "risk_class": "'--"}, ["Alpha", "Beta", "Gamma"]),
        ({"q": "\x00"}, ["Alpha", "Beta", "Gamma"]),
    ],
)
def test_filters_narrow_it(cast: Cast, three: list[Assessment], filters: dict[str, str], found: list[str]) -> None:
    html = page(cast, **filters)
    assert titles(html) == found
    assert ("No assessment fits these filters" in html) is not found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("score", "AGB"),
        ("-score", "BGA"),
        ("cost", "BAG"),
        ("-cost", "ABG"),
        ("risk", "GBA"),
        ("-risk", "ABG"),
        ("class", "BAG"),
        ("-class", "GAB"),
        ("-title", "GBA"),
        ("review", "ABG"),
    ],
)
def test_it_is_sorted_by_any_column_with_the_unknown_last(cast: Cast, three: list[Assessment], sort: str, order: str) -> None:
    html = page(cast, sort=sort)
    assert "".join(title[0] for title in titles(html)) == order
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in html


def test_what_has_ended_is_shown_when_it_is_asked_for(cast: Cast) -> None:
    add(cast, {"title": "Old", "status": "superseded"}, {"title": "New"})
    assert titles(page(cast)) == ["New"]
    assert titles(page(cast, state="all")) == ["New", "Old"]


def test_facts_out_of_date_are_neither_shown_nor_counted_nor_found(cast: Cast, three: list[Assessment]) -> None:
    Standing.objects.filter(pk=three[1].pk).update(of_change=None)
    html = page(cast)
    assert "being refreshed" in html
    assert "1 assessment was changed" in html
    assert "High-risk</span>" not in html
    assert titles(page(cast, risk_class="high")) == []
    assert titles(page(cast, sort="-score")) == ["Gamma", "Alpha", "Beta"]
    totals = Portfolio(Assessment.objects.all(), Filters()).totals
    assert (totals.total, totals.refreshing, totals.closed, totals.open, dict(totals.costs)) == (3, 1, 2, 0, {"EUR": Decimal(300)})


def test_one_without_facts_is_told_as_being_refreshed_and_a_failure_as_such(cast: Cast, three: list[Assessment]) -> None:
    Standing.objects.filter(pk=three[0].pk).delete()
    Standing.objects.filter(pk=three[1].pk).update(problem="Its release is gone.")
    html = page(cast)
    assert "Changed; the figures are being refreshed." in html
    assert "Its release is gone." in html
    assert get(cast, "portfolio_charts").status_code == 200


def test_the_totals_and_the_index_are_those_of_what_is_shown(cast: Cast, three: list[Assessment]) -> None:
    html = page(cast)
    # Two of three rest on one provider: 66.7² + 33.3² = 5,556.
    assert "5,556" in html
    assert "EUR 400" in html
    assert "of 1 it isn’t known" in html
    assert "10,000" in page(cast, provider="Acme")


def test_of_few_use_cases_it_says_that_the_index_cannot_be_lower(cast: Cast, three: list[Assessment]) -> None:
    said = "With so few use cases"
    html = page(cast)
    assert said in html
    assert '<span class="tag tag-bad">' not in html.partition("Herfindahl")[0].rpartition("<dt>")[2]
    assert said in visible_text(get(cast, "portfolio_chart", chart="providers").content.decode())
    add(cast, *({"title": f"Further {n}"} for n in range(6)))
    for html in (page(cast), get(cast, "portfolio_chart", chart="providers").content.decode()):
        assert said not in html


def test_those_without_a_provider_are_no_holder(cast: Cast, three: list[Assessment]) -> None:
    add(cast, {"title": "Delta", "provider": ""}, {"title": "Epsilon", "provider": " "})
    html = page(cast)
    assert "5,556" in html
    assert "2 without a named provider left out" in html
    chart = get(cast, "portfolio_chart", chart="providers").content.decode()
    assert "since their provider isn&#x27;t named: 2." in visible_text(chart)
    table = get(cast, "portfolio_chart_csv", chart="providers").content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[:3] for row in table[1:]] == [["Acme", "2", "66.7"], ["Nimbus", "1", "33.3"], ["not named", "2", "left out"]]
    assert "nothing to count" in page(cast, provider="-")


def test_an_outsider_finds_nothing_and_sees_nothing_of_it(cast: Cast, three: list[Assessment]) -> None:
    assert get(cast, "portfolio", "outsider").status_code == 404
    client = Client()
    client.force_login(cast.outsider)
    elsewhere = client.get(reverse("assessments:portfolio", kwargs={"org": cast.elsewhere.slug})).content.decode()
    assert "The portfolio is empty" in elsewhere


def test_an_auditor_whose_access_is_limited_sees_and_counts_what_is_in_scope(cast: Cast, three: list[Assessment]) -> None:
    today = timezone.now().date()
    access, _ = audit_access_give(
        actor=cast.administrator, organisation=cast.organisation, email="limited@example.com", name="Limited", starts_on=today, ends_on=today,
        reason="A look.", assessments=[three[0].pk],
    )  # fmt: skip
    client = Client()
    client.force_login(access.user)
    where = {"org": cast.organisation.slug}
    assert titles(client.get(reverse("assessments:portfolio", kwargs=where)).content.decode()) == ["Alpha"]
    states = client.get(reverse("assessments:portfolio_chart_csv", kwargs=where | {"chart": "states"})).content.decode("utf-8-sig")
    assert states.splitlines() == ["State,Assessments", "Approved,1"]


def test_every_chart_stands_by_itself_and_as_a_part(cast: Cast, three: list[Assessment]) -> None:
    client = Client()
    client.force_login(cast.auditor)
    for chart in CHARTS:
        url = reverse("assessments:portfolio_chart", kwargs={"org": cast.organisation.slug, "chart": chart})
        whole = client.get(url).content.decode()
        part = client.get(url, headers={"HX-Request": "true"}).content.decode()
        assert "<html" in whole
        assert "<html" not in part
        for html in (whole, part):
            assert '<svg xmlns="http://www.w3.org/2000/svg"' in html, chart
            assert "The same as a table" in html
        assert url in get(cast, "portfolio_charts").content.decode()


def test_a_chart_is_downloaded_as_picture_and_table_with_the_filters_in_force(cast: Cast, three: list[Assessment]) -> None:
    picture = get(cast, "portfolio_chart_svg", chart="states", query={"state": "in_review"})
    assert picture["Content-Type"] == "image/svg+xml"
    assert "attachment" in picture["Content-Disposition"]
    assert ElementTree.fromstring(picture.content).tag.endswith("svg")
    table = get(cast, "portfolio_chart_csv", chart="states", query={"state": "in_review"})
    assert list(csv.reader(io.StringIO(table.content.decode("utf-8-sig")))) == [["State", "Assessments"], ["In review", "1"]]


def test_a_table_never_holds_a_formula(cast: Cast) -> None:
    add(cast, {"title": "Bad", "provider": '=HYPERLINK("http://x")'})
    rows = list(csv.reader(io.StringIO(get(cast, "portfolio_chart_csv", chart="providers").content.decode("utf-8-sig"))))
    assert rows[1][0] == '\'=HYPERLINK("http://x")'


def test_there_is_no_such_chart_and_no_file_of_nothing(cast: Cast) -> None:
    for name in ("portfolio_chart", "portfolio_chart_svg", "portfolio_chart_csv"):
        assert get(cast, name, chart="nonsense").status_code == 404
    assert get(cast, "portfolio_chart_svg", chart="states").status_code == 404
    assert "nothing to draw yet" in get(cast, "portfolio_chart", chart="states").content.decode()


def test_charts_sum_what_is_there(cast: Cast, three: list[Assessment]) -> None:
    found = Portfolio(Assessment.objects.all(), Filters())

    def rows(chart: str) -> list[tuple[str, ...]]:
        drawn = CHARTS[chart](found)
        assert drawn is not None
        return list(drawn.table.rows)

    assert [r for r in rows("classes") if r[0] == "High-risk"] == [("High-risk", "0", "1", "0", "0")]
    assert [(r[0], r[1]) for r in rows("providers")] == [("Acme", "2"), ("Nimbus", "1")]
    assert rows("obligations") == [("1 January 2030", "to come", "EU AI Act", "9", "0", "0", "9")]
    assert [r[-1] for r in rows("costs")] == ["31.50", "15.00"]
    assert rows("risk") == [("Other", "2", "0", "2", "2", "0")]
    assert rows("states") == [("In review", "1"), ("Approved", "2")]
    assert sum(int(n) for _month, n in rows("reviews")) == 2
    assert sum(int(n) for row in rows("hybrid") for n in row[1:]) == 3


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.auditor)

    def counts() -> dict[str, int]:
        found = {}
        for name, kwargs in (("portfolio", {}), ("portfolio_charts", {}), *(("portfolio_chart", {"chart": chart}) for chart in CHARTS)):
            url = reverse(f"assessments:{name}", kwargs={"org": cast.organisation.slug, **kwargs})
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url, {"sourcing": "closed", "sort": "-score"}).status_code == 200
            found["/".join([name, *kwargs.values()])] = len(asked)
        return found

    add(cast, *({"title": f"Case {n}", "review_on": date(2030, 1, 1)} for n in range(10)), years=[Decimal(1)])
    few = counts()
    add(
        cast,
        *({"title": f"Further {n}", "provider": f"Provider {n % 40}", "review_on": date(2030, 2, 1)} for n in range(300)),
        years=[Decimal(1)],
    )
    many = counts()
    assert many == few
    assert max(few.values()) <= MOST_QUERIES, few


def test_it_is_paged(cast: Cast) -> None:
    add(cast, *({"title": f"Case {n:02}"} for n in range(30)))
    assert len(titles(page(cast))) == 25
    second = page(cast, page="2", sort="-title")
    assert titles(second) == [f"Case {n:02}" for n in range(4, -1, -1)]
    assert "?sort=-title&amp;page=1" in second


def test_a_new_draft_appears_at_once(cast: Cast) -> None:
    make_draft(cast)
    assert titles(page(cast)) == ["Chatbot for customers"]


def test_who_answers_parts_of_a_case_reads_no_portfolio(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.contributor)
    for name in ("portfolio", "portfolio_charts", "portfolio_export"):
        assert client.get(reverse(f"assessments:{name}", args=[cast.organisation.slug])).status_code == 403
    home = client.get(reverse("assessments:home", args=[cast.organisation.slug])).content.decode()
    assert reverse("assessments:portfolio", args=[cast.organisation.slug]) not in home


def test_figures_and_charts_are_written_as_the_reader_has_chosen(cast: Cast, three: list[Assessment]) -> None:
    type(cast.auditor).objects.filter(pk=cast.auditor.pk).update(formats="de-DE")
    html = page(cast)
    assert "EUR 1.000" in html
    assert "up to 75,0" in html
    chart = get(cast, "portfolio_chart", chart="providers").content.decode()
    assert "33,3</td>" in chart
    assert "100,00" in chart
    table = get(cast, "portfolio_chart_csv", chart="providers").content.decode("utf-8-sig")
    assert "Nimbus,1,33.3,100.00" in table  # for programs
