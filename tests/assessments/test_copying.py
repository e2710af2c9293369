"""Copying one option's answers to another: seen first, then done, in one event."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments import attaching, copying
from assessments.errors import Refused, Stale, WrongStatus
from assessments.models import Response
from audit.trail import events_of
from tests.assessments.asking import Case


@pytest.fixture
def filled(case: Case) -> Case:
    case.acting("contributor").save("sla", "vendor", value="full", basis="contractual", note="Order form", revision="0")
    case.save("uptime", "vendor", value="99.9", revision="0")
    case.save("uptime", "own", value="99", revision="0")
    case.save("certificates", "vendor", special="?unknown", revision="0")
    file = SimpleUploadedFile("order.txt", b"An order form.\n")
    attaching.evidence_attach(actor=case.person, assessment=case.assessment, question_id="sla", option=case.vendor, upload=file)
    return case


def own(case: Case) -> dict[str, tuple]:
    return {r.question: (r.state, r.value, r.basis, r.note) for r in Response.objects.filter(option=case.own)}


def copy(case: Case, **more) -> int:
    return copying.answers_copy(actor=case.person, assessment=case.assessment, source="vendor", target="own", **more)


def test_the_page_shows_what_would_change_and_changes_nothing(filled: Case) -> None:
    before = own(filled)
    page = filled.client.get(filled.url("answers_copy"), {"source": "vendor", "target": "own"}).content.decode()
    assert page.count('<th scope="row">') == 3
    assert "stays unless ticked" in page
    assert "Contractual" in page
    assert own(filled) == before


def test_confirmed_it_copies_with_basis_and_note_and_leaves_what_is_there(filled: Case) -> None:
    page = filled.client.get(filled.url("answers_copy"), {"source": "vendor", "target": "own"}).content.decode()
    form = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("source", "target", "token")}
    told = len(events_of(filled.cast.organisation.stream))
    answer = filled.client.post(filled.url("answers_copy"), form, follow=True)
    assert "Copied 2 answers." in answer.content.decode()
    assert own(filled) == {
        "sla": ("answered", "full", "contractual", "Order form"),
        "uptime": ("answered", "99", "unsupported", ""),
        "certificates": ("unknown", None, "unsupported", ""),
    }
    copied = Response.objects.get(option=filled.own, question="sla")
    assert (copied.answered_by, copied.first_answered_by) == (filled.person, filled.cast.contributor)
    assert not copied.evidence.exists()
    events = list(events_of(filled.cast.organisation.stream))[told:]
    assert [e.action for e in events] == ["answers.copied"]
    assert set(events[0].body["changes"]["answers"]) == {"sla", "certificates"}


def test_ticked_it_replaces_and_brings_the_files(filled: Case) -> None:
    assert copy(filled, overwrite=True, evidence=True) == 3
    assert own(filled)["uptime"][1] == "99.9"
    assert Response.objects.get(option=filled.own, question="uptime").revision == 2
    kept = Response.objects.get(option=filled.own, question="sla").evidence.get()
    assert (kept.name, kept.file.read()) == ("order.txt", b"An order form.\n")
    with pytest.raises(Refused):
        copy(filled, overwrite=True, evidence=False)


def test_what_changed_since_it_was_seen_is_looked_at_again(filled: Case) -> None:
    token = copying.copy_plan(filled.assessment, "vendor", "own").token
    filled.save("certificates", "vendor", value=["a"], revision="1")
    with pytest.raises(Stale):
        copy(filled, token=token)
    page = filled.client.post(filled.url("answers_copy"), {"source": "vendor", "target": "own", "token": token})
    assert page.status_code == 422
    assert "certificates" not in own(filled)


def test_a_section_alone_and_only_what_is_asked_of_the_other(filled: Case) -> None:
    assert copy(filled, questions={"certificates"}) == 1
    assert set(own(filled)) == {"certificates", "uptime"}
    filled.save("weights-at-hand", "own", value="yes", revision="0")
    plan = copying.copy_plan(filled.assessment, "own", "vendor")
    assert "weights-at-hand" not in {one.question.id for one in plan.answers}, "it isn't asked of a closed API"


def test_it_is_refused_for_one_option_for_none_and_when_frozen(filled: Case) -> None:
    for source, target in (("vendor", "vendor"), ("vendor", "nobody"), ("", "")):
        with pytest.raises(Refused):
            copying.copy_plan(filled.assessment, source, target)
    assert filled.client.get(filled.url("answers_copy"), {"source": "vendor", "target": "vendor"}).status_code == 200
    filled.close()
    with pytest.raises(WrongStatus):
        copy(filled)


def test_by_the_api_with_a_preview_first(filled: Case) -> None:
    kwargs = {"org": filled.cast.organisation.slug, "assessment": filled.assessment.pk, "option": "own"}
    address = reverse("api:copied_answers", kwargs=kwargs)
    expected = {"copied": ["sla", "certificates"], "left": ["uptime"]}
    body = {"from_option": "vendor", "preview": True}
    before = own(filled)
    seen = filled.client.post(address, body, content_type="application/json")
    assert (seen.status_code, seen.json(), own(filled)) == (200, expected, before)
    done = filled.client.post(address, {"from_option": "vendor"}, content_type="application/json")
    assert (done.status_code, done.json()) == (200, expected)
    assert own(filled)["sla"][1] == "full"
    again = filled.client.post(address, {"from_option": "vendor"}, content_type="application/json")
    assert again.status_code == 422
