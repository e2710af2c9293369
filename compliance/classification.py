"""Reads the class of a use case under the EU AI Act, Regulation (EU) 2024/1689, from the release's decision table.

The classes are read in the order of the release's headings. The first class of which a line certainly holds is the class; the first that may
still hold for want of an answer makes it undetermined. The table, its references and its dates are data; only the order of reading is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from compliance.catalogue.conditions import needed, truth
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import ClassRule, DatedChange, Obligation, Release

OUT_OF_SCOPE, MINIMAL = "out_of_scope", "minimal"
Answers = Mapping[str, str | tuple[str, ...]]
Variables = dict[str, str | list[str]]


@dataclass(frozen=True)
class Basis:
    """What the class rests on; ``because`` holds question ids, of which the undetermined class still needs the answers."""

    reference: str
    because: tuple[str, ...]
    applies_from: date | None
    in_force: bool
    text: str


@dataclass(frozen=True)
class Duty:
    """An obligation that applies (or may: then its status is ``unknown``). ``status``: ``met``, ``gap`` or ``unknown``; ``text`` is what it
    asked for in the version known on that day."""

    obligation: Obligation
    applies_from: date
    in_force: bool
    status: str
    text: str = ""

    def as_dict(self) -> dict[str, object]:
        """As it stands in an evaluation; another instrument than the AI Act is named."""
        named = {} if self.obligation.instrument == "ai-act" else {"instrument": self.obligation.instrument}
        return {
            **named,
            "id": self.obligation.id,
            "reference": self.obligation.reference,
            "role": self.obligation.role,
            "applies_from": self.applies_from.isoformat(),
            "in_force": self.in_force,
            "status": self.status,
        }


@dataclass(frozen=True)
class Classification:
    """``risk_class`` may be ``undetermined``; ``at_least`` is then a class that is already certain, or None. ``variables`` are what
    conditions may read of it: ``risk_class`` (absent while undetermined), ``act_points``, the references that it certainly rests on, and
    ``settled_points``, the same once no other can come to them."""

    risk_class: str
    at_least: str | None
    roles: tuple[str, ...]
    basis: tuple[Basis, ...]
    duties: tuple[Duty, ...]
    variables: Variables

    def as_dict(self) -> dict[str, object]:
        """The ``ai_act`` part of an evaluation: the duties of the AI Act itself."""
        return {
            "risk_class": self.risk_class,
            "at_least": self.at_least,
            "roles": list(self.roles),
            "basis": [
                {
                    "reference": basis.reference,
                    "because": list(basis.because),
                    "applies_from": basis.applies_from.isoformat() if basis.applies_from else None,
                    "in_force": basis.in_force,
                }
                for basis in self.basis
            ],
            "obligations": [duty.as_dict() for duty in self.duties if duty.obligation.instrument == "ai-act"],
        }

    def other_obligations(self) -> list[dict[str, object]]:
        """Duties of every other instrument, in the same form and with the instrument's name."""
        return [duty.as_dict() for duty in self.duties if duty.obligation.instrument != "ai-act"]


def classify(release: Release, answers: Answers, as_of: date, variables: Mapping[str, str | list[str]] | None = None) -> Classification:
    """The class on ``as_of``, from the text as enacted on that day, with the obligations that it brings.

    ``answers`` holds the use case's visible answers by question id: a choice id, or a tuple of them; what is unanswered is absent.
    ``variables`` adds what conditions may read besides (``archetype``, and hidden questions bound to "" or []).
    """
    known = index(release)
    bound: Variables = {**(variables or {})}
    for question_id, value in answers.items():
        bound[known.questions[question_id].variable] = value if isinstance(value, str) else list(value)
    lines = [(line, change) for line in release.class_rules if (change := known_on(line.dates, as_of))]
    reading = _Reading(release, known, lines, bound, as_of)
    risk_class, at_least, basis = reading.read()

    of_class = reading.variables()
    roles = answers.get(release.roles_question, ())
    return Classification(
        risk_class=risk_class,
        at_least=at_least,
        roles=(roles,) if isinstance(roles, str) else tuple(roles),
        basis=tuple(basis),
        duties=tuple(duties_of(release, {**bound, **of_class}, as_of, "use_case")),
        variables=of_class,
    )


