"""What the trail says of answers and figures: of which option, what it is now, what it was, and that a step was taken back."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from audit.models import AuditEvent
from audit.trail import record
from tests.assessments.asking import Case
from tests.assessments.test_undoing import stack_in, undo


def entries(case: Case) -> list:
    page = case.client.get(reverse("reports:assessment_trail", args=[case.cast.organisation.slug, case.assessment.pk]))
    assert page.status_code == 200
    return list(page.context["entries"])


def test_an_answer_names_its_option_and_is_told_in_the_catalogue_s_words(case: Case) -> None:
    question, choices = case.question("sla")
    case.save("sla", "vendor", value="full", revision="0")
    who, title = case.person.name, case.assessment.title
    vendor = case.vendor.name
    assert entries(case)[0].sentence == f"{who} answered “{question}” for “{vendor}” in {title}: “{choices['full']}”"
    saved = case.save("sla", "vendor", value="none", revision="1")
    now_and_before = f"now “{choices['none']}”, before “{choices['full']}”"
    assert entries(case)[0].sentence == f"{who} changed the answer to “{question}” for “{vendor}” in {title}: {now_and_before}"
    undo(case, "sla", "vendor", stack_in(saved, "sla@vendor"), 2)
    back = f"now “{choices['full']}”, before “{choices['none']}”"
    assert entries(case)[0].sentence == f"{who} took back an answer to “{question}” for “{vendor}” in {title}: {back}"


def test_without_a_catalogue_that_can_be_read_ids_are_told_and_of_a_removed_option_its_key(case: Case) -> None:
    case.save("sla", "vendor", value="full", revision="0")
    event = AuditEvent.objects.filter(action="response.saved").latest("index")
    assert event.told() == f"{case.person.name} answered sla for vendor in {case.assessment.title}: full"
    assert event.sentence() == f"{case.person.name} answered sla of {case.assessment.title}"  # what signed records hold
    case.assessment.options.filter(pk=case.vendor.pk).update(key="another")
    assert " for vendor in " in entries(case)[0].sentence


def test_a_basis_a_note_and_no_answer_are_told_for_what_they_are(case: Case) -> None:
    case.save("sla", "vendor", value="full", basis="self_declared", revision="0")
    case.save("sla", "vendor", value="full", basis="certified", revision="1")
    assert entries(case)[0].sentence.endswith(": it rests on certified, before on self-declared")
    case.save("sla", "vendor", value="full", basis="certified", note="See page 3", revision="2")
    assert entries(case)[0].sentence.endswith(": the note")
    case.save("sla", "vendor", special="?unknown", basis="certified", note="See page 3", revision="3")
    assert entries(case)[0].sentence.endswith(f": now unknown, before “{case.question('sla')[1]['full']}”")


def test_figures_say_what_they_are_and_were(case: Case) -> None:
    case.save_figure("model_access", "input_price_per_million", "vendor", likely="2", revision="0")
    sentence = entries(case)[0].sentence
    assert sentence.endswith(f" for “{case.vendor.name}” in {case.assessment.title}: 2")
    case.save_figure("model_access", "input_price_per_million", "vendor", low="1", likely="2", high="4", revision="1")
    assert entries(case)[0].sentence.endswith(": now 1 to 4, likely 2, before 2")


def test_the_details_are_told_in_words(case: Case) -> None:
    saved = case.save("sla", "vendor", value="full", basis="self_declared", revision="0")
    undo(case, "sla", "vendor", stack_in(saved, "sla@vendor"), 1)
    question, choices = case.question("sla")
    details = {detail.name: detail.text for detail in entries(case)[0].details}
    assert details["Question"] == f"“{question}” (sla)"
    assert details["Option"] == f"“{case.vendor.name}” (vendor)"
    assert details["Answer"] == f"now nothing, before “{choices['full']}” (full)"
    assert details["State of the answer"] == "now not answered, before answered"
    assert details["What changed"] == "what it rests on, state of the answer, answer"
    assert details["Takes back revision"] == "1"


def test_an_entry_of_another_shape_is_told_all_the_same(case: Case) -> None:
    with transaction.atomic():
        record(
            stream=case.cast.organisation.stream, action="response.saved", actor=case.person.reference, object_type="assessment",
            object_id=str(case.assessment.pk), changes={"question": "sla"}, personal={"actor_name": "Ann", "object_label": "Chatbot"},
        )  # fmt: skip
    assert entries(case)[0].sentence == f"Ann answered “{case.question('sla')[0]}” of Chatbot"


def test_many_entries_cost_no_more_queries_than_one(case: Case, django_assert_max_num_queries) -> None:
    for n in range(30):
        case.save("uptime", "vendor", value=f"99.{n}", revision=str(n))
    with django_assert_max_num_queries(15):
        assert len(entries(case)) > 30
