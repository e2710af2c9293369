"""What changes on a page when one answer is saved: which questions are asked from then on, and the counts of the questionnaire it stands in.

Whether a question is asked hangs on few answers: those that a condition reads. For each combination of these that turns up, a sheet of
questions is read once and kept; counting is then a look at each answer's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from assessments.evaluation import option_facts
from assessments.ground import Answer, Ground
from assessments.models import Option, Response, State
from assessments.progress import Count, Owner, Standing, plain
from assessments.scoring import facts
from assessments.scoring.answers import Sheet, Variables, option_variables, read_sheet
from compliance.catalogue.index import Index
from compliance.catalogue.model import Question, Questionnaire, Section

Deciding = tuple[tuple[str, str, str | None], ...]  # question, state, value in JSON
Bound = tuple[tuple[str, str | tuple[str, ...]], ...]


@dataclass(frozen=True)
class Shown:
    """Which questions are asked at one moment, by option (None: the use case) and question; None where that isn't known yet."""

    by_owner: Mapping[Owner, Mapping[str, bool | None]]

    def of(self, owner: Owner, question: str) -> bool | None:
        return self.by_owner[owner][question]


def shown(ground: Ground) -> Shown:
    """Which questions are asked as the answers stand."""
    given: dict[Owner, list[tuple[str, str, str | None]]] = {None: [], **{option.pk: [] for option in ground.options}}
    known = ground.known
    deciders = known.deciders
    for (owner, question), answer in ground.answers.items():
        if question in deciders and answer.state != State.UNANSWERED:
            given[owner].append((question, answer.state, answer.value))
    asked, bound = _visible(known, "use_case", tuple(sorted(given[None])), (("archetype", ground.archetype),))
    by_owner: dict[Owner, Mapping[str, bool | None]] = {None: asked}
    for option in ground.options:
        by_owner[option.pk], _ = _visible(known, "option", tuple(sorted(given[option.pk])), (*bound, *_of_option(option)))
    return Shown(by_owner)


def _of_option(option: Option) -> Bound:
    return _frozen(option_variables(option_facts(option, {}, {})))


def _frozen(variables: Variables) -> Bound:
    return tuple((name, value if isinstance(value, str) else tuple(value)) for name, value in variables.items())


@lru_cache(maxsize=512)
def _visible(known: Index, scope: str, given: Deciding, bound: Bound) -> tuple[Mapping[str, bool | None], Bound]:
    responses: dict[str, facts.Response] = {}
    for id_, state, value in given:
        content = Answer(0, state, value, "", 0).content
        responses[id_] = plain(known.questions[id_], Response(state=state, value=content))
    variables: Variables = {name: value if isinstance(value, str) else list(value) for name, value in bound}
    sheet: Sheet = read_sheet(known, scope, responses, variables)
    return {id_: asked.visible for id_, asked in sheet.asked.items()}, _frozen(sheet.variables)


def count(ground: Ground, now: Shown, section: Section) -> Count:
    """How many of the section's questions are asked and answered, as ``Standing.progress`` counts them."""
    answered = asked = 0
    for question in section.questions:
        for owner in [None] if question.scope == "use_case" else [option.pk for option in ground.options]:
            if now.of(owner, question.id):
                asked += 1
                answered += _counts(question, ground.answers.get((owner, question.id)))
    return Count(answered, asked)


def given_by(ground: Ground, section: Section) -> int:
    """How many of the section's answers the person gave who is about to answer, also of those that are hidden by now."""
    places = {question.id for question in section.questions}
    return sum(answer.mine and answer.state != State.UNANSWERED for (_owner, id_), answer in ground.answers.items() if id_ in places)


def _counts(question: Question, answer: Answer | None) -> bool:
    return answer is not None and (answer.state == State.ANSWERED or (question.not_applicable and answer.state == State.NOT_APPLICABLE))


def place_in(questionnaires: tuple[Questionnaire, ...], question: Question) -> tuple[Questionnaire, Section]:
    """Where a question stands."""
    return next((of, part) for of in questionnaires for part in of.sections if question in part.questions)


def pending(ground: Ground, now: Shown, section: Section) -> bool:
    """Whether a question of the section may yet be asked."""
    owners = [option.pk for option in ground.options]
    return any(now.of(owner, q.id) is None for q in section.questions for owner in ([None] if q.scope == "use_case" else owners))


def progress_of(standing: Standing, section: Section) -> Count:
    """The section's count in ``standing``."""
    return next(s.count for q in standing.progress.questionnaires for s in q.sections if s.section is section)
