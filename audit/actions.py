"""The registry of what can happen: every action of the trail, with the sentence that tells it to people.

Each app registers its own in its ``actions.py``, which its AppConfig imports when it is ready. A sentence is a
template: ``{actor}``, ``{object}`` and ``{reason}`` are always there; every other name is a key of the event's
``changes`` or of its personal texts; ``{status[to]}`` reaches one level into a mapping, and ``{count:entry|entries}``
tells a number with its noun. It stands here in English, as records and exports quote it, and is marked for translation, which is done
for whoever reads it on a page.
"""

from __future__ import annotations

import re
import string

from django.utils.translation import gettext_noop as _

_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_FIELD = re.compile(r"([a-z_][a-z0-9_]*)(\[[A-Za-z0-9_.-]+\])?")
_NOUN = re.compile(r"[a-z ]+\|[a-z ]+")  # one, and several
ALWAYS_THERE = frozenset({"actor", "object", "reason"})

_sentences: dict[str, str] = {}


class UnknownAction(LookupError):
    """An event was to be recorded under an action that nobody has registered."""


def register(action: str, sentence: str) -> None:
    """Add an action, dotted and in the past tense such as ``assessment.submitted``, and the template of its sentence.

    Registering the same pair again changes nothing. Raises ValueError for a malformed action or template, or for a
    second, different sentence.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: write lower-case words joined by dots, such as 'assessment.submitted'")
    for _literal, field, spec, conversion in string.Formatter().parse(sentence):
        if field is not None and (not _FIELD.fullmatch(field) or (spec and not _NOUN.fullmatch(spec)) or conversion):
            raise ValueError(f"{action}: {{{field}}} is no plain name; write {{name}}, {{name[key]}} or {{name:one|several}}")
    if _sentences.setdefault(action, sentence) != sentence:
        raise ValueError(f"{action} is registered already, with another sentence: {_sentences[action]!r}")


def sentence_of(action: str) -> str:
    """Return the template of a registered action; raises UnknownAction."""
    try:
        return _sentences[action]
    except KeyError:
        raise UnknownAction(f"no action {action!r} is registered; register it in the actions.py of the app it belongs to") from None


def names_in(sentence: str) -> frozenset[str]:
    """Return the names that a sentence needs besides those that are always there."""
    fields = (field for _, field, _, _ in string.Formatter().parse(sentence) if field)
    return frozenset(field.split("[")[0] for field in fields) - ALWAYS_THERE


def registered() -> dict[str, str]:
    """Return all actions with their sentences, in alphabetical order."""
    return dict(sorted(_sentences.items()))


register("audit.person_erased", _("{actor} erased the name of {object} from {texts:entry|entries} of the trail"))
register("audit.log_key_rotated", _("{actor} gave {object} a new signing key: {key[to]} after {key[from]}"))
