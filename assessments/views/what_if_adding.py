"""The part of the what-if page that adds a changed answer or figure: what there is to choose from, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from assessments.figures import COST_FIGURES, DEMAND_FIGURES
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.facts import OptionFacts
from assessments.scoring.patch import NONE_OF_THEM, NewAnswer, NewFigure, Patch
from assessments.scoring.read_responses import NOT_APPLICABLE, UNKNOWN
from assessments.scoring.rounding import plain
from assessments.views.what_if_effect import demand_figures, read, response_to, said
from compliance.catalogue.index import index
from compliance.catalogue.model import Question


@dataclass(frozen=True)
class Adding:
    """The fields ``add-…`` of an address. ``value_of``: the question whose values were shown, so that a value is never taken for another's."""

    question: str = ""
    option: str = ""
    values: tuple[str, ...] = ()
    value_of: str = ""
    figure: str = ""
    number: str = ""

    @classmethod
    def read(cls, given: QueryDict) -> Adding:
        values = tuple(v.strip() for v in given.getlist("add-value") if v.strip())
        single = (given.get(f"add-{name}", "").strip() for name in ("question", "option", "value-of", "figure", "number"))
        question, option, value_of, figure, number = single
        return cls(question, option, values if value_of == question else (), value_of, figure, number)

    @property
    def complete(self) -> bool:
        """Whether there is anything to add."""
        return bool((self.question and self.values) or (self.figure and self.number))

    def to(self, patch: Patch) -> Patch:
        """The patch with what was added, in place of an earlier change of the same thing."""
        if self.question and self.values:
            answer = NewAnswer(self.question, self.option or None, ",".join(self.values))
            patch = replace(patch, answers=(*(a for a in patch.answers if a.key != answer.key), answer))
        if self.figure and self.number:
            option, _colon, place = self.figure.partition(":")
            if not option:
                return replace(patch, demand={**patch.demand, place: self.number})
            category, _dot, key = place.partition(".")
            figure = NewFigure(option, category, key, self.number)
            kept = (f for f in patch.figures if (f.option, f.category, f.key) != (option, category, key))
            patch = replace(patch, figures=(*kept, figure))
        return patch


def adding_context(found: Evaluation, adding: Adding) -> dict[str, Any]:
    """What the selects hold: questions by section, and once one is chosen its values; figures by option and category."""
    question = index(found.release).questions.get(adding.question)
    return {
        "questions": questions(found, adding.question),
        "question": question_context(found, question, adding) if question else None,
        "figures": figures(found),
        "figure": adding.figure,
        "number": adding.number,
    }


def questions(found: Evaluation, chosen: str) -> list[dict[str, Any]]:
    """The questions that are asked now, by section; those that take a free text can't change anything and are left out."""
    asked = {id_ for sheet in (found.sheet, *(o.sheet for o in found.options)) for id_, a in sheet.asked.items() if a.visible is not False}
    groups = [
        {
            "title": f"{questionnaire.title}: {section.title}",
            "questions": [
                {"id": q.id, "text": q.text, "chosen": q.id == chosen}
                for q in section.questions
                if q.type != "text" and (q.id in asked or q.id == chosen)
            ],
        }
        for questionnaire in found.release.questionnaires
        for section in questionnaire.sections
    ]
    return [group for group in groups if group["questions"]]


def question_context(found: Evaluation, question: Question, adding: Adding) -> dict[str, Any]:
    """The question that was chosen: the options it is asked of, how each answers it now, and the values that it takes."""
    special = [(UNKNOWN, _("Unknown"))] + ([(NOT_APPLICABLE, _("Doesn't apply"))] if question.not_applicable else [])
    if question.type == "choices":
        special = [(NONE_OF_THEM, _("None of these")), *special]
    of_options = question.scope == "option"
    return {
        "id": question.id,
        "text": question.text,
        "type": question.type,
        "unit": question.unit,
        "asked_of_options": of_options,
        "options": [
            {"id": o.id, "name": o.label, "now": said(question, response_to(found, question, o.id)), "chosen": o.id == adding.option}
            for o in (found.facts.options if of_options else ())
        ],
        "now": "" if of_options else said(question, response_to(found, question, None)),
        "values": [
            {"id": id_, "text": text, "chosen": id_ in adding.values}
            for id_, text in [*((c.id, c.text) for c in question.choices), *special]
        ],
        "typed": adding.values[0] if adding.values else "",
        "bounds": bounds(question),
    }


def bounds(question: Question) -> str:
    if question.type != "number":
        return ""
    least, most = (None if b is None else read(plain(b)) for b in (question.minimum, question.maximum))
    if least is not None and most is not None:
        return _("%(least)s to %(most)s") % {"least": least, "most": most}
    return _("%s or more") % least if least is not None else _("%s or less") % most if most is not None else ""


def figures(found: Evaluation) -> list[dict[str, Any]]:
    """Every number of the demand and of each option's costs, by group, with what it is now."""
    now = demand_figures(found)
    groups = [
        {
            "title": _("Demand"),
            "figures": [(f":{key}", label(_(spec.label), _(spec.unit), read(now[key]))) for key, spec in DEMAND_FIGURES.items()],
        }
    ]
    titles = {c.id: c.title for c in found.release.cost_categories}
    for option in found.facts.options:
        groups += [
            {
                "title": f"{option.label}: {titles.get(category, category)}",
                "figures": [
                    (f"{option.id}:{category}.{key}", label(_(spec.label), _(spec.unit), standing(option, category, key)))
                    for key, spec in specs.items()
                ],
            }
            for category, specs in COST_FIGURES.items()
        ]
    return groups


def standing(option: OptionFacts, category: str, key: str) -> str:
    held: Mapping[str, Any] = option.costs.categories.get(category, {})
    if key not in held:
        return ""
    figure = held[key]
    parts = (figure.likely,) if figure.certain else (figure.low, figure.likely, figure.high)
    return " – ".join(read(plain(part)) for part in parts)


def label(name: str, unit: str, now: str) -> str:
    return _("%(figure)s, %(unit)s (now %(now)s)") % {"figure": name, "unit": unit, "now": now or _("not given")}
