"""Why a question wasn't asked: what its condition fails by, in the words of the record itself. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from compliance.catalogue.model import variable_of
from compliance.wording import Asks, Reading, Unreadable, reading
from reports import wording
from reports.wording import listed, shortened, word

LONGEST_ANSWER = 90  # characters of an answer within a reason
DEEPEST = 4  # questions that each weren't asked because of the one before
Value = str | list[str]


class Unasked:
    """The questions and options of a snapshot, to ask for reasons."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.questions = {
            variable_of(q["id"]): q
            for questionnaire in snapshot["questionnaires"]
            for section in questionnaire["sections"]
            for q in section["questions"]
        }
        self.options = {o["id"]: o for o in snapshot["options"]}
        self.use_case = snapshot["use_case"]

    def reason(self, question: dict[str, Any], owner: str, several: bool = False, deep: int = 0) -> str:
        """The end of a sentence that begins with "Not asked, since"; "" where the record doesn't tell, as in records of before conditions.

        ``several``: the sentence is about more options than this one.
        """
        if not question.get("when") or deep > DEEPEST:
            return ""
        try:
            failing = self._failing(reading(question["when"]), owner)
        except Unreadable:
            return ""
        return listed(list(dict.fromkeys(text for test in failing or () if (text := self._said(test, owner, several, deep)))))

    def _failing(self, part: Reading, owner: str) -> list[Asks] | None:
        """The tests that make the part false, as few as there need be; None where it isn't certainly false."""
        if isinstance(part, Asks):
            value = self._value(part.variable, owner)
            return None if value is None or _holds(part, value) else [part]
        found = [self._failing(inner, owner) for inner in part.parts]
        if part.kind == "all":
            return next((tests for tests in found if tests is not None), None)
        whole: list[Asks] = []
        for tests in found:
            if tests is None:
                return None
            whole += tests
        return whole

    def _value(self, variable: str, owner: str) -> Value | None:
        if variable not in self.questions:
            return self._plain(variable, owner)
        question = self.questions[variable]
        answer = _answer(question, owner)
        several = question["type"] == "choices"
        if answer.get("state") in ("hidden", "not_applicable"):
            return [] if several else ""
        value = answer.get("value")
        if answer.get("state") != "answered" or value is None:
            return None
        if question.get("bands") and isinstance(value, str):
            below = (b["id"] for b in question["bands"] if b.get("below") is None or Decimal(value) < Decimal(str(b["below"])))
            return str(next(below))
        return [str(v) for v in value] if several else str(value)

    def _plain(self, variable: str, owner: str) -> str | None:
        option = self.options.get(owner, {})
        if variable == "fallback_sourcing":
            return str((option.get("fallback") or {}).get("sourcing", "none"))
        return option.get("sourcing") if variable == "sourcing" else self.use_case.get(variable)

    def _said(self, test: Asks, owner: str, several: bool, deep: int) -> str:
        if test.variable not in self.questions:
            value = self._plain(test.variable, owner) or ""
            if test.variable == "fallback_sourcing":
                if value == "none":
                    return "they have no fallback" if several else "it has no fallback"
                return f"{'their' if several else 'its'} fallback {_sourced(value, False)}"
            return f"{'they' if several else 'it'} {_sourced(value, several)}" if test.variable == "sourcing" else ""
        question = self.questions[test.variable]
        answer = _answer(question, owner)
        if answer.get("state") == "hidden":
            return self.reason(question, owner, several, deep + 1)
        return f"“{question['text']}” is answered “{shortened(answer.get('display', ''), LONGEST_ANSWER)}”"


def _sourced(value: str, several: bool) -> str:
    """What follows "it" or "they": ``is a closed API``, ``run self-hosted open weights``."""
    text = word(value, wording.SOURCINGS)
    text = text[:1].lower() + text[1:]
    if value == "closed_api":
        return f"are {text}s" if several else f"is a {text}"
    return f"{'run' if several else 'runs'} {text}"


def _answer(question: dict[str, Any], owner: str) -> dict[str, Any]:
    answers: dict[str, dict[str, Any]] = question["answers"]
    return answers.get(owner) or answers.get("use_case") or {}


def _holds(test: Asks, value: Value) -> bool:
    several = [value] if isinstance(value, str) else value
    named = any(v in several for v in test.values)
    exact = sorted(several) == sorted(test.values)
    return {
        "is": named, "is_not": not named, "includes": named, "excludes": not named, "exactly": exact, "not_exactly": not exact,
        "some": bool(value), "none": not value,
    }[test.relation]  # fmt: skip
