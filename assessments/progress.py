"""How far an assessment is: which questions are asked, how many are answered, which figures stand. Three queries for any number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from assessments.evaluation import DEMAND, option_facts, release_of, typed
from assessments.figures import DEMAND_FIGURES
from assessments.models import Assessment, Figure, Option, Response, State
from assessments.permissions import Place, Reach
from assessments.scoring import facts
from assessments.scoring.answers import Sheet, option_variables, read_sheet
from assessments.scoring.costs import NEEDED
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import CostCategory, Question, Questionnaire, Release, Section

Owner = int | None  # an option's primary key; None for the use case
NEEDED_FIGURES = tuple(key for key in NEEDED if key in DEMAND_FIGURES)


@dataclass(frozen=True)
class Count:
    """``answered`` of ``asked``; what is answered as unknown isn't answered."""

    answered: int = 0
    asked: int = 0

    @property
    def state(self) -> str:
        """``nothing`` (nothing is asked), ``open``, ``started`` or ``done``."""
        if not self.asked:
            return "nothing"
        return "done" if self.answered >= self.asked else "started" if self.answered else "open"

    @property
    def said(self) -> str:
        return _("%(answered)s of %(asked)s answered") % {"answered": self.answered, "asked": self.asked}

    @property
    def percent(self) -> int:
        """0 to 100, rounded down, so that 100 means all."""
        return 100 * self.answered // self.asked if self.asked else 0

    def __add__(self, other: Count) -> Count:
        return Count(self.answered + other.answered, self.asked + other.asked)


def total(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())


@dataclass(frozen=True)
class SectionProgress:
    """``pending``: questions that may yet be asked, once others are answered."""

    section: Section
    count: Count
    pending: int = 0


@dataclass(frozen=True)
class QuestionnaireProgress:
    questionnaire: Questionnaire
    sections: tuple[SectionProgress, ...]

    @property
    def count(self) -> Count:
        return total(s.count for s in self.sections)


@dataclass(frozen=True)
class CategoryProgress:
    """For how many of the options a cost category is given."""

    category: CostCategory
    count: Count


@dataclass(frozen=True)
class PlaceProgress:
    """One part of an assessment that somebody can be asked for. ``under``: the title that it stands under, empty where it stands alone."""

    place: Place
    under: str
    title: str
    count: Count

    @property
    def key(self) -> str:
        """The place in one word, as forms and addresses hold it: ``liability/contract``, ``/demand``."""
        return "/".join(self.place)

    @property
    def name(self) -> str:
        return f"{self.under}: {self.title}" if self.under else self.title


@dataclass(frozen=True)
class Progress:
    options: int
    demand: Count
    questionnaires: tuple[QuestionnaireProgress, ...]
    categories: tuple[CategoryProgress, ...]

    @property
    def questions(self) -> Count:
        return total(q.count for q in self.questionnaires)

    @property
    def costs(self) -> Count:
        return total(c.count for c in self.categories)

    @property
    def all(self) -> Count:
        return self.demand + self.questions + self.costs

    @cached_property
    def places(self) -> dict[Place, PlaceProgress]:
        """Every part in the order of the spine."""
        found = [PlaceProgress(("", DEMAND), "", _("Demand"), self.demand)]
        found += [
            PlaceProgress((q.questionnaire.id, s.section.id), q.questionnaire.title, s.section.title, s.count)
            for q in self.questionnaires
            for s in q.sections
        ]
        found += [PlaceProgress(("", c.category.id), _("Deployment tax"), c.category.title, c.count) for c in self.categories]
        return {part.place: part for part in found}

    def within(self, reach: Reach) -> Count:
        """How much of what the person reads is answered."""
        return self.all if reach.reads_all else total(part.count for place, part in self.places.items() if reach.reads(place))


@dataclass
class Standing:
    """An assessment's rows as they stand, and the sheets of questions that follow from them."""

    assessment: Assessment
    options: list[Option] = field(default_factory=list)
    responses: dict[tuple[Owner, str], Response] = field(default_factory=dict)
    figures: dict[tuple[Owner, str, str], Figure] = field(default_factory=dict)

    @cached_property
    def release(self) -> Release:
        return release_of(self.assessment)

    @cached_property
    def known(self) -> Index:
        return index(self.release)

    @cached_property
    def sheets(self) -> dict[Owner, Sheet]:
        """The use case's sheet under None, each option's under its primary key."""
        given: dict[Owner, dict[str, facts.Response]] = defaultdict(dict)
        for (owner, id_), row in self.responses.items():
            if (question := self.known.questions.get(id_)) and row.state != State.UNANSWERED:
                given[owner][id_] = plain(question, row)
        shared = read_sheet(self.known, "use_case", given[None], {"archetype": self.assessment.use_case.archetype})
        sheets: dict[Owner, Sheet] = {None: shared}
        for option in self.options:
            variables = {**shared.variables, **option_variables(option_facts(option, {}, {}))}
            sheets[option.pk] = read_sheet(self.known, "option", given[option.pk], variables)
        return sheets

    def owners(self, question: Question) -> list[Owner]:
        """Of whom the question is asked, conditions apart."""
        return [None] if question.scope == "use_case" else [option.pk for option in self.options]

    def visible(self, question: Question, owner: Owner) -> bool | None:
        return self.sheets[owner].asked[question.id].visible

    def visibilities(self) -> dict[tuple[Owner, str], bool | None]:
        return {(owner, id_): asked.visible for owner, sheet in self.sheets.items() for id_, asked in sheet.asked.items()}

    @cached_property
    def progress(self) -> Progress:
        given = {(owner, category) for owner, category, _key in self.figures}
        return Progress(
            options=len(self.options),
            demand=Count(sum((None, DEMAND, key) in self.figures for key in NEEDED_FIGURES), len(NEEDED_FIGURES)),
            questionnaires=tuple(
                QuestionnaireProgress(q, tuple(self._section(s) for s in q.sections)) for q in self.release.questionnaires
            ),
            categories=tuple(
                CategoryProgress(c, Count(sum((o.pk, c.id) in given for o in self.options), len(self.options)))
                for c in self.release.cost_categories
            ),
        )

    def _section(self, section: Section) -> SectionProgress:
        asked = [self.sheets[owner].asked[question.id] for question in section.questions for owner in self.owners(question)]
        certain = [a for a in asked if a.visible]
        return SectionProgress(
            section,
            Count(sum(a.answer is not None or a.set_aside for a in certain), len(certain)),
            sum(a.visible is None for a in asked),
        )


def plain(question: Question, row: Response) -> facts.Response:
    """A row as the engine's fact, without its evidence, which decides nothing about what is asked."""
    value = typed(question, row.value) if row.state == State.ANSWERED else None
    return facts.Response(value=value, state=row.state, basis=row.basis, note=row.note)  # type: ignore[arg-type]


def standings(assessments: Iterable[Assessment]) -> dict[UUID, Standing]:
    """How each of the assessments stands, by primary key; give them with ``use_case`` selected."""
    found = {assessment.pk: Standing(assessment) for assessment in assessments}
    for option in Option.objects.filter(assessment__in=found):
        found[option.assessment_id].options.append(option)
    for response in Response.objects.filter(assessment__in=found).select_related("answered_by"):
        found[response.assessment_id].responses[(response.option_id, response.question)] = response
    for figure in Figure.objects.filter(assessment__in=found):
        found[figure.assessment_id].figures[(figure.option_id, figure.category, figure.key)] = figure
    return found


def standing_of(assessment: Assessment) -> Standing:
    """How one assessment stands now, read afresh from the database."""
    return standings([assessment])[assessment.pk]
