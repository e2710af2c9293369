from __future__ import annotations

import pytest
from django.urls import reverse

from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from audit.trail import events_of
from tests.fixtures import EXAMPLE, Cast, make_complete

pytestmark = pytest.mark.django_db


def send(caller, text: str | bytes, content_type: str = "application/yaml"):
    return caller.client.post(reverse("api:import", kwargs={"org": caller.cast.organisation.slug}), text, content_type=content_type)


def test_export_comes_back_with_the_same_figures(officer, cast: Cast) -> None:
    case = make_complete(cast)
    text = officer("get", "export", assessment=case)
    assert text["Content-Type"] == "application/yaml"
    back = Assessment.objects.get(pk=send(officer, text.content).json()["id"])
    assert evaluate_assessment(back).as_dict() == evaluate_assessment(case).as_dict()
    assert events_of(cast.organisation.stream, "assessment", str(case.pk)).last().action == "assessment.exported"


def test_every_mistake_of_a_file_is_named_and_nothing_written(officer) -> None:
    text = EXAMPLE.read_text().replace("sourcing: closed_api", "sourcing: borrowed").replace("format: countersign", "format: counterfeit")
    answer = send(officer, text)
    assert answer.status_code == 422
    format_, sourcing = answer.json()["errors"]["file"]
    assert format_.startswith("line ")
    assert ": format: " in format_
    assert ".sourcing: " in sourcing
    assert not Assessment.objects.exists()


def test_only_yaml_is_taken(officer) -> None:
    assert send(officer, "{}", "application/json").status_code == 415


def test_bytes_that_are_no_text_are_refused(officer) -> None:
    assert send(officer, b"title: \xff").status_code == 400
