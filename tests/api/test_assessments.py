from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import workflow
from assessments.models import Assessment
from tests.fixtures import Cast, make_draft, make_submitted

pytestmark = pytest.mark.django_db
NEW = {"title": "Chatbot", "name": "Customer chatbot", "purpose": "Answers questions.", "archetype": "customer-facing-chatbot"}


def test_created_one_is_a_draft_of_its_author(officer, cast: Cast) -> None:
    answer = officer("post", "assessments", NEW)
    assert answer.status_code == 201
    assert answer.json()["status"] == "draft"
    assert answer.json()["author"] == {"reference": cast.risk_officer.reference, "name": cast.risk_officer.name}
    assert answer.json()["use_case"]["purpose"] == NEW["purpose"]
    assert Assessment.objects.get(pk=answer.json()["id"]).organisation == cast.organisation


def test_one_that_is_added_while_they_are_listed_pushes_no_other_off(officer, cast: Cast) -> None:
    first = make_draft(cast)
    added = False

    def add_after_the_count(execute, sql, params, many, context):
        nonlocal added
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT COUNT(*)") and not added:
            added = True
            make_draft(cast)
        return result

    with connection.execute_wrapper(add_after_the_count):
        listed = officer("get", "assessments").json()["results"]
    assert added
    assert str(first.pk) in {one["id"] for one in listed}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({**NEW, "title": ""}, 400, "title"),
        ({**NEW, "titel": "x"}, 400, "titel"),
        ({**NEW, "title": "a\x00b"}, 400, "title"),
        ({**NEW, "archetype": "time-machine"}, 422, "archetype"),
    ],
)
def test_wrong_field_is_named(officer, body: dict[str, str], status: int, field: str) -> None:
    answer = officer("post", "assessments", body)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert not Assessment.objects.exists()


def test_lists_the_organisations_own_in_pages(officer, cast: Cast, call_as) -> None:
    drafts = [make_draft(cast) for _ in range(3)]
    first = officer("get", "assessments", query="?page_size=2").json()
    assert first["count"] == 3
    assert len(first["results"]) == 2
    second = officer.client.get(first["next"]).json()
    assert {row["id"] for row in first["results"] + second["results"]} == {str(draft.pk) for draft in drafts}
    assert call_as("outsider")("get", "assessments").status_code == 404


def test_lists_by_status(officer, cast: Cast) -> None:
    gone, _ = make_draft(cast), make_draft(cast)
    workflow.withdraw(actor=cast.risk_officer, assessment=gone, reason="No longer needed.")
    rows = officer("get", "assessments", query="?status=withdrawn").json()["results"]
    assert [row["id"] for row in rows] == [str(gone.pk)]
    assert officer("get", "assessments", query="?status=lost").status_code == 400


def test_list_takes_the_same_queries_however_long(officer, cast: Cast) -> None:
    counts = []
    for _ in range(3):
        make_submitted(cast)
        with CaptureQueriesContext(connection) as queries:
            assert officer("get", "assessments").status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_change_keeps_what_is_left_out(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    answer = officer("patch", "assessment", {"title": "Another title"}, assessment=draft)
    assert answer.status_code == 200
    assert answer.json()["title"] == "Another title"
    assert answer.json()["use_case"]["name"] == "Customer chatbot"


def test_change_of_a_closed_one_is_a_conflict(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    workflow.withdraw(actor=cast.risk_officer, assessment=draft, reason="No longer needed.")
    answer = officer("patch", "assessment", {"title": "Another title"}, assessment=draft)
    assert answer.status_code == 409
    assert "withdrawn" in answer.json()["detail"]


def test_terms_are_set(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    answer = officer("put", "terms", {"currency": draft.currency, "as_of": "2026-11-23"}, assessment=draft)
    assert answer.json()["as_of"] == "2026-11-23"
    wrong = officer("put", "terms", {"currency": "XXX", "as_of": None}, assessment=draft)
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["currency"])


def test_address_of_another_organisation_hides_the_assessment(cast: Cast, call_as) -> None:
    draft = make_draft(cast)
    assert call_as("outsider")("get", "assessment", assessment=draft).status_code == 404
    assert call_as("outsider")("get", "assessment", assessment=draft, org=cast.elsewhere.slug).status_code == 404
