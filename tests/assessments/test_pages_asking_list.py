"""The list of assessments and the overview of one."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import editing, workflow
from assessments.models import Assessment, Assignment
from tests.assessments.asking import Case
from tests.fixtures import SIGNING, Cast, make_submitted, newest, sign

MOST_QUERIES = 16


def portfolio(cast: Cast, who: str, **query: str) -> str:
    client = Client()
    client.force_login(cast[who])
    response = client.get(reverse("assessments:list", kwargs={"org": "meridian-bank"}), query)
    assert response.status_code == 200
    return response.content.decode()


def another(cast: Cast, title: str, **more: str) -> Assessment:
    return editing.assessment_create(
        actor=cast.risk_officer, organisation=cast.organisation, title=title, name=title, purpose="To test.",
        **{"archetype": "documents", **more},
    )  # fmt: skip


def test_an_empty_list_says_what_to_do_next(cast: Cast, small: Any) -> None:
    assert reverse("assessments:create", kwargs={"org": "meridian-bank"}) in portfolio(cast, "risk_officer")
    page = portfolio(cast, "auditor")
    assert "No assessment yet" in page
    assert reverse("assessments:create", kwargs={"org": "meridian-bank"}) not in page


def test_a_line_tells_use_case_kind_status_proposal_and_progress(case: Case) -> None:
    editing.propose(actor=case.person, assessment=case.assessment, option=case.own)
    page = portfolio(case.cast, "auditor")
    for text in ("Chatbot for customers", "Draft", "Own", case.url("detail")):
        assert text in page


def test_search_and_status_narrow_it(case: Case) -> None:
    another(case.cast, "Reading of invoices", owner="Post room")
    case.close()
    assert "Reading of invoices" not in portfolio(case.cast, "auditor", q="chatbot")
    assert "Chatbot for customers" not in portfolio(case.cast, "auditor", q="post ROOM")
    assert "Reading of invoices" not in portfolio(case.cast, "auditor", status="in_review")
    assert "fits that search" in portfolio(case.cast, "auditor", q="no such thing")


def test_it_is_paged_by_twenty_five(case: Case) -> None:
    for n in range(25):
        another(case.cast, f"Case {n:02}")
    assert "Page 1 of 2" in portfolio(case.cast, "auditor")
    second = portfolio(case.cast, "auditor", page="2")
    assert "Chatbot for customers" in second
    assert "Case 24" not in second


def test_who_only_contributes_sees_what_they_are_asked_for(case: Case) -> None:
    another(case.cast, "Reading of invoices")
    page = portfolio(case.cast, "contributor")
    assert "Chatbot for customers" in page
    assert "Reading of invoices" not in page
    assert "Proposed option" not in page
    Assignment.objects.all().delete()
    assert "Nothing is asked of you" in portfolio(case.cast, "contributor")


def test_other_organisations_stay_out_of_it(case: Case) -> None:
    elsewhere = editing.assessment_create(
        actor=case.cast.outsider,
        organisation=case.cast.elsewhere,
        title="Secret claims",
        name="Claims",
        purpose="Pays.",
        archetype="documents",
    )
    assert "Secret claims" not in portfolio(case.cast, "risk_officer")
    url = reverse("assessments:detail", kwargs={"org": "meridian-bank", "assessment": elsewhere.pk})
    assert case.client.get(url).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_list(case: Case) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            case.client.get(reverse("assessments:list", kwargs={"org": "meridian-bank"}))
        return len(asked)

    one = queries()
    for n in range(10):
        another(case.cast, f"Case {n}")
    assert queries() == one <= MOST_QUERIES


def test_the_overview_leads_from_step_to_step(case: Case) -> None:
    def overview(who: str = "risk_officer") -> str:
        return case.acting(who).client.get(case.url("detail")).content.decode()

    assert case.url("demand") in overview()
    assert "Give the demand" in overview()
    editing.option_remove(actor=case.person, option=case.own)
    assert "Add at least two options" in overview()
    assert "What you are asked for" in overview("contributor")
    assert "worked on" in overview("auditor")


def test_the_overview_of_a_returned_and_of_a_decided_case_says_who_and_why(cast: Cast) -> None:
    assessment = make_submitted(cast)
    client = Client()
    client.force_login(cast.risk_officer)
    url = reverse("assessments:detail", kwargs={"org": "meridian-bank", "assessment": assessment.pk})
    assert "An approver reads the frozen record" in client.get(url).content.decode()
    digest = newest(assessment).digest
    workflow.return_(actor=cast.approver, assessment=assessment, digest=digest, reason="Ask legal first.", signing=SIGNING)
    assert "Ask legal first." in client.get(url).content.decode()
    workflow.submit(actor=cast.risk_officer, assessment=assessment)
    sign(cast, assessment)
    page = client.get(url).content.decode()
    assert "Latest decision" in page
    assert f'<a href="{url}record/">Read the record</a>' in page
    assert "Ask legal first." not in page


def test_the_overview_needs_few_queries(case: Case) -> None:
    with CaptureQueriesContext(connection) as asked:
        case.client.get(case.url("detail"))
    assert len(asked) <= MOST_QUERIES
