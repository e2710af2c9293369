"""How the trail tells answers and figures: of which option, what it is now and what it was. What was recorded stays; old entries are told so too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from assessments.changes.words import BASES, STATES
from audit.actions import Telling, Told
from audit.sentences import ERASED, quoted, shown

ANSWERED = _("{actor} answered {question} of {object}: {answer}")
ANSWERED_FOR = _("{actor} answered {question} for {option} in {object}: {answer}")
CHANGED = _("{actor} changed the answer to {question} of {object}: {answer}")
CHANGED_FOR = _("{actor} changed the answer to {question} for {option} in {object}: {answer}")
TAKEN_BACK = _("{actor} took back an answer to {question} of {object}: {answer}")
TAKEN_BACK_FOR = _("{actor} took back an answer to {question} for {option} in {object}: {answer}")
ENTERED = _("{actor} entered {figure} of {object}: {answer}")
ENTERED_FOR = _("{actor} entered {figure} for {option} in {object}: {answer}")
FOR_THE_ORGANISATION = _("{actor} answered {question} for the organisation: {answer}")
NOW_AND_BEFORE = _("now {now}, before {before}")
BASIS = _("it rests on {now}, before on {before}")
NOTE = _("the note")
NO_ANSWER = _("no answer")


def _response(told: Told) -> tuple[str, dict[str, Any]]:
    changes = told.changes
    changed = {"value", "state"} & set(changes["changed"])
    parts = []
    if changed:
        before, now = (_answer(told, changes, when) for when in ("before", "after"))
        parts.append(now if _first(changes) else told.say(NOW_AND_BEFORE).format(now=now, before=before))
    if "basis" in changes and not _first(changes):
        now, before = (_word(changes["basis"][when], told) for when in ("after", "before"))
        parts.append(told.say(BASIS).format(now=now, before=before))
    if "note" in changes["changed"] and not changed:
        parts.append(told.say(NOTE))
    of, for_option = (
        (TAKEN_BACK, TAKEN_BACK_FOR) if "undoes" in changes else (ANSWERED, ANSWERED_FOR) if _first(changes) else (CHANGED, CHANGED_FOR)
    )
    return for_option if changes["option"] else of, {"answer": "; ".join(parts)}


def _first(changes: Mapping[str, Any]) -> bool:
    """Whether it is an answer where there was none."""
    state = changes.get("state")
    return isinstance(state, Mapping) and state["before"] == "unanswered" and "undoes" not in changes


def _answer(told: Told, changes: Mapping[str, Any], when: str) -> str:
    """An answer as it is or was: ``state`` is among the changes only where it is another, and is "answered" where the value alone is."""
    state = changes["state"][when] if "state" in changes else "answered"
    if state != "answered":
        return told.say(NO_ANSWER) if state == "unanswered" else _word(state, told)
    return _value(told, changes["value"][when] if "value" in changes else None, when)


def _value(told: Told, value: Any, when: str) -> str:
    """A value in the catalogue's words; free text stands beside the hashed bytes."""
    key = f"value_{when}"
    if value is None and (text := told.texts.get(key)):
        return quoted(text)
    if value is None and key in told.body["private"]:
        return told.say(ERASED)
    question = told.changes["question"]
    if isinstance(value, list):
        return ", ".join(_chosen(told, question, one) for one in value) or told.say(_("none of the choices"))
    return _chosen(told, question, value)


def _chosen(told: Told, question: str, value: Any) -> str:
    title = told.titles.get(choice_key(question, value)) if isinstance(value, str) else None
    return quoted(title) if title else shown(value, told.say)


def choice_key(question: str, choice: str) -> str:
    """By what the titles of an assessment name a choice: its id alone is only its question's."""
    return f"{question}={choice}"


def _word(code: str, told: Told) -> str:
    return told.say(STATES.get(code) or BASES.get(code, code)).lower()


def _figure(told: Told) -> tuple[str, dict[str, Any]]:
    changes = told.changes
    now, before = (_amount(told, changes[when]) for when in ("after", "before"))
    answer = now if changes["before"]["likely"] is None else told.say(NOW_AND_BEFORE).format(now=now, before=before)
    return ENTERED_FOR if changes["option"] else ENTERED, {"answer": answer}


def _amount(told: Told, figure: Mapping[str, Any]) -> str:
    if figure["low"] is None:
        return shown(figure["likely"], told.say)
    return told.say(_("{low} to {high}, likely {likely}")).format(**figure)


def _organisation(told: Told) -> tuple[str, dict[str, Any]]:
    changes = told.changes
    now, before = (
        told.say(NO_ANSWER) if changes[when] is None else _value(told, changes[when].get("value"), when) for when in ("after", "before")
    )
    answer = now if changes["before"] is None else told.say(NOW_AND_BEFORE).format(now=now, before=before)
    return FOR_THE_ORGANISATION, {"answer": answer}


RESPONSE = Telling((ANSWERED, ANSWERED_FOR, CHANGED, CHANGED_FOR, TAKEN_BACK, TAKEN_BACK_FOR), _response)
FIGURE = Telling((ENTERED, ENTERED_FOR), _figure)
ORGANISATION = Telling((FOR_THE_ORGANISATION,), _organisation)