def class_variables(release: Release, bound: Mapping[str, str | list[str]], as_of: date) -> Variables:
    """Only what conditions may read of the class (``Classification.variables``), for answers that are bound to their variables already."""
    lines = [(line, change) for line in release.class_rules if (change := known_on(line.dates, as_of))]
    return _Reading(release, index(release), lines, dict(bound), as_of).variables()


def known_on(changes: Iterable[DatedChange], as_of: date) -> DatedChange | None:
    """The newest change that was in force on ``as_of``; None before the first."""
    newest = None
    for change in changes:
        if change.known_from <= as_of:
            newest = change
    return newest


class _Reading:
    def __init__(self, release: Release, known: Index, lines: list[tuple[ClassRule, DatedChange]], bound: Variables, as_of: date) -> None:
        self.release, self.known, self.bound, self.as_of = release, known, bound, as_of
        self.truths = [(line, change, truth(line.when, bound)) for line, change in lines]

    def read(self) -> tuple[str, str | None, list[Basis]]:
        for position, heading in enumerate(self.release.class_headings):
            certain = self._certain(heading.risk_class)
            if certain:
                return heading.risk_class, None, certain
            if open_lines := [line for line, _, t in self.truths if line.risk_class == heading.risk_class and t is None]:
                missing = sorted({question for line in open_lines for question in self._missing(line)})
                basis = [Basis(heading.reference, tuple(missing), None, False, heading.text)]
                at_least, grounds = self._at_least(position)
                return "undetermined", at_least, basis + grounds
        return MINIMAL, None, []

    def variables(self) -> Variables:
        """``risk_class``, ``act_points`` and ``settled_points``, as far as they are certain."""
        for heading in self.release.class_headings:
            if certain := self._certain(heading.risk_class):
                return self._of(heading.risk_class, [basis.reference for basis in certain])
            if any(line.risk_class == heading.risk_class and t is None for line, _, t in self.truths):
                return {}
        return self._of(MINIMAL, [])

    def _of(self, risk_class: str, points: list[str]) -> Variables:
        found: Variables = {"risk_class": risk_class, "act_points": points}
        if self.settled(risk_class):
            found["settled_points"] = points
        return found

    def settled(self, risk_class: str) -> bool:
        """Whether every line of the class is decided, so that no point can come to those that hold."""
        return all(t is not None for line, _, t in self.truths if line.risk_class == risk_class)

    def _certain(self, risk_class: str) -> list[Basis]:
        """What holds for certain; of two lines with one reference the later in the table is the more special, and stands for both."""
        found = {
            line.reference: Basis(line.reference, line.because, change.applies_from, change.applies_from <= self.as_of, line.text)
            for line, change, t in self.truths
            if line.risk_class == risk_class and t is True
        }
        return list(found.values())

    def _at_least(self, undecided: int) -> tuple[str | None, list[Basis]]:
        """A class below the undecided one that is certain already. Nothing is, while the use case may be out of scope altogether."""
        headings = self.release.class_headings
        if headings[undecided].risk_class == OUT_OF_SCOPE:
            return None, []
        for heading in headings[undecided + 1 :]:
            if heading.risk_class != MINIMAL and (grounds := self._certain(heading.risk_class)):
                return heading.risk_class, grounds
        return None, []

    def _missing(self, line: ClassRule) -> set[str]:
        """The questions whose answers are wanting; for one that isn't certainly asked, those that decide whether it is."""
        found, look = set(), list(needed(line.when, self.bound, self.known.use_case_domains))
        seen: set[str] = set()
        while look:
            name = look.pop()
            question = self.known.by_variable.get(name)
            if question is None or name in seen:
                continue
            seen.add(name)
            if question.when is not None and truth(question.when, self.bound) is None:
                look += needed(question.when, self.bound, self.known.use_case_domains)
            else:
                found.add(question.id)
        return found


def duties_of(release: Release, variables: Variables, as_of: date, scope: str) -> Iterable[Duty]:
    """The obligations of ``scope`` that apply, or may, under ``variables``, in catalogue order; of the text known on ``as_of``."""
    for obligation in release.obligations:
        if obligation.scope != scope:
            continue
        change = known_on(obligation.dates, as_of)
        applies = truth(obligation.when, variables) if change else False
        if change is None or applies is False:
            continue
        status = "unknown"
        if applies and obligation.met_when is not None:
            met = truth(obligation.met_when, variables)
            status = {True: "met", False: "gap", None: "unknown"}[met]
        yield Duty(obligation, change.applies_from, change.applies_from <= as_of, status, change.text or obligation.text)
