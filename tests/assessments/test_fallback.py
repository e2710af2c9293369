"""Combined options: a primary with a second model held ready, read by conditions, kept in files and records; and options begun as a copy."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from assessments import answering, editing, submission, workflow
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment, facts_of
from assessments.files import export_assessment, import_assessment
from assessments.models import Figure, Option, Part
from assessments.progress import standing_of
from assessments.scoring.facts import Fallback
from assessments.scoring.file import FileErrors
from audit.trail import events_of
from tests.assessments.asking import Case
from tests.fixtures import Cast, make_complete, newest

LLAMA = {"fallback_sourcing": "self_hosted_open", "fallback_provider": "Our own", "fallback_model": "Llama 4"}
NONE = {"fallback_sourcing": "", "fallback_provider": "", "fallback_model": ""}


def fallback_of(option: Option) -> dict[str, str]:
    option.refresh_from_db()
    return {name: getattr(option, name) for name in NONE}


def change(case: Case, option: Option, **values: Any) -> Option:
    stands = {name: getattr(option, name) for name in ("name", "sourcing", "provider", "model")}
    return editing.option_change(actor=case.person, option=option, **stands | values)


# Describing it


def test_an_option_is_added_changed_and_freed_of_its_fallback(acme: Case) -> None:
    both = editing.option_add(actor=acme.person, assessment=acme.assessment, name="Both", sourcing="closed_api", **LLAMA)
    assert fallback_of(both) == LLAMA
    change(acme, both, name="Both of them")
    assert fallback_of(both) == LLAMA, "left out, it stays"
    change(acme, both, fallback_sourcing="managed_open")
    assert fallback_of(both) == {"fallback_sourcing": "managed_open", "fallback_provider": "", "fallback_model": ""}
    change(acme, both, fallback_sourcing="", fallback_provider="forgotten")
    assert fallback_of(both) == NONE
    events = [e for e in events_of(acme.cast.organisation.stream, object_id=str(acme.assessment.pk)) if "fallback_sourcing" in e.changes]
    assert [e.changes["fallback_sourcing"] for e in events] == [
        "self_hosted_open", ["self_hosted_open", "managed_open"], ["managed_open", ""],
    ]  # fmt: skip


def test_provider_and_model_without_a_sourcing_are_no_fallback(acme: Case) -> None:
    option = editing.option_add(
        actor=acme.person,
        assessment=acme.assessment,
        name="One",
        sourcing="closed_api",
        fallback_provider="Our own",
        fallback_model="Llama 4",
    )
    assert fallback_of(option) == NONE


def test_an_unknown_sourcing_of_the_fallback_is_named(acme: Case) -> None:
    with pytest.raises(Refused) as refused:
        editing.option_add(actor=acme.person, assessment=acme.assessment, name="", sourcing="closed_api", fallback_sourcing="borrowed")
    assert set(refused.value.fields) == {"name", "fallback_sourcing"}
    with pytest.raises(Refused):
        change(acme, acme.vendor, fallback_sourcing="borrowed")
    assert fallback_of(acme.vendor) == NONE


def test_the_pages_show_it_and_change_it(acme: Case) -> None:
    form = {"name": "Both", "sourcing": "closed_api", "provider": "", "model": "", "currency": "", **LLAMA, "copy_from": "vendor"}
    assert acme.client.post(acme.url("option_add"), form).status_code == 302
    page = acme.client.get(acme.url("options")).content.decode()
    assert "Self-hosted open weights, Our own, Llama 4" in page
    assert "Closed API + Self-hosted open weights" in acme.page()
    both = acme.assessment.options.get(key="both")
    assert 'value="Llama 4"' in acme.client.get(acme.url("option_edit", option="both")).content.decode()
    acme.client.post(acme.url("option_edit", option="both"), {"name": "Both", "sourcing": "closed_api"})
    assert fallback_of(both) == LLAMA, "fields that a form doesn't send stay"
    acme.client.post(acme.url("option_edit", option="both"), {"name": "Both", "sourcing": "closed_api", "fallback_sourcing": ""})
    assert fallback_of(both) == NONE
    refused = acme.client.post(acme.url("option_add"), form | {"fallback_sourcing": "borrowed", "copy_from": "nobody", "name": "Third"})
    assert refused.status_code == 422
    assert not acme.assessment.options.filter(name="Third").exists()


# What conditions read


def test_a_condition_reads_how_the_fallback_is_sourced(acme: Case) -> None:
    change(acme, acme.vendor, **LLAMA)
    standing = standing_of(acme.assessment)
    held = standing.known.questions["held-ready"]
    assert [standing.visible(held, option.pk) for option in standing.options] == [True, False]
    sheets = {o.facts.id: o.sheet for o in evaluate_assessment(acme.assessment).options}
    assert {key: sheet.variables["fallback_sourcing"] for key, sheet in sheets.items()} == {"vendor": "self_hosted_open", "own": "none"}
    assert "held-ready" in sheets["vendor"].unanswered
    assert "held-ready" not in sheets["own"].unanswered
    page = acme.page()
    assert "Because of whether it has a fallback of its own." in page


def test_it_decides_and_so_changes_the_digest_of_what_decides(acme: Case) -> None:
    before = evaluate_assessment(acme.assessment).as_dict()["input_digest"]
    change(acme, acme.vendor, **LLAMA)
    after = evaluate_assessment(acme.assessment).as_dict()["input_digest"]
    assert after != before
    change(acme, acme.vendor, fallback_sourcing="")
    assert evaluate_assessment(acme.assessment).as_dict()["input_digest"] == before


# Files and records


def test_a_file_goes_round_with_it(acme: Case) -> None:
    change(acme, acme.vendor, **LLAMA)
    text = export_assessment(actor=acme.person, assessment=acme.assessment)
    vendor, own = yaml.safe_load(text)["options"]
    assert vendor["fallback"] == {"sourcing": "self_hosted_open", "provider": "Our own", "model": "Llama 4"}
    assert "fallback" not in own
    again = import_assessment(actor=acme.person, organisation=acme.cast.organisation, text=text)
    assert facts_of(again).options == facts_of(acme.assessment).options
    assert facts_of(again).options[0].fallback == Fallback("self_hosted_open", "Our own", "Llama 4")
    assert export_assessment(actor=acme.person, assessment=again) == text


def test_the_trail_of_an_import_holds_how_it_is_sourced_and_no_name(acme: Case) -> None:
    change(acme, acme.vendor, **LLAMA)
    text = export_assessment(actor=acme.person, assessment=acme.assessment)
    again = import_assessment(actor=acme.person, organisation=acme.cast.organisation, text=text)
    event = list(events_of(acme.cast.organisation.stream, object_id=str(again.pk)))[-1]
    assert event.changes["options"][0]["fallback_sourcing"] == "self_hosted_open"
    assert b"Llama" not in bytes(event.canonical)


@pytest.mark.parametrize(
    ("fallback", "message"),
    [
        ("{sourcing: borrowed}", "fallback.sourcing"),
        ("{provider: Our own}", "fallback.sourcing: missing"),
        ("{sourcing: managed_open, price: 3}", "price"),
        ("yes", "fallback"),
    ],
)
def test_a_wrong_fallback_in_a_file_is_named(acme: Case, fallback: str, message: str) -> None:
    change(acme, acme.vendor, fallback_sourcing="managed_open")
    text = export_assessment(actor=acme.person, assessment=acme.assessment)
    lines = text.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.strip().startswith("fallback:"))
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = next(n for n in range(at + 1, len(lines)) if len(lines[n]) - len(lines[n].lstrip()) <= indent)
    wrong = "".join([*lines[:at], f"{' ' * indent}fallback: {fallback}\n", *lines[end:]])
    with pytest.raises(FileErrors) as errors:
        import_assessment(actor=acme.person, organisation=acme.cast.organisation, text=wrong)
    assert any(message in f"{e.key}: {e.message}" for e in errors.value.errors)


def test_a_name_longer_than_is_kept_is_refused(acme: Case) -> None:
    change(acme, acme.vendor, **LLAMA)
    text = export_assessment(actor=acme.person, assessment=acme.assessment).replace("Llama 4", "L" * 201)
    with pytest.raises(Refused, match="vendor.fallback.model has 201 characters"):
        import_assessment(actor=acme.person, organisation=acme.cast.organisation, text=text)


def test_the_snapshot_has_it(acme: Case) -> None:
    change(acme, acme.vendor, **LLAMA)
    for question, value in {"kind": "inside", "roles": ["deployer"], "practice": "no"}.items():
        answering.response_save(actor=acme.person, assessment=acme.assessment, question_id=question, value=value)
    editing.propose(actor=acme.person, assessment=acme.assessment, option=acme.vendor, reason="It holds a second model ready.")
    workflow.submit(actor=acme.person, assessment=acme.assessment)
    content = json.loads(bytes(newest(acme.assessment).content))
    held = {"sourcing": "self_hosted_open", "provider": "Our own", "model": "Llama 4"}
    assert {o["id"]: o.get("fallback") for o in content["options"]} == {"vendor": held, "own": None}
    assert [o.get("fallback") for o in content["file"]["options"]] == [held, None]


# Beginning as a copy


@pytest.fixture
def filled(acme: Case) -> Case:
    """``vendor`` answered and priced by the contributor, in dollars."""
    editing.option_change(
        actor=acme.person, option=acme.vendor, name="Vendor", sourcing="closed_api", provider="acme cloud", model="Model 4", currency="USD"
    )
    acme.vendor.refresh_from_db()
    answer = {"actor": acme.cast.contributor, "assessment": acme.assessment, "option": acme.vendor}
    answering.response_save(question_id="sla", value="full", basis="contractual", note="Section 3.", **answer)
    answering.response_save(question_id="failover", state="unknown", **answer)
    answering.response_save(question_id="remark", value="Fine.", **answer)
    answering.response_save(question_id="remark", state="unanswered", **answer)
    answering.figure_save(category="model_access", key="input_price_per_million", likely="3", **answer)
    answering.figure_save(category="support", key="", likely="0", **answer)
    return acme


def copy(case: Case, **values: Any) -> Option:
    given = {"name": "With a hedge", "sourcing": "closed_api", "copy_from": "vendor"} | values
    return editing.option_add(actor=case.person, assessment=case.assessment, **given)


def test_a_copy_begins_with_answers_and_figures_as_those_of_who_copies(filled: Case) -> None:
    made = copy(filled, **LLAMA)
    rows = {r.question: r for r in made.responses.all()}
    assert {q: (r.state, r.value, r.basis, r.note) for q, r in rows.items()} == {
        "sla": ("answered", "full", "contractual", "Section 3."), "failover": ("unknown", None, "unsupported", ""),
    }  # fmt: skip
    assert {(r.answered_by, r.revision) for r in rows.values()} == {(filled.person, 1)}
    figures = {(f.category, f.key): f for f in made.figures.all()}
    assert set(figures) == {("model_access", "input_price_per_million"), ("support", "")}
    price = figures["model_access", "input_price_per_million"]
    assert (price.likely, price.source) == (3, "Acme Cloud: A source, as of 1 October 2026")
    assert {(f.entered_by, f.revision) for f in figures.values()} == {(filled.person, 1)}
    assert made.currency == "USD", "the figures stay what they were"
    event = list(events_of(filled.cast.organisation.stream, object_id=str(filled.assessment.pk)))[-1]
    assert (event.action, event.changes["copied_from"]) == ("option.added", "vendor")


def test_a_copy_goes_its_own_way(filled: Case) -> None:
    made = copy(filled)
    answering.response_save(actor=filled.person, assessment=filled.assessment, question_id="sla", option=made, value="none")
    assert filled.answer("sla", filled.vendor).value == "full"
    assert filled.answer("sla", filled.vendor).answered_by == filled.cast.contributor
    editing.option_remove(actor=filled.person, option=made)
    assert Figure.objects.filter(option=filled.vendor).count() == 2


def test_who_copies_has_answered(cast: Cast) -> None:
    case = make_complete(cast)
    editing.option_add(
        actor=cast.risk_officer,
        assessment=case,
        name="Copy",
        sourcing="closed_api",
        copy_from=case.options.get(pk=case.proposed_option_id).key,
    )
    parts = submission.parts_of(case, cast.risk_officer)
    assert parts[cast.risk_officer] in (Part.AUTHOR, Part.ANSWERED)
    assert cast.contributor not in parts


def test_only_an_option_of_this_assessment_is_copied_while_it_is_open(filled: Case) -> None:
    with pytest.raises(Refused) as refused:
        copy(filled, copy_from="nobody")
    assert set(refused.value.fields) == {"copy_from"}
    filled.close()
    with pytest.raises(WrongStatus):
        copy(filled)
    assert filled.assessment.options.count() == 2
