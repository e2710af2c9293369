"""The registry of what can happen: every action of the trail, with its name and the sentence that tells it to people.

Each app registers its own in its ``actions.py``, which its AppConfig imports when it is ready. A sentence is a
template: ``{actor}``, ``{object}`` and ``{reason}`` are always there; every other name is a key of the event's
``changes`` or of its personal texts; ``{status[to]}`` reaches one level into a mapping, and ``{count:entry|entries}``
tells a number with its noun. It stands here in English, as records and exports quote it, and is marked for translation, which is done
for whoever reads it on a page. So is its name, such as "Failed sign-in", by which people choose actions of its kind.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop as _

_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_FIELD = re.compile(r"([a-z_][a-z0-9_]*)(\[[A-Za-z0-9_.-]+\])?")
_NOUN = re.compile(r"[a-z ]+\|[a-z ]+")  # one, and several
ALWAYS_THERE = frozenset({"actor", "object", "reason"})

Say = Callable[[str], str]


@dataclass(frozen=True)
class Told:
    """An event as it is to be told. ``titles``: what is shown in place of ids; ``say``: translates words, not what was recorded."""

    body: Mapping[str, Any]
    texts: Mapping[str, str]
    titles: Mapping[str, str]
    say: Say

    @property
    def changes(self) -> Mapping[str, Any]:
        changes: Mapping[str, Any] = self.body["changes"]
        return changes


@dataclass(frozen=True)
class Telling:
    """How an action is told that has more than one sentence: ``sentences``, all of them, and ``choose``, which picks one of them for an event and
    gives what it names besides."""

    sentences: tuple[str, ...]
    choose: Callable[[Told], tuple[str, dict[str, Any]]]


_names: dict[str, str] = {}
_sentences: dict[str, str] = {}
_tellings: dict[str, Telling] = {}


class UnknownAction(LookupError):
    """An event was to be recorded under an action that nobody has registered."""


def register(action: str, name: str, sentence: str, telling: Telling | None = None) -> None:
    """Add an action, dotted and in the past tense such as ``assessment.submitted``, its name, and the template of its sentence.

    ``telling``: where one sentence doesn't do for all its events; ``sentence`` stays in records, and tells an event that the telling can't
    read. Registering the same again changes nothing. Raises ValueError for a malformed action or template, or for a second, different one.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: write lower-case words joined by dots, such as 'assessment.submitted'")
    for one in (sentence, *(telling.sentences if telling else ())):
        _check(action, one)
    if _sentences.setdefault(action, sentence) != sentence:
        raise ValueError(f"{action} is registered already, with another sentence: {_sentences[action]!r}")
    _names[action] = name
    if telling:
        _tellings[action] = telling


def _check(action: str, sentence: str) -> None:
    for _literal, field, spec, conversion in string.Formatter().parse(sentence):
        if field is not None and (not _FIELD.fullmatch(field) or (spec and not _NOUN.fullmatch(spec)) or conversion):
            raise ValueError(f"{action}: {{{field}}} is no plain name; write {{name}}, {{name[key]}} or {{name:one|several}}")


def sentence_of(action: str) -> str:
    """Return the template of a registered action; raises UnknownAction."""
    try:
        return _sentences[action]
    except KeyError:
        raise UnknownAction(f"no action {action!r} is registered; register it in the actions.py of the app it belongs to") from None


def name_of(action: str) -> str:
    """What people call an action; one that is no longer registered by its own words."""
    return _names.get(action) or action.replace(".", " ").replace("_", " ").capitalize()


def telling_of(action: str) -> Telling | None:
    """How an action is told that has more than one sentence; None for the others."""
    return _tellings.get(action)


def names_in(sentence: str) -> frozenset[str]:
    """Return the names that a sentence needs besides those that are always there."""
    fields = (field for _, field, _, _ in string.Formatter().parse(sentence) if field)
    return frozenset(field.split("[")[0] for field in fields) - ALWAYS_THERE


def sentences() -> dict[str, tuple[str, ...]]:
    """Return every sentence that each action can be told by on a page, by action."""
    return {action: (sentence, *(_tellings[action].sentences if action in _tellings else ())) for action, sentence in _sentences.items()}


def registered() -> dict[str, str]:
    """Return all actions with their sentences, in alphabetical order."""
    return dict(sorted(_sentences.items()))


register(
    "audit.person_erased", _("Name erased from the trail"), _("{actor} erased the name of {object} from {texts:entry|entries} of the trail")
)
register(
    "audit.log_key_rotated",
    _("Signing key of the trail replaced"),
    _("{actor} gave {object} a new signing key: {key[to]} after {key[from]}"),
)
