"""That the trail misses nothing: what was before and after each change, and what left the service."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from assessments import answering, editing
from assessments.files import import_assessment, record_handed_out
from assessments.models import Assessment, Snapshot
from assessments.organisation import organisation_answer_save, questions_of_organisation
from assessments.succeeding import succeed
from audit.models import AuditEvent
from audit.trail import private_digest
from compliance.catalogue.compile import release_digest
from compliance.catalogue.index import index
from compliance.catalogue.load import release_from_json
from compliance.management.commands import publish_catalogue
from compliance.releases import newest
from tests.fixtures import EXAMPLE, Cast, make_approved, make_cast, make_draft
from tests.reports.trail import address, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def draft(cast: Cast) -> Assessment:
    return make_draft(cast)


def told(action: str) -> AuditEvent:
    event = AuditEvent.objects.filter(action=action).order_by("-index").first()
    assert event is not None, f"no {action}"
    return event


def question_of_type(kind: str, scope: str) -> str:
    return next(q.id for q in index(newest()).questions.values() if q.type == kind and q.scope == scope and not q.of_organisation)


def test_a_new_assessment_tells_what_it_began_with(cast: Cast, draft: Assessment) -> None:
    event = told("assessment.created")
    assert event.changes["archetype"] == "customer-facing-chatbot"
    assert event.changes["weights"] == "archetype"
    assert event.texts()["purpose_after"] == "Answers questions about accounts and cards."


def test_a_description_tells_what_stood_there_and_what_stands_there(cast: Cast, draft: Assessment) -> None:
    other = next(key for key in index(newest()).archetypes if key != "customer-facing-chatbot")
    editing.use_case_change(actor=cast.risk_officer, assessment=draft, title="Another title", archetype=other, owner="Ann")
    event = told("assessment.changed")
    assert event.changes == {
        "fields": ["archetype", "owner", "title"],
        "before": {"archetype": "customer-facing-chatbot"},
        "after": {"archetype": other},
    }
    texts = event.texts()
    assert (texts["title_before"], texts["title_after"]) == ("Chatbot for customers", "Another title")
    assert texts["owner_after"] == "Ann"
    assert b"Another title" not in bytes(event.canonical)


def test_an_option_tells_its_former_description(cast: Cast, draft: Assessment) -> None:
    option = editing.option_add(actor=cast.risk_officer, assessment=draft, name="Vendor", sourcing="closed_api", provider="Acme")
    editing.option_change(actor=cast.risk_officer, option=option, name="Vendor", sourcing="managed_open", provider="Beta")
    event = told("option.changed")
    assert event.changes["before"] == {"sourcing": "closed_api"}
    assert event.changes["after"] == {"sourcing": "managed_open"}
    assert {key: text for key, text in event.texts().items() if key.startswith("provider")} == {
        "provider_before": "Acme",
        "provider_after": "Beta",
    }
    assert told("option.added").texts()["name_after"] == "Vendor"


@pytest.fixture
def filled(cast: Cast, draft: Assessment) -> Any:
    """An option with an answer, a free text and a figure."""
    option = editing.option_add(actor=cast.risk_officer, assessment=draft, name="Vendor", sourcing="closed_api", provider="Acme")
    answering.response_save(
        actor=cast.risk_officer, assessment=draft, question_id=question_of_type("choice", "option"), option=option, state="unknown", note="Ask Bob"
    )  # fmt: skip
    answering.figure_save(
        actor=cast.risk_officer, assessment=draft, option=option, category="model_access", key="minimum_per_month", likely="100", low="90", high="120"
    )  # fmt: skip
    return option


def test_a_copied_option_tells_what_was_copied(cast: Cast, draft: Assessment, filled: Any) -> None:
    editing.option_add(actor=cast.risk_officer, assessment=draft, name="Copy", sourcing="closed_api", copy_from=filled.key)
    copied = told("option.added").changes["copied"]
    assert copied["figures"] == {"model_access.minimum_per_month": {"low": "90", "likely": "100", "high": "120"}}
    assert [answer["state"] for answer in copied["responses"].values()] == ["unknown"]
    assert b"Ask Bob" not in bytes(told("option.added").canonical)


def test_a_removed_option_tells_what_went_with_it(cast: Cast, draft: Assessment, filled: Any) -> None:
    editing.propose(actor=cast.risk_officer, assessment=draft, option=filled)
    editing.option_remove(actor=cast.risk_officer, option=filled)
    event = told("option.removed")
    assert event.changes["was_proposed"] is True
    assert event.changes["sourcing"] == "closed_api"
    assert event.changes["removed"]["figures"]["model_access.minimum_per_month"]["likely"] == "100"
    assert event.texts()["name_before"] == "Vendor"


def test_a_proposal_tells_the_former_one(cast: Cast, draft: Assessment, filled: Any) -> None:
    other = editing.option_add(actor=cast.risk_officer, assessment=draft, name="Own", sourcing="self_hosted_open")
    editing.propose(actor=cast.risk_officer, assessment=draft, option=filled, reason="It is cheap.")
    draft.refresh_from_db()
    editing.propose(actor=cast.risk_officer, assessment=draft, option=other, reason="It is ours.")
    event = told("option.proposed")
    assert (event.changes["before"], event.changes["option"]) == (filled.key, other.key)
    assert (event.texts()["proposal_reason_before"], event.texts()["proposal_reason"]) == ("It is cheap.", "It is ours.")


def test_a_note_tells_what_it_said_before(cast: Cast, draft: Assessment) -> None:
    question = question_of_type("choice", "use_case")
    for note in ("First", "Second"):
        answering.response_save(actor=cast.risk_officer, assessment=draft, question_id=question, state="unknown", note=note)
    texts = told("response.saved").texts()
    assert (texts["note_before"], texts["note_after"]) == ("First", "Second")


def test_what_a_note_said_before_can_be_read_wherever_the_trail_can(cast: Cast, draft: Assessment) -> None:
    question = question_of_type("choice", "use_case")
    for note in ("We asked nobody", "We asked the works council"):
        answering.response_save(actor=cast.risk_officer, assessment=draft, question_id=question, state="unknown", note=note)
    both = {"note_before": "We asked nobody", "note_after": "We asked the works council"}
    auditor, query = client_of(cast, "auditor"), {"action": "response.saved"}
    page = auditor.get(address(cast, "reports:trail"), query).content.decode()
    named = {"note_before": "Note before", "note_after": "Note now"}
    assert all(f"<dt>{named[key]}</dt>" in page and text in page for key, text in both.items())
    assert auditor.get(address(cast, "reports_api:organisation_trail"), query).json()["results"][0]["texts"] == both
    exported = address(cast, "reports:trail_export")
    lines = b"".join(auditor.get(exported, query | {"format": "jsonl"}).streaming_content).splitlines()
    line = json.loads(lines[-1])
    for key, text in both.items():
        held = line["texts"][key]
        assert held["text"] == text
        assert json.loads(line["hashed"])["private"][key] == private_digest(bytes.fromhex(held["salt"]), text)
    packed = io.BytesIO(b"".join(auditor.get(exported, query | {"format": "csv"}).streaming_content))
    *_others, last = csv.DictReader(io.StringIO(zipfile.ZipFile(packed).read("trail.csv").decode()))
    assert json.loads(last["texts"]) == both


def test_an_import_tells_its_notes_names_and_files_beside_the_hashed_bytes(cast: Cast) -> None:
    case = import_assessment(actor=cast.risk_officer, organisation=cast.organisation, text=EXAMPLE.read_text())
    event = told("assessment.imported")
    texts = json.loads(event.texts()["texts_after"])
    noted = case.responses.exclude(note="").select_related("option")
    assert noted.exists()
    for row in noted:
        assert texts[row.option.key if row.option else "use_case"]["responses"][row.question]["note"] == row.note
        assert row.note.encode() not in bytes(event.canonical)
    for option in case.options.all():
        assert texts[option.key]["name"] == option.name


def test_the_next_assessment_tells_which_record_it_began_with(cast: Cast) -> None:
    decision = make_approved(cast)
    new = succeed(actor=cast.risk_officer, assessment=decision.snapshot.assessment)
    event = told("assessment.continued")
    assert event.object_id == str(new.pk)
    assert event.changes == {
        "from": str(decision.snapshot.assessment_id), "snapshot": decision.snapshot.number, "digest": decision.snapshot.digest,
    }  # fmt: skip


def test_the_organisation_s_note_tells_what_it_said_before(cast: Cast) -> None:
    question = next(q for q in questions_of_organisation().values() if q.type == "choice")
    for note in ("First", "Second"):
        organisation_answer_save(
            actor=cast.risk_officer, organisation=cast.organisation, question_id=question.id, value=question.choices[0].id, note=note
        )  # fmt: skip
    texts = told("organisation.answered").texts()
    assert (texts["note_before"], texts["note_after"]) == ("First", "Second")


def test_a_record_that_leaves_is_told(cast: Cast, draft: Assessment) -> None:
    record_handed_out(actor=cast.auditor, record=Snapshot(assessment=draft, number=3, digest="ab" * 32))
    event = told("record.downloaded")
    assert event.changes == {"record": "snapshot", "number": 3, "sha256": "ab" * 32}
    assert event.sentence() == "Auditor downloaded the snapshot of submission 3 of Chatbot for customers"


def test_a_published_release_is_told_once_in_the_system_s_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_catalogue, "FOLDER", tmp_path)
    for _ in range(2):
        call_command("publish_catalogue", stdout=StringIO())
    event = AuditEvent.objects.get(action="catalogue.published")
    data = (tmp_path / f"{event.object_id}.json").read_bytes()
    assert event.stream == "system"
    assert event.changes == {"digest": release_digest(release_from_json(data))}
    assert event.sentence() == f"The system published the release {event.object_id} of the catalogue"


def test_one_that_is_written_elsewhere_is_not(tmp_path: Path) -> None:
    call_command("publish_catalogue", "--into", str(tmp_path), stdout=StringIO())
    assert not AuditEvent.objects.filter(action="catalogue.published").exists()
