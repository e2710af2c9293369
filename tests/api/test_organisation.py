"""What the organisation says of itself, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.models import OrganisationAnswer
from assessments.organisation import organisation_answer_save
from tests.assessments.offered import Publish
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db


def test_an_answer_is_saved_listed_and_taken_away(officer, call_as, cast: Cast, publish: Publish) -> None:
    saved = officer(
        "put", "organisation_answer", {"value": "important", "basis": "certified", "note": "Listed.", "revision": 0}, question="nis2"
    )
    assert saved.status_code == 200
    assert saved.json() | {"answered_at": None} == {
        "question": "nis2", "value": "important", "basis": "certified", "note": "Listed.", "revision": 1, "answered_at": None,
        "answered_by": {"reference": cast.risk_officer.reference, "name": cast.risk_officer.name},
    }  # fmt: skip
    assert call_as("auditor")("get", "organisation_answers").json()["results"] == [saved.json()]
    assert call_as("administrator")("delete", "organisation_answer", question="nis2").status_code == 204
    assert officer("get", "organisation_answers").json()["count"] == 0
    assert officer("delete", "organisation_answer", question="nis2").status_code == 204, "what isn't there is gone"


def test_it_is_self_declared_unless_said_otherwise_and_several_choices_are_a_list(officer, publish: Publish) -> None:
    saved = officer("put", "organisation_answer", {"value": ["serving", "training"]}, question="skills").json()
    assert (saved["value"], saved["basis"], saved["note"]) == (["training", "serving"], "self_declared", "")
    assert officer("put", "organisation_answer", {"value": []}, question="skills").json()["value"] == []


def test_an_older_revision_is_a_conflict_that_shows_both(officer, call_as, publish: Publish) -> None:
    officer("put", "organisation_answer", {"value": "important", "revision": 0}, question="nis2")
    late = call_as("administrator")("put", "organisation_answer", {"value": "none", "revision": 0}, question="nis2")
    assert late.status_code == 409
    assert (late.json()["theirs"]["value"], late.json()["mine"]["value"]) == ("important", "none")
    assert OrganisationAnswer.objects.get().value == "important"
    assert officer("put", "organisation_answer", {"value": "none"}, question="nis2").json()["revision"] == 2


@pytest.mark.parametrize(
    ("question", "body", "status", "field"),
    [
        ("nis2", {"value": "perhaps"}, 422, "value"),
        ("nis2", {"value": ""}, 400, "value"),
        ("nis2", {"value": None}, 400, "value"),
        ("nis2", {"value": 1}, 400, "value"),
        ("nis2", {}, 400, "value"),
        ("nis2", {"value": "none", "basis": "hearsay"}, 400, "basis"),
        ("nis2", {"value": "none", "state": "unknown"}, 400, "state"),
        ("people", {"value": "901"}, 422, "value"),
        ("people", {"value": "1e400"}, 422, "value"),
        ("kind", {"value": "inside"}, 422, None),
        ("nothing", {"value": "yes"}, 422, None),
    ],
)
def test_wrong_answer_is_refused_beside_its_field(
    officer, publish: Publish, question: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = officer("put", "organisation_answer", body, question=question)
    assert answer.status_code == status
    assert list(answer.json().get("errors", {})) == ([field] if field else [])
    assert not OrganisationAnswer.objects.exists()


def test_a_question_that_is_not_the_organisations_cannot_be_taken_away(officer, publish: Publish) -> None:
    assert officer("delete", "organisation_answer", question="kind").status_code == 422


def test_another_organisations_answers_are_never_shown(officer, call_as, cast: Cast, publish: Publish) -> None:
    organisation_answer_save(actor=cast.outsider, organisation=cast.elsewhere, question_id="nis2", value="important")
    assert officer("get", "organisation_answers").json()["results"] == []
    theirs = {"org": cast.elsewhere.slug}
    assert officer("get", "organisation_answers", **theirs).status_code == 404
    assert officer("put", "organisation_answer", {"value": "none"}, question="nis2", **theirs).status_code == 404
    assert officer("delete", "organisation_answer", question="nis2", **theirs).status_code == 404
    assert call_as("outsider")("get", "organisation_answers").status_code == 404
    assert OrganisationAnswer.objects.get().value == "important"


@pytest.mark.parametrize("who", ["contributor", "approver", "auditor"])
def test_who_may_not_describe_the_organisation_reads(call_as, publish: Publish, who: str) -> None:
    assert call_as(who)("get", "organisation_answers").status_code == 200
    refused = call_as(who)("put", "organisation_answer", {"value": "none"}, question="nis2")
    assert (refused.status_code, "describe the organisation" in refused.json()["detail"]) == (403, True)
