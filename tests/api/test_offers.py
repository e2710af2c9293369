"""What is offered beside questions, and taking it over; sources of figures; combined options and copies."""

from __future__ import annotations

import pytest

from assessments import answering, offering
from assessments.models import Response
from assessments.organisation import organisation_answer_save
from tests.assessments.asking import Case
from tests.assessments.offered import SLA_PAGE
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
SLA_NOTE = f"{SLA_PAGE} (acme.example/sla, version 4), as of 1 June 2026: 99.9 % a month."
LLAMA = {"sourcing": "self_hosted_open", "provider": "Our own", "model": "Llama 4"}


def test_what_is_offered_to_the_questions_that_are_asked(officer, acme: Case) -> None:
    said = organisation_answer_save(
        actor=acme.person, organisation=acme.cast.organisation, question_id="people", value="4", basis="certified", note="Payroll."
    )
    day = said.answered_at.date().isoformat()
    body = officer("get", "offers", assessment=acme.assessment).json()
    assert body["count"] == 3
    tokens = [row.pop("token") for row in body["results"]]
    assert len({token for token in tokens if len(token) == 16}) == 3
    assert body["results"] == [
        {
            "question": "sla", "option": "vendor", "kind": "published", "value": "full", "shown": "The answer full", "said_by": SLA_PAGE,
            "on": "2026-06-01", "basis": "published", "note": SLA_NOTE, "verified": "primary", "stale": False, "taken": False,
        },
        {
            "question": "certificates", "option": "vendor", "kind": "published", "value": ["a", "c"], "shown": "The answer a; The answer c",
            "said_by": SLA_PAGE, "on": "2026-06-01", "basis": "published",
            "note": f"{SLA_PAGE} (acme.example/sla, version 4), as of 1 June 2026: Two of them.", "verified": "primary", "stale": False,
            "taken": False,
        },
        {
            "question": "people", "option": None, "kind": "organisation", "value": "4", "shown": "4 people", "said_by": "Risk officer",
            "on": day, "basis": "certified", "note": f"As Meridian Bank answered for itself on {day}: Payroll.", "verified": "",
            "stale": False, "taken": False,
        },
    ]  # fmt: skip


def test_a_question_that_is_not_asked_is_not_among_them(officer, acme: Case) -> None:
    def offered() -> list[str]:
        return [row["question"] for row in officer("get", "offers", assessment=acme.assessment).json()["results"]]

    assert "failover" not in offered(), "it isn't known yet whether it is asked"
    officer("post", "option_response_take_over", {"revision": 0}, assessment=acme.assessment, option="vendor", question="sla")
    assert "failover" in offered()


def test_an_offer_is_taken_over_as_an_answer(call_as, acme: Case) -> None:
    where = {"assessment": acme.assessment, "option": "vendor", "question": "sla"}
    saved = call_as("contributor")("post", "option_response_take_over", {"revision": 0}, **where)
    assert saved.status_code == 200
    assert {name: saved.json()[name] for name in ("option", "question", "state", "value", "basis", "note", "revision")} == {
        "option": "vendor", "question": "sla", "state": "answered", "value": "full", "basis": "published", "note": SLA_NOTE, "revision": 1,
    }  # fmt: skip
    assert saved.json()["answered_by"]["name"] == "Contributor"
    rows = call_as("auditor")("get", "offers", assessment=acme.assessment).json()["results"]
    assert {(row["question"], row["taken"]) for row in rows} == {("sla", True), ("failover", False), ("certificates", False)}


def test_without_a_body_whatever_stands_is_replaced(officer, acme: Case) -> None:
    answering.response_save(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, value="none")
    saved = officer("post", "option_response_take_over", assessment=acme.assessment, option="vendor", question="sla")
    assert (saved.status_code, saved.json()["value"], saved.json()["revision"]) == (200, "full", 2)


def test_an_older_revision_is_a_conflict_that_shows_both(officer, acme: Case) -> None:
    answering.response_save(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, value="none")
    late = officer("post", "option_response_take_over", {"revision": 0}, assessment=acme.assessment, option="vendor", question="sla")
    assert late.status_code == 409
    assert (late.json()["theirs"]["value"], late.json()["mine"]["value"]) == ("none", "full")
    assert acme.answer("sla", acme.vendor).value == "none"


def test_what_the_organisation_says_is_taken_over(officer, acme: Case) -> None:
    organisation_answer_save(actor=acme.person, organisation=acme.cast.organisation, question_id="skills", value=["serving"])
    saved = officer("post", "response_take_over", {"revision": 0}, assessment=acme.assessment, question="skills")
    assert (saved.status_code, saved.json()["value"], saved.json()["basis"]) == (200, ["serving"], "self_declared")


@pytest.mark.parametrize(
    ("address", "parts", "status"),
    [
        ("option_response_take_over", {"option": "own", "question": "sla"}, 422),
        ("option_response_take_over", {"option": "nobody", "question": "sla"}, 404),
        ("option_response_take_over", {"option": "vendor", "question": "nothing"}, 422),
        ("option_response_take_over", {"option": "vendor", "question": "people"}, 422),
        ("response_take_over", {"question": "sla"}, 422),
        ("response_take_over", {"question": "nis2"}, 422),
    ],
)
def test_where_nothing_is_offered_nothing_is_saved(officer, acme: Case, address: str, parts: dict[str, str], status: int) -> None:
    assert officer("post", address, {"revision": 0}, assessment=acme.assessment, **parts).status_code == status
    assert not Response.objects.exists()


