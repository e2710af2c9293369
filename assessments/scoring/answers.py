"""Which questions are asked, and what their answers bind in conditions, read with three values.

A question whose condition is certainly false is hidden: it leaves the sum, its variable is bound to "" or [], and an answer to it is kept
and ignored. One whose condition is unknown counts as unanswered whatever stands there, and its variable stays unbound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from assessments.scoring.facts import OptionFacts, Response
from compliance.catalogue.conditions import references, truth
from compliance.catalogue.index import NO_FALLBACK, Index
from compliance.catalogue.model import Question

Variables = dict[str, str | list[str]]


@dataclass(frozen=True)
class Asked:
    """One question as it stands: ``visible`` True, False or None (unknown); ``response`` what was given, heeded or not."""

    question: Question
    visible: bool | None
    response: Response | None

    @property
    def answer(self) -> Response | None:
        """The response that counts, where there is one."""
        if self.visible and self.response is not None and self.response.state == "answered":
            return self.response
        return None

    @property
    def applicable(self) -> bool:
        """False where it leaves the sum: hidden, or answered as not applicable where the question allows that."""
        return self.visible is not False and not self.set_aside

    @property
    def set_aside(self) -> bool:
        return bool(self.visible and self.question.not_applicable and self.response and self.response.state == "not_applicable")


@dataclass(frozen=True)
class Sheet:
    """All questions of one scope in catalogue order, for the use case or one option, and the variables that conditions may read."""

    asked: Mapping[str, Asked]
    variables: Variables

    @property
    def unanswered(self) -> list[str]:
        """Questions that certainly are asked and lack an answer."""
        return [id_ for id_, a in self.asked.items() if a.visible and a.answer is None and not a.set_aside]

    @property
    def ignored(self) -> list[str]:
        """Questions that are hidden and have an answer."""
        return [id_ for id_, a in self.asked.items() if a.visible is False and a.response is not None]


def option_variables(option: OptionFacts) -> Variables:
    """What conditions read of an option besides its answers."""
    return {"sourcing": option.sourcing, "fallback_sourcing": option.fallback.sourcing if option.fallback else NO_FALLBACK}


def read_sheet(known: Index, scope: str, responses: Mapping[str, Response], variables: Variables) -> Sheet:
    """Resolve every question of ``scope``; ``variables`` are bound already (for an option: the use case's, ``sourcing``, ``archetype``)."""
    bound = dict(variables)
    found: dict[str, Asked] = {}
    for question in resolving_order(known, scope):
        visible = True if question.when is None else truth(question.when, bound)
        asked = Asked(question, visible, responses.get(question.id))
        found[question.id] = asked
        bind(asked, bound)
    return Sheet({id_: found[id_] for id_, q in known.questions.items() if q.scope == scope}, bound)


def bind(asked: Asked, bound: Variables) -> None:
    """Bind the question's variable in ``bound``, as far as it stands."""
    question = asked.question
    if not question.readable:
        return
    if asked.visible is False or asked.set_aside:
        bound[question.variable] = [] if question.type == "choices" else ""
    elif asked.answer is not None:
        value = asked.answer.value
        if question.bands and isinstance(value, Decimal):
            value = question.band_of(value)
        bound[question.variable] = list(value) if isinstance(value, tuple) else str(value)


@lru_cache(maxsize=64)
def resolving_order(known: Index, scope: str) -> tuple[Question, ...]:
    """Questions so that each comes after those that its condition reads; whatever stands in a circle comes last, its condition unknown."""
    waiting = {q.id: q for q in known.questions.values() if q.scope == scope}
    needs = {id_: _needs(q, known, waiting) for id_, q in waiting.items()}
    users: dict[str, list[str]] = {}
    for id_, needed in needs.items():
        for other in needed:
            users.setdefault(other, []).append(id_)
    ready = [id_ for id_, needed in needs.items() if not needed]
    order: list[Question] = []
    for id_ in ready:  # grows while it is read
        order.append(waiting.pop(id_))
        for user in users.get(id_, ()):
            needs[user].discard(id_)
            if not needs[user]:
                ready.append(user)
    return (*order, *waiting.values())


def _needs(question: Question, known: Index, scope: Mapping[str, Question]) -> set[str]:
    names = references(question.when) if question.when else frozenset()
    return {known.by_variable[n].id for n in names if n in known.by_variable and known.by_variable[n].id in scope}


def open_questions(known: Index, sheets: Iterable[Sheet], variables: Variables, names: Iterable[str]) -> list[str]:
    """The questions whose answers are wanting for the variables ``names``: where a question isn't certainly asked, those that decide it.

    Ids in catalogue order; a name that isn't a question's (``risk_class``, ``archetype``) is left out.
    """
    asked = {id_: a for sheet in sheets for id_, a in sheet.asked.items()}
    wanted: set[str] = set()
    look = [n for n in names if n not in variables]
    seen: set[str] = set()
    while look:
        name = look.pop()
        question = known.by_variable.get(name)
        if name in seen or question is None or question.id not in asked:
            continue
        seen.add(name)
        if asked[question.id].visible is None and question.when is not None:
            look += [n for n in references(question.when) if n not in variables]
        else:
            wanted.add(question.id)
    return [id_ for id_ in known.questions if id_ in wanted]
