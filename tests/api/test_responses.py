from __future__ import annotations

import pytest

from assessments import editing
from assessments.models import Response
from tests.fixtures import Cast, attach, make_draft

pytestmark = pytest.mark.django_db
NEXUS = "ai-act.eu-nexus"


def test_answer_is_saved_with_its_revision(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    answer = officer(
        "put",
        "response",
        {"value": "yes", "basis": "published", "note": "Sold in the EU.", "revision": 0},
        assessment=draft,
        question=NEXUS,
    )
    assert answer.status_code == 200
    assert answer.json() | {"answered_at": None} == {
        "option": None, "question": NEXUS, "state": "answered", "value": "yes", "basis": "published", "note": "Sold in the EU.",
        "revision": 1, "evidence": [], "answered_at": None,
        "answered_by": {"reference": cast.risk_officer.reference, "name": cast.risk_officer.name},
    }  # fmt: skip
    assert officer("get", "responses", assessment=draft).json()["results"] == [answer.json()]


def test_a_saved_answer_names_the_files_that_it_has(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    officer("put", "response", {"value": "yes"}, assessment=draft, question=NEXUS)
    attach(cast, draft)
    for value in ("no", "yes"):
        (file,) = officer("put", "response", {"value": value}, assessment=draft, question=NEXUS).json()["evidence"]
        assert file["name"] == "certificate.txt"


def test_answer_to_an_older_revision_is_a_conflict_that_shows_both(officer, call_as, cast: Cast) -> None:
    draft = make_draft(cast)
    officer("put", "response", {"value": "yes", "revision": 0}, assessment=draft, question=NEXUS)
    late = call_as("contributor")("put", "response", {"value": "no", "revision": 0}, assessment=draft, question=NEXUS)
    assert late.status_code == 409
    assert (late.json()["theirs"]["value"], late.json()["mine"]["value"]) == ("yes", "no")
    assert Response.objects.get(assessment=draft).value == "yes"


def test_several_choices_are_a_list(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    answer = officer("put", "response", {"value": ["50.2", "50.1"]}, assessment=draft, question="ai-act.transparency")
    assert answer.json()["value"] == ["50.1", "50.2"]


@pytest.mark.parametrize(
    ("question", "body", "status", "field"),
    [
        (NEXUS, {"value": "perhaps"}, 422, "value"),
        (NEXUS, {"value": 1}, 400, "value"),
        (NEXUS, {"value": "yes", "basis": "hearsay"}, 400, "basis"),
        ("ai-act.nothing", {"value": "yes"}, 422, "question"),
    ],
)
def test_wrong_answer_is_refused_beside_its_field(officer, cast: Cast, question: str, body: dict, status: int, field: str) -> None:
    draft = make_draft(cast)
    answer = officer("put", "response", body, assessment=draft, question=question)
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
    assert not Response.objects.exists()


def test_question_of_an_option_is_answered_on_the_option(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    editing.option_add(actor=cast.risk_officer, assessment=draft, name="Vendor API", sourcing="closed_api")
    of_options = [q for q in officer("get", "questions").json()["questions"] if q["scope"] == "option" and q["type"] == "choice"]
    question, choice = of_options[0]["id"], of_options[0]["choices"][0]["id"]
    answer = officer("put", "option_response", {"value": choice}, assessment=draft, option="vendor-api", question=question)
    assert (answer.status_code, answer.json()["option"]) == (200, "vendor-api")
    assert officer("put", "response", {"value": choice}, assessment=draft, question=question).status_code == 422
    assert officer("put", "option_response", {"value": choice}, assessment=draft, option="nobody", question=question).status_code == 404
    assert officer("get", "responses", assessment=draft, query="?option=vendor-api").json()["count"] == 1
    assert officer("get", "responses", assessment=draft, query="?option=nobody").json()["count"] == 0
