"""How many statements it takes to save an answer and to list a great many of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.services import token_create
from assessments.models import Option, Response
from tests.assessments.asking import Case

AROUND = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
MOST = 8
TO_DRAW = 5  # more, where the answer lets other questions appear or go, for any number of them: they are read and drawn in the same request
MOST_TO_LIST = 10


def statements(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured if not query["sql"].startswith(AROUND)]


@pytest.fixture
def told(case: Case) -> Case:
    """The case with answers already, so that what a save changes is one answer."""
    for question, option, value in (("practice", "", "yes"), ("sla", "vendor", "full"), ("uptime", "vendor", "99.9")):
        case.save(question, option, value=value, revision="0")
    return case


@pytest.mark.databases
@pytest.mark.parametrize(
    ("question", "option", "value", "revision"),
    [("practice", "", "no", "1"), ("uptime", "vendor", "99.5", "1"), ("uptime", "own", "99", "0"), ("remark", "own", "It runs.", "0")],
)
def test_a_save_from_its_field_is_one_request_of_few_statements(told: Case, question: str, option: str, value: str, revision: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = told.save(question, option, value=value, revision=revision)
    assert answer.status_code == 200
    assert 'class="saved"' in answer.content.decode()
    made = statements(captured)
    assert len(made) <= MOST, "\n".join(made)
    assert told.answer(question, getattr(told, option, None)).value == value


@pytest.mark.databases
def test_a_save_that_brings_questions_up_draws_them_in_the_same_request(told: Case) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = told.save("sla", "vendor", value="none", revision="1")
    assert answer.status_code == 200
    assert answer.content.decode().count("hx-swap-oob") > 10
    made = statements(captured)
    assert len(made) <= MOST + TO_DRAW, "\n".join(made)


@pytest.mark.databases
@pytest.mark.parametrize(("question", "option"), [("practice", ""), ("uptime", "vendor")])
def test_a_save_by_the_api_takes_no_more(told: Case, question: str, option: str) -> None:
    _row, plain = token_create(actor=told.person, organisation=told.cast.organisation, name="For the test")
    kwargs: dict[str, Any] = {"org": told.cast.organisation.slug, "assessment": told.assessment.pk, "question": question}
    address = reverse("api:option_response", kwargs=kwargs | {"option": option}) if option else reverse("api:response", kwargs=kwargs)
    put = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {plain}"}}
    client = Client()
    values = ("no", "yes") if question == "practice" else ("99.1", "99.2")
    assert client.put(address, json.dumps({"value": values[0], "revision": 1}), **put).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        answer = client.put(address, json.dumps({"value": values[1], "revision": 2}), **put)
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)
    made = statements(captured)
    assert len(made) <= MOST, "\n".join(made)


def test_what_changes_nothing_is_neither_told_nor_seen_in_the_list(told: Case) -> None:
    before = told.assessment.__class__.objects.get(pk=told.assessment.pk).updated_at
    assert told.save("practice", value="yes", revision="1").status_code == 200
    assert told.save("practice", value="sideways", revision="1").status_code == 422
    assert told.assessment.__class__.objects.get(pk=told.assessment.pk).updated_at == before
    assert told.answer("practice").revision == 1


@pytest.mark.databases
def test_a_great_many_answers_are_listed_in_few_statements(told: Case) -> None:
    questions = ("sla", "failover", "uptime", "certificates", "audit", "weights-at-hand", "remark")
    options = Option.objects.bulk_create(
        Option(assessment=told.assessment, key=f"o{n}", name=f"Option {n}", sourcing="closed_api", position=n + 2) for n in range(18)
    )
    Response.objects.bulk_create(
        Response(
            assessment=told.assessment,
            option=option,
            question=name,
            state="unknown",
            revision=1,
            answered_by=told.person,
            answered_at=timezone.now(),
        )
        for option in options
        for name in (*questions, *(f"gone-{n}" for n in range(60)))
    )
    assert told.assessment.responses.count() > 1200
    with CaptureQueriesContext(connection) as captured:
        page = told.client.get(told.url("questions"))
    assert page.content.decode().count("Option 17") > 5
    assert len(statements(captured)) <= MOST_TO_LIST
    kwargs = {"org": told.cast.organisation.slug, "assessment": told.assessment.pk}
    with CaptureQueriesContext(connection) as captured:
        listed = told.client.get(reverse("api:responses", kwargs=kwargs), {"page_size": 200})
    assert len(listed.json()["results"]) == 200
    assert len(statements(captured)) <= MOST_TO_LIST
