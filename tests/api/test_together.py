"""Assignments and comments over the API, and what a contributor gets there of an assessment."""

from __future__ import annotations

from collections.abc import Callable

from assessments.models import Assignment
from tests.api.conftest import Caller
from tests.assessments.asking import Case

As = Callable[[str], Caller]


def ask(officer: Caller, case: Case, *parts: dict[str, str], **more: str) -> list[dict]:
    body = {"person": case.cast.contributor.email, "parts": list(parts), **more}
    answer = officer("post", "assignments", body, assessment=case.assessment)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_asking_changing_and_withdrawing(case: Case, officer: Caller, call_as: As) -> None:
    Assignment.objects.all().delete()
    (made,) = ask(officer, case, {"questionnaire": "all", "section": "one"}, due_on="2090-01-31", note="Ask the vendor.")
    assert (made["person"]["name"], made["due_on"], made["done_at"]) == ("Contributor", "2090-01-31", None)
    where = {"assessment": case.assessment, "assignment": made["id"]}
    theirs = call_as("contributor")
    assert theirs("put", "assignment_done", **where).json()["done_at"] is not None
    assert theirs("delete", "assignment_done", **where).json()["done_at"] is None
    assert theirs("patch", "assignment", {"note": "Mine."}, **where).status_code == 403
    changed = officer("patch", "assignment", {"due_on": None}, **where).json()
    assert (changed["due_on"], changed["note"]) == (None, "Ask the vendor."), "what is left out stays"
    assert officer("delete", "assignment", **where).status_code == 204
    assert officer("get", "assignments", assessment=case.assessment).json()["count"] == 0


def test_what_is_wrong_is_named(case: Case, officer: Caller) -> None:
    body = {"person": "nobody@example.com", "parts": [{"section": "demand"}]}
    answer = officer("post", "assignments", body, assessment=case.assessment)
    assert answer.status_code == 422
    assert "person" in answer.json()["errors"]
    body = {"person": case.cast.contributor.email, "parts": [{"section": "no-such"}]}
    assert "places" in officer("post", "assignments", body, assessment=case.assessment).json()["errors"]


def test_a_contributor_gets_the_parts_that_are_assigned(case: Case, officer: Caller, call_as: As) -> None:
    Assignment.objects.all().delete()
    case.save("kind", value="inside")
    case.save_figure("demand", "horizon_months", likely="24")
    theirs, about = call_as("contributor"), {"assessment": case.assessment}
    assert theirs("get", "assessments").json()["count"] == 0
    assert theirs("get", "assessment", **about).status_code == 404
    ask(officer, case, {"section": "demand"})
    assert theirs("get", "assessments").json()["count"] == 1
    assert theirs("get", "responses", **about).json()["count"] == 0
    assert [row["key"] for row in theirs("get", "figures", **about).json()["results"]] == ["horizon_months"]
    assert theirs("put", "response", {"value": "outside"}, question="kind", **about).status_code == 403
    assert theirs("put", "cost_category", option="vendor", category="model_access", **about).status_code == 403
    for name in ("evaluation", "verdicts", "snapshots", "assessment_catalogue"):
        assert theirs("get", name, **about).status_code == 403, name
    ask(officer, case, {"questionnaire": "all", "section": "one"})
    assert theirs("put", "response", {"value": "outside"}, question="kind", **about).status_code == 200
    assert theirs("get", "responses", **about).json()["count"] == 1


def test_the_proposal_is_not_for_who_reads_parts(case: Case, officer: Caller, call_as: As) -> None:
    officer("put", "proposal", {"option": "vendor", "reason": "It is cheap."}, assessment=case.assessment)
    assert officer("get", "assessment", assessment=case.assessment).json()["proposal"] is not None
    assert call_as("contributor")("get", "assessment", assessment=case.assessment).json()["proposal"] is None
    assert call_as("contributor")("get", "assessments").json()["results"][0]["proposal"] is None


def test_comments(case: Case, officer: Caller, call_as: As) -> None:
    about = {"assessment": case.assessment}
    made = officer("post", "comments", {"question": "kind", "text": "Which?", "ask": case.cast.contributor.email}, **about)
    assert made.status_code == 201
    assert made.json()["asked"]["name"] == "Contributor"
    theirs = call_as("contributor")
    assert [row["text"] for row in theirs("get", "comments", query="?question=kind", **about).json()["results"]] == ["Which?"]
    assert theirs("delete", "comment", comment=made.json()["id"], **about).status_code == 403
    settled = theirs("put", "comments_resolved", question="kind", **about).json()
    assert settled["resolved_by"]["name"] == "Contributor"
    assert theirs("delete", "comments_resolved", question="kind", **about).json()["resolved_at"] is None
    assert officer("delete", "comment", comment=made.json()["id"], **about).status_code == 204
    assert officer("put", "comments_resolved", question="kind", **about).status_code == 422
    assert officer("post", "comments", {"question": "no-such", "text": "Which?"}, **about).status_code == 422
    Assignment.objects.all().delete()
    officer("post", "comments", {"question": "kind", "text": "Again."}, **about)
    assert theirs("get", "comments", **about).status_code == 404
