"""Every question of a release as plain data: what ``manage.py list_questions`` prints and the API shows. Pure."""

from __future__ import annotations

from typing import Any

from assessments.scoring.rounding import plain
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Questionnaire, Release, Section

FORMAT = "countersign/questions@1"


def listing(release: Release) -> dict[str, Any]:
    """The questions as plain data; ``value``, ``weight`` and bounds are texts, ``condition`` is CEL or None; ``bands``, ``of_organisation`` and
    ``calculator`` stand where they are set."""
    return {
        "format": FORMAT,
        "catalogue": {"key": release.key, "version": release.version, "digest": index(release).digest},
        "questions": [
            _question(questionnaire, section, question)
            for questionnaire in release.questionnaires
            for section in questionnaire.sections
            for question in section.questions
        ],
        "archetypes": [a.id for a in release.archetypes],
        "criteria": [c.id for c in release.criteria],
        "profiles": [p.id for p in release.profiles],
    }


def _question(questionnaire: Questionnaire, section: Section, question: Question) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": question.id,
        "questionnaire": questionnaire.id,
        "section": section.id,
        "scope": question.scope,
        "type": question.type,
        "text": question.text,
        "choices": [{"id": c.id, "text": c.text, "value": None if c.value is None else plain(c.value)} for c in question.choices],
        "criterion": question.criterion,
        "weight": plain(question.weight),
        "condition": question.when,
        "not_applicable": question.not_applicable,
    }
    if question.type == "number":
        content["unit"] = question.unit
        content["minimum"] = None if question.minimum is None else plain(question.minimum)
        content["maximum"] = None if question.maximum is None else plain(question.maximum)
        anchors = question.anchors
        content["anchors"] = anchors and {"worst": plain(anchors.worst), "best": plain(anchors.best), "scale": anchors.scale}
    if question.bands:
        content["bands"] = [{"id": b.id, "text": b.text, "below": None if b.below is None else plain(b.below)} for b in question.bands]
    if question.of_organisation:
        content["of_organisation"] = True
    if question.calculator:
        content["calculator"] = question.calculator
    return content
