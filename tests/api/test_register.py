"""Findings and what is done about them, conditions and the next assessment, over the API."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from assessments.models import Assessment, Condition, Treated
from assessments.workflow import Asking
from tests.fixtures import Cast, attach, make_complete, make_submitted, sign, soon

pytestmark = pytest.mark.django_db


@pytest.fixture
def complete(cast: Cast) -> Assessment:
    return make_complete(cast)


def a_high_one(officer: Any, case: Assessment) -> dict[str, Any]:
    shown = officer("get", "findings", assessment=case, query="?page_size=200").json()["results"]
    found: dict[str, Any] = next(
        f for f in shown if f["inherent"] == "high" and not f["blocker"] and f["option"] == case.proposed_option.key
    )
    return found


def test_a_finding_is_treated_shown_and_taken_back(officer: Any, cast: Cast, complete: Assessment) -> None:
    found = a_high_one(officer, complete)
    assert (found["treatment"], found["residual"], found["revision"]) == ("", "high", 0)
    where = {"assessment": complete, "option": found["option"], "finding": found["finding"]}
    file = attach(cast, complete)
    body = {
        "treatment": "mitigate", "plan": "A second provider.", "residual": "low", "owner": cast.contributor.email, "due_on": soon().isoformat(),
        "evidence": [str(file.pk)], "revision": 0,
    }  # fmt: skip
    answer = officer("put", "finding", body, **where)
    assert answer.status_code == 200
    saved = answer.json()
    assert (saved["treatment"], saved["residual"], saved["due_on"], saved["revision"]) == ("mitigate", "low", soon().isoformat(), 1)
    assert saved["owner"]["reference"] == cast.contributor.reference
    assert saved["evidence"] == [{"name": file.name, "sha256": file.sha256}]
    assert a_high_one(officer, complete) == saved
    late = officer("put", "finding", body | {"treatment": "avoid", "plan": "Dropped."}, **where)
    assert (late.status_code, late.json()["theirs"]["plan"], late.json()["mine"]["plan"]) == (409, "A second provider.", "Dropped.")
    assert officer("delete", "finding", **where).status_code == 204
    assert a_high_one(officer, complete)["treatment"] == ""


def test_what_can_not_be_is_named(officer: Any, cast: Cast, complete: Assessment) -> None:
    found = a_high_one(officer, complete)
    where = {"assessment": complete, "option": found["option"], "finding": found["finding"]}
    good = {"treatment": "mitigate", "plan": "A second provider.", "owner": cast.contributor.email, "due_on": soon().isoformat()}
    for changes, status, field in (
        ({"treatment": "pray"}, 400, "treatment"), ({"plan": ""}, 400, "plan"), ({"due_on": "soon"}, 400, "due_on"), ({"mood": "good"}, 400, "mood"),
        ({"residual": "critical"}, 422, "residual"), ({"owner": cast.outsider.email}, 422, "owner"), ({"evidence": ["x"]}, 400, "evidence"),
        ({"evidence": ["8f0e9f9e-33d1-4f9b-9b0e-0d7f4b3a9a10"]}, 422, "evidence"), ({"revision": -1}, 400, "revision"),
    ):  # fmt: skip
        answer = officer("put", "finding", good | changes, **where)
        assert (answer.status_code, list(answer.json()["errors"])) == (status, [field]), changes
    assert officer("put", "finding", good, **where | {"finding": "gone"}).status_code == 422
    assert officer("put", "finding", good, **where | {"option": "gone"}).status_code == 404
    assert not Treated.objects.exists()


def test_only_a_risk_officer_treats(call_as: Any, officer: Any, complete: Assessment) -> None:
    found = a_high_one(officer, complete)
    where = {"assessment": complete, "option": found["option"], "finding": found["finding"]}
    body = {"treatment": "accept", "plan": "Small."}
    for who in ("contributor", "approver", "auditor", "administrator"):
        assert call_as(who)("put", "finding", body, **where).status_code == 403, who
        assert call_as(who)("get", "findings", assessment=complete).status_code == 200, who


def test_what_was_submitted_is_read_as_it_was_frozen(officer: Any, cast: Cast, complete: Assessment) -> None:
    found = a_high_one(officer, complete)
    where = {"assessment": complete, "option": found["option"], "finding": found["finding"]}
    officer("put", "finding", {"treatment": "accept", "plan": "Small."}, **where)
    before = officer("get", "findings", assessment=complete, query="?page_size=200").json()
    officer("post", "submit", assessment=complete)
    with mock.patch("assessments.api.register.evaluate_assessment", side_effect=AssertionError("evaluated anew")):
        frozen = officer("get", "findings", assessment=complete, query="?page_size=200").json()
    assert frozen["results"] == [one | {"revision": None} for one in before["results"]]
    assert officer("put", "finding", {"treatment": "accept", "plan": "Other."}, **where).status_code == 409
    assert officer("delete", "finding", **where).status_code == 409


class TestConditions:
    @pytest.fixture
    def decided(self, cast: Cast) -> Assessment:
        case = make_submitted(cast)
        sign(cast, case, Asking("Set up a rota.", cast.contributor.email, soon()), Asking("Sign the clause.", cast.approver.email, soon()))
        case.refresh_from_db()
        return case

    def test_they_are_followed_by_whom_they_concern(self, call_as: Any, officer: Any, approver: Any, decided: Assessment) -> None:
        owner, auditor = call_as("contributor"), call_as("auditor")
        first, second = auditor("get", "conditions", assessment=decided).json()["results"]
        assert [(c["number"], c["state"], c["note"]) for c in (first, second)] == [(1, "open", ""), (2, "open", "")]
        where = {"assessment": decided, "condition": first["id"]}
        assert owner("post", "condition_met", {"note": ""}, **where).status_code == 400
        answer = owner("post", "condition_met", {"note": "Rota of four."}, **where)
        assert (answer.status_code, answer.json()["state"], answer.json()["note"]) == (200, "met", "Rota of four.")
        assert owner("post", "condition_met", {"note": "Again."}, **where).status_code == 409
        assert owner("post", "condition_reopened", {"note": "No."}, **where).status_code == 403
        assert approver("post", "condition_reopened", {"note": "Only three."}, **where).json()["state"] == "open"
        assert approver("post", "condition_reopened", {"note": "Only three."}, **where).status_code == 409
        other = {"assessment": decided, "condition": second["id"]}
        assert owner("post", "condition_met", {"note": "I say so."}, **other).status_code == 403
        assert auditor("post", "condition_met", {"note": "Seen."}, **other).status_code == 403
        assert officer("post", "condition_met", {"note": "Signed."}, **other).json()["state"] == "met"

    def test_one_that_is_not_there_is_not_found(self, cast: Cast, officer: Any, decided: Assessment) -> None:
        pk = Condition.objects.values_list("pk", flat=True)[0]
        for condition in (0, 10**30):
            assert officer("post", "condition_met", {"note": "Met."}, assessment=decided, condition=condition).status_code == 404
        draft = make_complete(cast)
        assert officer("post", "condition_met", {"note": "Met."}, assessment=draft, condition=pk).status_code == 404
        assert officer("get", "conditions", assessment=draft).json()["results"] == []

    def test_the_next_one_is_begun_once_by_a_risk_officer(self, approver: Any, officer: Any, decided: Assessment) -> None:
        assert approver("post", "succeed", assessment=decided).status_code == 403
        answer = officer("post", "succeed", assessment=decided)
        assert (answer.status_code, answer.json()["status"]) == (201, "draft")
        assert Assessment.objects.get(pk=answer.json()["id"]).supersedes == decided
        assert officer("post", "succeed", assessment=decided).status_code == 409
