"""What single changed answers do to the scores and the blockers, without evaluating everything again.

Only what hangs on the answer is read anew: the questions whose conditions read it, the blockers, and the class where the Act's table reads it.
Scores are binary floats here; a test holds them against whole evaluations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from assessments.scoring.answers import Asked, Sheet, Variables, bind, resolving_order
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.facts import Response
from assessments.scoring.results import OptionResult
from assessments.scoring.values import question_term
from compliance.catalogue.conditions import references, truth
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Question
from compliance.classification import class_variables

ACT = frozenset({"risk_class", "act_points", "settled_points"})
SAME = 1e-12  # scores nearer than this are level


@dataclass(frozen=True)
class Standing:
    """How an option stands: Σ w·v and Σ w by criterion, and the rules that keep it out."""

    id: str
    sums: Mapping[str, tuple[float, float]]
    blocking: frozenset[str]

    @property
    def admissible(self) -> bool:
        return not self.blocking

    def value(self, criterion: str) -> float | None:
        """0 to 1, or None where nothing of the criterion applies."""
        summed, weight = self.sums.get(criterion, (0.0, 0.0))
        return summed / weight if weight else None


class Answers:
    """The answers of an evaluation, to be changed one at a time."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation, self.known = evaluation, index(evaluation.release)
        self.profiles = [{c: float(w) for c, w in profile.items()} for profile in evaluation.weights.values()]
        self.base = tuple(_standing(option) for option in evaluation.options)
        self._shared = [r for r in evaluation.release.rules if r.blocker and r.scope == "use_case"]
        self._own = [r for r in evaluation.release.rules if r.blocker and r.scope == "option"]
        self._blocking = {o.facts.id: frozenset(f.rule.id for f in o.blockers) for o in evaluation.options}
        self._act_reads = frozenset(name for line in evaluation.release.class_rules for name in references(line.when))
        self._of_class = {**evaluation.sheet.variables, **evaluation.classification.variables}

    def score(self, standing: Standing) -> float:
        """0 to 1; the least under several profiles, as an evaluation has it."""
        scores = []
        for profile in self.profiles:
            total = weight = 0.0
            for criterion, share in profile.items():
                if share and (value := standing.value(criterion)) is not None:
                    total, weight = total + share * value, weight + share
            scores.append(total / weight if weight else 0.0)
        return min(scores)

    def leader(self, standings: Iterable[Standing]) -> str | None:
        """The id of the first admissible option, None where there is none."""
        return first({s.id: self.score(s) for s in standings if s.admissible})

    def changed(self, question: str, option: str | None, response: Response | None, *, hopeful: bool = False) -> tuple[Standing, ...]:
        """How all options stand with ``question`` answered by ``response``: of the use case, or of the option with that id.

        ``hopeful``: the questions that the answer opens, which nobody was asked before, count as answered in the best way: 1 in the score, and
        they keep no option out."""
        if option is not None:
            return tuple(
                self._option(o, {question: response}, {}, hopeful=hopeful) if o.facts.id == option else s
                for o, s in zip(self.evaluation.options, self.base, strict=True)
            )
        variables = dict(self._of_class)
        asked, moved = reread(self.known, self.evaluation.sheet, {question: response}, variables, frozenset())
        if moved & self._act_reads:
            for name in ACT:
                variables.pop(name, None)
            variables |= class_variables(self.evaluation.release, variables, self.evaluation.facts.as_of)
            moved = moved | {name for name in ACT if variables.get(name) != self._of_class.get(name)}
        moves: Variables = {name: variables[name] for name in moved if name in variables}
        gone = moved - set(moves)
        opened = {a.question.variable for id_, a in asked.items() if _opened(self.evaluation.sheet.asked[id_], a)}
        if opened & self._act_reads:
            opened |= ACT
        return tuple(self._option(o, {}, moves, gone, asked, hopeful, opened) for o in self.evaluation.options)

    def _option(
        self,
        option: OptionResult,
        responses: Mapping[str, Response | None],
        moves: Variables,
        gone: frozenset[str] | set[str] = frozenset(),
        shared: Mapping[str, Asked] | None = None,
        hopeful: bool = False,
        opened: Iterable[str] = (),
    ) -> Standing:
        variables = {**option.sheet.variables, **moves}
        for name in gone:
            variables.pop(name, None)
        outside = frozenset(moves) | gone
        asked, moved = reread(self.known, option.sheet, responses, variables, outside)
        moved |= outside
        sums, opened = dict(_standing(option).sums), set(opened)
        for id_, now in {**(shared or {}), **asked}.items():
            before = self.evaluation.sheet.asked.get(id_) or option.sheet.asked[id_]
            opens = _opened(before, now)
            if opens:
                opened.add(now.question.variable)
            for at, sign in ((before, -1.0), (now, 1.0)):
                if (term := question_term(at)) and at.question.criterion:
                    summed, weight = sums.get(at.question.criterion, (0.0, 0.0))
                    own = sign * float(term.weight)
                    weight = weight + own
                    value = term.best if hopeful and opens else term.value
                    sums[at.question.criterion] = (summed + own * float(value), weight if weight > SAME else 0.0)
        blocking = self._blocking[option.facts.id]
        for rule in self._shared + self._own if shared is not None else self._own:
            if names := references(rule.when) & moved:
                holds = truth(rule.when, variables)
                if holds is False:
                    blocking = blocking - {rule.id}
                elif holds or not (hopeful and names & opened):
                    blocking = blocking | {rule.id}
        return Standing(option.facts.id, sums, blocking)


