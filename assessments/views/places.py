"""Where a question or figure is answered, on the pages of an open assessment and within a frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.urls import reverse

from assessments.figures import COST_FIGURES
from assessments.models import Assessment
from assessments.views.wire import dom_id


class Where(Protocol):
    """The address at which something is answered: ``key`` is a question (asked of ``option``, or once), ``costs.<category>``,
    ``demand.<key>``, ``weights`` or ``archetype``."""

    def __call__(self, key: str, option: str = "") -> str: ...


def questions_of(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Question id -> the question with the ids of its ``questionnaire`` and ``section``."""
    return {
        question["id"]: question | {"questionnaire": questionnaire["id"], "section": section["id"], "section_title": section["title"]}
        for questionnaire in content["questionnaires"]
        for section in questionnaire["sections"]
        for question in section["questions"]
    }


def text_of(id_: str, asked: Mapping[str, Any]) -> str:
    return str(asked[id_]["text"]) if id_ in asked else id_


def live_places(assessment: Assessment, asked: Mapping[str, Any]) -> Where:
    """Where things are answered in the assessment as it stands now; a question's address names the one answer."""
    base = {"org": assessment.organisation.slug, "assessment": assessment.pk}

    def where(key: str, option: str = "") -> str:
        kind, _dot, rest = key.partition(".")
        if key in asked:
            question = asked[key]
            parts = {"questionnaire": question["questionnaire"], "section": question["section"]}
            owner = "" if question["scope"] == "use_case" else option
            at = f"#a-{dom_id(f'{key}@{owner}')}" if owner or question["scope"] == "use_case" else ""
            return reverse("assessments:section", kwargs=base | parts) + at
        if kind == "costs" and rest in COST_FIGURES:
            return reverse("assessments:costs", kwargs=base | {"category": rest})
        name = {"weights": "weights", "archetype": "use_case"}.get(kind, "demand")
        return reverse(f"assessments:{name}", kwargs=base)

    return where


def record_places(asked: Mapping[str, Any]) -> Where:
    """Where things stand on the record's own page."""

    def where(key: str, option: str = "") -> str:
        kind = key.partition(".")[0]
        return f"#q-{dom_id(key)}" if key in asked else {"costs": "#costs", "weights": "#criteria"}.get(kind, "#figures")

    return where
