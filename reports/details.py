"""The details of an entry of the trail in words: what changed, from what to what, under names that people read. An export
(``jsonl``) has the hashed bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.answers_told import choice_key
from assessments.changes.words import BASES, STATES
from audit.sentences import quoted, shown

BEFORE, AFTER = "before", "after"
# Names of what changed; a name that isn't here is told as the words that it is made of.
NAMES = {
    "question": gettext_lazy("Question"),
    "option": gettext_lazy("Option"),
    "figure": gettext_lazy("Figure"),
    "value": gettext_lazy("Answer"),
    "state": gettext_lazy("State of the answer"),
    "basis": gettext_lazy("What it rests on"),
    "note": gettext_lazy("Note"),
    "changed": gettext_lazy("What changed"),
    "fields": gettext_lazy("What changed"),
    "revision": gettext_lazy("Revision"),
    "undoes": gettext_lazy("Takes back revision"),
    "taken_from": gettext_lazy("Taken over from"),
    "before": gettext_lazy("Before"),
    "after": gettext_lazy("Now"),
    "value_before": gettext_lazy("Answer before"),
    "value_after": gettext_lazy("Answer now"),
    "note_before": gettext_lazy("Note before"),
    "note_after": gettext_lazy("Note now"),
    "low": gettext_lazy("Low"),
    "likely": gettext_lazy("Likely"),
    "high": gettext_lazy("High"),
}
_WORDS = {"state": STATES, "basis": BASES}
_OF_FIELDS = ("changed", "fields")
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{32,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Detail(NamedTuple):
    """``digest``: whether the text is a digest or an id, to be set as such."""

    name: str
    text: str
    digest: bool = False


def details_of(changes: Mapping[str, Any], texts: Mapping[str, str], titles: Mapping[str, str]) -> list[Detail]:
    """``titles``: what is shown in place of ids of the catalogue and of options."""
    told = _Told(changes.get("question"), titles)
    found = [Detail(name_of(key), told.text(key, value), _is_digest(value)) for key, value in changes.items() if value is not None]
    return found + [Detail(name_of(key), text) for key, text in texts.items()]


def name_of(key: str) -> str:
    return str(NAMES.get(key) or key.replace(".", " ").replace("_", " ").capitalize())


class _Told:
    def __init__(self, question: Any, titles: Mapping[str, str]) -> None:
        self.question, self.titles = question, titles

    def text(self, key: str, value: Any) -> str:
        if isinstance(value, Mapping):
            if value.keys() == {BEFORE, AFTER}:
                both = {"now": self.text(key, value[AFTER]), "before": self.text(key, value[BEFORE])}
                return _("now %(now)s, before %(before)s") % both
            return "; ".join(f"{name_of(name)}: {self.text(name, one)}" for name, one in value.items()) or shown(None, _)
        if isinstance(value, list | tuple):
            return ", ".join(self.text(key, one) for one in value) or shown(None, _)
        return self.word(key, value) if isinstance(value, str) else shown(value, _)

    def word(self, key: str, value: str) -> str:
        if key in _OF_FIELDS:
            return name_of(value).lower()
        if word := _WORDS.get(key, {}).get(value):
            return _(word).lower()
        if key == "value" and self.question and (title := self.titles.get(choice_key(self.question, value))):
            return f"{quoted(title)} ({value})"
        title = self.titles.get(value)
        return f"{quoted(title)} ({value})" if title else shown(value, _)


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
