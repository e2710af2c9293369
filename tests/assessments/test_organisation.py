"""What the organisation says of itself: asked once on its own page, kept with it, and offered in each of its assessments."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from assessments import offering
from assessments.answering import response_save
from assessments.errors import Refused, Stale, WrongStatus
from assessments.models import OrganisationAnswer
from assessments.organisation import organisation_answer_save, questions_of_organisation
from assessments.submission import parts_of
from audit.trail import events_of
from tests.assessments.asking import Case
from tests.assessments.offered import Publish, asking, changed
from tests.fixtures import Cast
from tests.scoring.conftest import choices

FIELDS = ("value", "basis", "note", "revision")


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


def url(cast: Cast) -> str:
    return reverse("assessments:organisation", kwargs={"org": cast.organisation.slug})


def post(cast: Cast, who: str = "risk_officer", **answers: dict[str, Any]) -> Any:
    """Post the page; by question id the fields of its answer, with revision 0 unless given."""
    data = {f"{name}:{id_}": value for id_, fields in answers.items() for name, value in ({"revision": "0"} | fields).items()}
    return client_of(cast, who).post(url(cast), data)


def say(cast: Cast, question: str, value: Any, who: str = "risk_officer", **more: Any) -> OrganisationAnswer | None:
    return organisation_answer_save(actor=cast[who], organisation=cast.organisation, question_id=question, value=value, **more)


def kept(cast: Cast) -> dict[str, Any]:
    return dict(OrganisationAnswer.objects.filter(organisation=cast.organisation).values_list("question", "value"))


def texts(response: Any) -> str:
    return str(response.content.decode())


# The page


def test_the_newest_release_says_which_questions_are_the_organisations_own(cast: Cast, publish: Publish) -> None:
    assert list(questions_of_organisation()) == ["nis2", "people", "skills"]
    publish(version=2, questionnaires=asking(*changed("people", of_organisation=False)))
    assert list(questions_of_organisation()) == ["nis2", "skills"]
    page = texts(client_of(cast, "risk_officer").get(url(cast)))
    assert "Question nis2?" in page
    assert "Question people?" not in page


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        ("risk_officer", 200, 302), ("administrator", 200, 302), ("contributor", 200, 403), ("approver", 200, 403), ("auditor", 200, 403),
        ("outsider", 404, 404),
    ],
)  # fmt: skip
def test_who_reads_and_who_writes(cast: Cast, publish: Publish, who: str, reads: int, writes: int) -> None:
    say(cast, "nis2", "important")
    shown = client_of(cast, who).get(url(cast))
    assert shown.status_code == reads
    if reads == 200:
        assert "The answer important" in texts(shown)
        assert ('name="value:people"' in texts(shown)) == (writes == 302)
    assert post(cast, who, people={"value": "4"}).status_code == writes
    assert ("people" in kept(cast)) == (writes == 302)


def test_the_page_saves_what_changed_and_nothing_else(cast: Cast, publish: Publish) -> None:
    response = post(cast, nis2={"value": "important", "basis": "contractual", "note": " By letter. "}, people={"value": "4"}, skills={})
    assert (response.status_code, response["Location"]) == (302, url(cast))
    row = OrganisationAnswer.objects.get(question="nis2")
    assert (row.value, row.basis, row.note, row.revision, row.answered_by) == (
        "important",
        "contractual",
        "By letter.",
        1,
        cast.risk_officer,
    )
    assert kept(cast) == {"nis2": "important", "people": "4"}
    events = events_of(cast.organisation.stream).filter(action="organisation.answered")
    assert events.count() == 2
    again = {"nis2": {"value": "important", "basis": "contractual", "note": "By letter.", "revision": "1"}}
    page = client_of(cast, "risk_officer").post(url(cast), {f"{n}:nis2": v for n, v in again["nis2"].items()}, follow=True)
    assert "Nothing was changed, so nothing was saved." in texts(page)
    assert events.count() == 2


def test_several_choices_and_taking_an_answer_away(cast: Cast, publish: Publish) -> None:
    post(cast, skills={"value": ["serving", "training"]})
    assert kept(cast) == {"skills": ["training", "serving"]}, "in the order of the question"
    post(cast, skills={"revision": "1"})
    assert kept(cast) == {}


def test_what_does_not_fit_comes_back_as_typed_and_the_rest_is_saved(cast: Cast, publish: Publish) -> None:
    response = post(cast, people={"value": "1,000 or so", "note": "About."}, nis2={"value": "none"})
    page = texts(response)
    assert response.status_code == 422
    assert 'value="1,000 or so"' in page
    assert "About." in page
    assert "is no number" in page
    assert kept(cast) == {"nis2": "none"}


def test_an_older_revision_is_refused_with_what_stands(cast: Cast, publish: Publish) -> None:
    say(cast, "nis2", "important", who="administrator")
    response = post(cast, nis2={"value": "none", "revision": "0"})
    page = texts(response)
    assert response.status_code == 422
    assert "Somebody else changed this answer" in page
    assert "It is now: The answer important" in page
    assert 'name="revision:nis2" value="1"' in page
    assert kept(cast) == {"nis2": "important"}
    assert post(cast, nis2={"value": "none", "revision": "1"}).status_code == 302
    assert kept(cast) == {"nis2": "none"}


def test_digits_that_are_no_revision_are_taken_for_none(cast: Cast, publish: Publish) -> None:
    assert post(cast, nis2={"value": "none", "revision": "9" * 5000}).status_code == 302
    assert kept(cast) == {"nis2": "none"}


# The service


def test_stale_tells_both_and_the_same_answer_again_is_no_conflict(cast: Cast, publish: Publish) -> None:
    say(cast, "nis2", "important", revision=0)
    with pytest.raises(Stale) as stale:
        say(cast, "nis2", "none", revision=0)
    assert (stale.value.theirs["value"], stale.value.mine["value"]) == ("important", "none")
    assert say(cast, "nis2", "important", revision=0).revision == 1
    with pytest.raises(Stale):
        say(cast, "people", "3", revision=4)


@pytest.mark.parametrize(
    ("question", "value", "more"),
    [
        ("nis2", "perhaps", {}), ("people", "901", {}), ("people", "many", {}), ("kind", "inside", {}), ("nothing", "yes", {}),
        ("nis2", "none", {"basis": "hearsay"}), ("nis2", "none", {"note": "x" * 4001}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(cast: Cast, publish: Publish, question: str, value: str, more: dict[str, str]) -> None:
    with pytest.raises(Refused):
        say(cast, question, value, **more)
    assert kept(cast) == {}


def test_who_may_not_describe_the_organisation_is_told_who_may(cast: Cast, publish: Publish) -> None:
    for who in ("contributor", "approver", "auditor", "outsider"):
        with pytest.raises(PermissionDenied, match="describe the organisation"):
            say(cast, "nis2", "none", who=who)


def test_the_trail_tells_of_it_and_keeps_the_note_beside_the_hashed_bytes(cast: Cast, publish: Publish) -> None:
    say(cast, "nis2", "important", note="Ask Ms Weber.")
    say(cast, "nis2", None)
    first, last = events_of(cast.organisation.stream).filter(action="organisation.answered")
    assert first.sentence() == "Risk officer answered nis2 for the organisation"
    assert first.changes == {"question": "nis2", "before": None, "after": {"value": "important", "basis": "self_declared"}}
    assert last.changes["after"] is None
    assert b"Weber" not in bytes(first.canonical)
    assert first.texts()["note_after"] == "Ask Ms Weber."


def test_an_answer_in_free_text_stands_beside_the_hashed_bytes(cast: Cast, publish: Publish) -> None:
    publish(version=2, questionnaires=asking(*changed("nis2", type="text", choices=())))
    say(cast, "nis2", "Registered by Ms Weber.")
    (event,) = events_of(cast.organisation.stream).filter(action="organisation.answered")
    assert event.changes["after"] == {"basis": "self_declared"}
    assert b"Weber" not in bytes(event.canonical)
    assert event.texts()["value_after"] == "Registered by Ms Weber."


def test_an_organisation_never_sees_anothers_answers(cast: Cast, acme: Case) -> None:
    organisation_answer_save(actor=cast.outsider, organisation=cast.elsewhere, question_id="nis2", value="important", note="Ours alone.")
    assert kept(cast) == {}
    page = texts(client_of(cast, "risk_officer").get(url(cast)))
    assert "Ours alone." not in page
    assert " checked" in page, "not answered is what is chosen"
    assert "Your organisation:" not in acme.page()
    assert offering.take_all(actor=cast.risk_officer, assessment=acme.assessment) == 0
    say(cast, "nis2", "none", revision=0)
    theirs = OrganisationAnswer.objects.get(organisation=cast.elsewhere)
    assert (theirs.value, theirs.revision) == ("important", 1)


# In an assessment


def take(case: Case, question: str, **fields: Any) -> Any:
    data = {"question": question, "option": "", **{f"{name}:{question}@": value for name, value in fields.items()}}
    return case.client.post(case.url("take_over"), data, headers=case.htmx())


def test_it_is_offered_in_an_assessment_and_taken_over_one_by_one(acme: Case) -> None:
    saved = say(acme.cast, "nis2", "important", who="administrator", basis="certified", note="Registered.")
    day = saved.answered_at.date().isoformat()
    page = acme.page()
    assert page.count("Your organisation:") == 1
    assert "Meridian Bank has answered 1 of these questions for itself." in page
    assert take(acme, "nis2", revision="0").status_code == 200
    answer = acme.answer("nis2")
    assert (answer.value, answer.basis, answer.answered_by) == ("important", "certified", acme.person)
    assert answer.note == f"As Meridian Bank answered for itself on {day}: Registered."
    event = list(events_of(acme.assessment.organisation.stream, object_id=str(acme.assessment.pk)))[-1]
    assert event.changes["taken_from"] == "organisation"
    assert "Your organisation:" not in acme.page()


def test_all_at_once_takes_over_what_is_not_answered_yet(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    say(acme.cast, "people", "4")
    say(acme.cast, "skills", ["serving"])
    acme.save("people", value="7", revision="0")
    assert "Meridian Bank has answered 3 of these questions for itself." in acme.page()
    response = acme.client.post(acme.url("take_all"), follow=True)
    assert response.redirect_chain == [(acme.section_url, 302)]
    assert "Took over 2 answers." in texts(response)
    assert {q: acme.answer(q).value for q in ("nis2", "people", "skills")} == {"nis2": "important", "people": "7", "skills": ["serving"]}
    again = acme.client.post(acme.url("take_all"), follow=True)
    assert "Took over 0 answers." in texts(again)


def test_all_at_once_takes_what_was_cleared_again_and_leaves_what_is_unknown(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    say(acme.cast, "people", "4")
    acme.save("nis2", value="none", revision="0")
    acme.save("nis2", value="", revision="1")
    acme.save("people", special="?unknown", revision="0")
    assert offering.take_all(actor=acme.person, assessment=acme.assessment) == 1
    assert (acme.answer("nis2").value, acme.answer("people").state) == ("important", "unknown")


def test_a_later_change_at_the_organisation_changes_no_assessment(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    take(acme, "nis2", revision="0")
    say(acme.cast, "nis2", "none")
    answer = acme.answer("nis2")
    assert (answer.value, answer.revision) == ("important", 1)
    page = acme.page()
    assert "Your organisation:</span> The answer none" in page, "the newer word is offered"
    say(acme.cast, "nis2", None)
    assert "Your organisation:" not in acme.page()
    assert acme.answer("nis2").value == "important"


def test_an_older_revision_is_refused_in_the_assessment(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    acme.save("nis2", value="none", revision="0")
    assert take(acme, "nis2", revision="0").status_code == 409
    assert acme.answer("nis2").value == "none"


def test_a_closed_assessment_takes_nothing_over(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    acme.close()
    assert "Your organisation:" not in acme.page()
    with pytest.raises(WrongStatus):
        offering.take_all(actor=acme.person, assessment=acme.assessment)
    response = acme.client.post(acme.url("take_all"), follow=True)
    assert "can&#x27;t be changed" in texts(response)
    assert acme.answer("nis2") is None


def test_who_reads_takes_nothing_over(acme: Case) -> None:
    say(acme.cast, "nis2", "important")
    assert acme.acting("auditor").client.post(acme.url("take_all")).status_code == 403
    assert "Take over" not in acme.acting("auditor").page()
    assert acme.acting("contributor").client.post(acme.url("take_all")).status_code == 302
    assert acme.answer("nis2").answered_by == acme.cast.contributor


@pytest.mark.parametrize(
    ("question", "now", "answer"),
    [
        ("nis2", {"choices": choices(important=None, essential=None, none=None)}, "essential"),
        ("people", {"maximum": None}, "2000"),
        ("people", {"type": "choice", "choices": choices(a=None, b=None), "minimum": None, "maximum": None, "bands": ()}, "a"),
        ("skills", {"type": "choice"}, "serving"),
        ("nis2", {"type": "number"}, "3"),
    ],
)
def test_an_answer_that_fits_only_the_newest_release_is_not_offered_under_an_older_one(
    acme: Case, publish: Publish, question: str, now: dict[str, Any], answer: str
) -> None:
    publish(version=2, questionnaires=asking(*changed(question, **now)))
    say(acme.cast, question, answer)
    assert acme.assessment.catalogue == "open-or-closed@1"
    assert "Your organisation:" not in acme.page()
    assert offering.take_all(actor=acme.person, assessment=acme.assessment) == 0
    with pytest.raises(Refused, match="Nothing is offered"):
        offering.take_over(actor=acme.person, assessment=acme.assessment, question_id=question, option=None)


def test_who_answered_for_the_organisation_has_a_part_in_what_took_it_over(acme: Case) -> None:
    """An administrator who is an approver too could otherwise write the answer, let somebody take it over, and sign it."""
    cast = acme.cast
    say(cast, "nis2", "important", who="administrator")
    taken = offering.take_over(actor=cast.risk_officer, assessment=acme.assessment, question_id="nis2", option=None)
    assert taken.first_answered_by == cast.administrator
    assert parts_of(acme.assessment, cast.risk_officer)[cast.administrator] == "answered"
    response_save(actor=cast.contributor, assessment=acme.assessment, question_id="nis2", value="none")
    assert cast.administrator not in parts_of(acme.assessment, cast.risk_officer), "its answer doesn't stand any more"


def test_what_a_person_saw_is_what_is_taken_over(acme: Case) -> None:
    cast = acme.cast
    say(cast, "nis2", "important")
    question = questions_of_organisation()["nis2"]
    seen = offering.offer_for(acme.assessment, question, None)
    assert seen is not None
    say(cast, "nis2", "none", who="administrator", revision=1)
    with pytest.raises(Refused, match="has changed since you saw it"):
        offering.take_over(actor=cast.risk_officer, assessment=acme.assessment, question_id="nis2", option=None, token=seen.token)
    now = offering.offer_for(acme.assessment, question, None)
    assert now is not None
    taken = offering.take_over(actor=cast.risk_officer, assessment=acme.assessment, question_id="nis2", option=None, token=now.token)
    assert taken.value == "none"