def test_a_field_that_is_not_known_is_refused(officer, acme: Case) -> None:
    where = {"assessment": acme.assessment, "option": "vendor", "question": "sla"}
    for body, field in (({"value": "none"}, "value"), ({"revision": -1}, "revision"), ({"revision": "first"}, "revision")):
        answer = officer("post", "option_response_take_over", body, **where)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_closed_assessment_offers_nothing(officer, acme: Case) -> None:
    acme.close()
    assert officer("get", "offers", assessment=acme.assessment).json()["results"] == []
    answer = officer("post", "option_response_take_over", {}, assessment=acme.assessment, option="vendor", question="sla")
    assert answer.status_code == 409
    assert "can't be changed" in answer.json()["detail"]


def test_offers_come_in_pages(officer, acme: Case) -> None:
    body = officer("get", "offers", assessment=acme.assessment, query="?page=2&page_size=1").json()
    assert (body["count"], [row["question"] for row in body["results"]]) == (2, ["certificates"])
    assert officer("get", "offers", assessment=acme.assessment, query="?page=9").status_code == 404


def test_figures_show_where_they_are_published(officer, acme: Case) -> None:
    where = {"assessment": acme.assessment, "option": "vendor", "category": "model_access", "key": "input_price_per_million"}
    assert (
        officer("put", "cost_figure", {"likely": "2.7"}, **where).json()["source"] == "Acme Cloud: A source, as of 1 October 2026 (USD 3)"
    )
    assert officer("put", "cost_figure", {"likely": "5"}, **where).json()["source"] == ""
    assert [row["source"] for row in officer("get", "figures", assessment=acme.assessment).json()["results"]] == [""]


# Combined options, and options begun as a copy


def test_an_option_has_no_fallback_unless_it_is_given(officer, acme: Case) -> None:
    rows = officer("get", "options", assessment=acme.assessment).json()["results"]
    assert [(row["id"], row["fallback"]) for row in rows] == [("vendor", None), ("own", None)]


def test_a_fallback_is_given_replaced_and_taken_away(officer, acme: Case) -> None:
    added = officer("post", "options", {"name": "Both", "sourcing": "closed_api", "fallback": LLAMA}, assessment=acme.assessment)
    assert (added.status_code, added.json()["fallback"]) == (201, LLAMA)
    where = {"assessment": acme.assessment, "option": "both"}
    assert officer("patch", "option", {"model": "Model 4"}, **where).json()["fallback"] == LLAMA
    replaced = officer("patch", "option", {"fallback": {"sourcing": "managed_open"}}, **where)
    assert replaced.json()["fallback"] == {"sourcing": "managed_open", "provider": "", "model": ""}
    assert replaced.json()["model"] == "Model 4"
    assert officer("patch", "option", {"fallback": None}, **where).json()["fallback"] is None
    assert officer("get", "option", **where).json()["fallback"] is None


@pytest.mark.parametrize(
    "fallback", [{}, {"sourcing": "borrowed"}, {"provider": "Our own"}, {"sourcing": "closed_api", "price": 3}, "closed_api", []]
)
def test_a_wrong_fallback_is_named(officer, acme: Case, fallback: object) -> None:
    body = {"name": "Both", "sourcing": "closed_api", "fallback": fallback}
    answer = officer("post", "options", body, assessment=acme.assessment)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["fallback"])
    assert officer("patch", "option", {"fallback": fallback}, assessment=acme.assessment, option="vendor").status_code == 400
    assert acme.assessment.options.count() == 2


def test_an_option_begins_as_a_copy(officer, call_as, acme: Case) -> None:
    offering.take_over(actor=acme.cast.contributor, assessment=acme.assessment, question_id="sla", option=acme.vendor)
    made = officer("post", "options", {"name": "Copy", "sourcing": "closed_api", "copy_from": "vendor"}, assessment=acme.assessment)
    assert made.status_code == 201
    (row,) = officer("get", "responses", assessment=acme.assessment, query="?option=copy").json()["results"]
    assert (row["question"], row["value"], row["note"], row["answered_by"]["name"]) == ("sla", "full", SLA_NOTE, "Risk officer")
    wrong = officer(
        "post", "options", {"name": "Another copy", "sourcing": "closed_api", "copy_from": "nobody"}, assessment=acme.assessment
    )
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["copy_from"])
    assert officer("patch", "option", {"copy_from": "vendor"}, assessment=acme.assessment, option="own").status_code == 400


def test_questions_show_bands_calculator_and_whose_they_are(officer, cast: Cast, acme: Case) -> None:
    found = {q["id"]: q for q in officer("get", "questions").json()["questions"]}
    assert found["people"]["bands"] == [{"id": "few", "text": "Few", "below": "6"}, {"id": "many", "text": "Many", "below": None}]
    assert [id_ for id_, q in found.items() if q.get("of_organisation")] == ["nis2", "people", "skills"]
    assert {id_: q["calculator"] for id_, q in found.items() if "calculator" in q} == {"held-ready": "error-budget"}
    assert not {"bands", "of_organisation", "calculator"} & set(found["sla"])
