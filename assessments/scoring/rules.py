"""Findings and blockers: which rules of the catalogue the answers show, read with three values.

A finding is reported only where its rule certainly holds. A blocker blocks as long as it can't be ruled out: leaving an answer out never
makes an option admissible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assessments.scoring.answers import Sheet, Variables, open_questions
from assessments.scoring.words import listed
from compliance.catalogue.conditions import references, truth
from compliance.catalogue.index import Index
from compliance.catalogue.model import Rule

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Finding:
    """One rule that holds, or a blocker that may: then ``certain`` is false and ``wanting`` names the questions to answer."""

    rule: Rule
    certain: bool
    wanting: tuple[str, ...]
    message: str

    @property
    def blocks(self) -> bool:
        return self.rule.blocker


def find(
    known: Index,
    rules: Iterable[Rule],
    variables: Variables,
    sheets: Sequence[Sheet],
    class_wanting: Callable[[], Iterable[str]],
) -> list[Finding]:
    """What the rules say under ``variables``, in catalogue order.

    ``class_wanting`` gives the questions that an undetermined class still needs, for rules that read the class.
    """
    found = []
    for rule in rules:
        holds = truth(rule.when, variables)
        if holds:
            found.append(Finding(rule, True, (), rule.message))
        elif holds is None and rule.blocker:
            names = references(rule.when)
            wanting = open_questions(known, sheets, variables, names)
            if names & {"risk_class", "act_points", "settled_points"} and "risk_class" not in variables:
                wanting = list(dict.fromkeys([*wanting, *class_wanting()]))
            found.append(Finding(rule, False, tuple(wanting), _cannot_be_ruled_out(known, rule, wanting)))
    return found


def _cannot_be_ruled_out(known: Index, rule: Rule, wanting: Sequence[str]) -> str:
    named = [f"“{known.questions[id_].text}” ({id_})" if id_ in known.questions else id_ for id_ in wanting[:NAMED_AT_MOST]]
    if len(wanting) > NAMED_AT_MOST:
        named.append(f"{len(wanting) - NAMED_AT_MOST} more")
    until = f" until {listed(named)} {'is' if len(wanting) == 1 else 'are'} answered" if named else ""
    return f"“{rule.title}” can’t be ruled out{until}. If it holds: {rule.message}"