def first(scores: Mapping[str, float]) -> str | None:
    """The id with the highest score; of those that are level the first by id."""
    if not scores:
        return None
    best = max(scores.values())
    return min(id_ for id_, s in scores.items() if s > best - SAME)


def _standing(option: OptionResult) -> Standing:
    sums = {c: (float(v.exact.value), float(v.exact.weight)) for c, v in option.criteria.items()}
    return Standing(option.facts.id, sums, frozenset(f.rule.id for f in option.blockers))


def _opened(before: Asked, now: Asked) -> bool:
    """Whether it comes to be asked, and has no answer yet."""
    return before.visible is False and now.applicable and now.answer is None


def reread(
    known: Index, sheet: Sheet, responses: Mapping[str, Response | None], variables: Variables, moved: frozenset[str]
) -> tuple[dict[str, Asked], frozenset[str]]:
    """Read anew the questions of a sheet that have another response, or whose condition reads a variable that has moved.

    Changes ``variables`` to what they are then; gives the questions that stand differently, and the names of all variables that moved.
    """
    scope = next(iter(sheet.asked.values())).question.scope if sheet.asked else "option"
    found: dict[str, Asked] = {}
    names = set(moved)
    waiting = set(responses) | _readers(known, scope, names)
    if not waiting:
        return found, frozenset(names)
    for question in _in_order(known, scope, frozenset(waiting)):
        if question.id not in responses and not (question.when and references(question.when) & names):
            continue
        before = sheet.asked[question.id]
        visible = True if question.when is None else truth(question.when, variables)
        now = Asked(question, visible, responses.get(question.id, before.response))
        if now == before:
            continue
        found[question.id] = now
        was = variables.pop(question.variable, None)
        bind(now, variables)
        if variables.get(question.variable) != was:
            names.add(question.variable)
    return found, frozenset(names)


def _readers(known: Index, scope: str, names: Iterable[str]) -> set[str]:
    return {id_ for name in names for id_ in _read_by(known, scope).get(name, ())}


@lru_cache(maxsize=16)
def _read_by(known: Index, scope: str) -> Mapping[str, tuple[str, ...]]:
    """Variable -> the questions of ``scope`` whose conditions read it."""
    found: dict[str, list[str]] = {}
    for question in known.questions.values():
        if question.scope == scope and question.when:
            for name in references(question.when):
                found.setdefault(name, []).append(question.id)
    return {name: tuple(ids) for name, ids in found.items()}


@lru_cache(maxsize=4096)
def _in_order(known: Index, scope: str, start: frozenset[str]) -> tuple[Question, ...]:
    """``start`` and all that may hang on it, so that each question comes after those that its condition reads."""
    reached, look = set(start), list(start)
    while look:
        for id_ in _read_by(known, scope).get(known.questions[look.pop()].variable, ()):
            if id_ not in reached:
                reached.add(id_)
                look.append(id_)
    return tuple(q for q in resolving_order(known, scope) if q.id in reached)
