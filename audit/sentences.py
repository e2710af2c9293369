"""From an event to the sentence that people read."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from audit.actions import Say, Telling, Told

ERASED = _("[erased]")
LONGEST_TITLE = 160
# What changes name by an id, which a reader may know by a title.
_NAMED = frozenset({"question", "option", "figure", "finding", "sections", "from"})
# What changes name by a code that is a word: it is said as the word.
_CODED = frozenset({"role", "treatment"})
_FORMER_ACTION = _("{actor} did {action} on {object}")


def render(
    sentence: str | None, body: Mapping[str, Any], texts: Mapping[str, str], say: Say = str, titles: Mapping[str, str] | None = None,
    telling: Telling | None = None,
) -> str:  # fmt: skip
    """Return the sentence of one event.

    ``sentence``: the action's template, or None for an action that is no longer registered; ``body``: the event's hashed content; ``texts``: the
    private texts that are still held, by key. Where a name has been erased the person's reference is shown in its place. ``say``: translates the
    template and the words that come from here; what was recorded stands as it was recorded. ``titles``: what is shown in place of ids that stand
    in the changes. ``telling``: what says more of this event than the template, if anything does.
    """
    values: dict[str, Any] = dict(body["changes"])
    if titles:
        values |= {key: _with_titles(values[key], titles) for key in _NAMED & values.keys()}
    values |= {key: _in_words(values[key], say) for key in _CODED & values.keys()}
    values |= {key: texts.get(key) or _erased(key, body, say) for key in body["private"]}
    values["actor"] = texts.get("actor_name") or _actor(body["actor"], say)
    values["object"] = texts.get("object_label") or f"{body['object']['type'].replace('_', ' ')} {body['object']['id']}"
    values["reason"] = texts.get("reason") or say(ERASED if "reason" in body["private"] else _("no reason given"))
    values["action"] = body["action"]
    if telling:
        try:
            sentence, more = telling.choose(Told(body, texts, titles or {}, say))
        except (KeyError, TypeError, AttributeError):  # an entry of another shape: its first sentence asks for less
            more = {}
        values |= more
    return _Formatter(say).vformat(say(sentence or _FORMER_ACTION), (), values)


def person_named_by(key: str, body: Mapping[str, Any]) -> str:
    """Return the reference of the person whose name the private text ``key`` is, or "" where it names nobody.

    The rule: ``actor_name`` names the actor; ``object_label`` the object, where that is a person (its type is
    ``person`` or ``user``, or its id is a person's reference); ``member_name`` the person whose reference stands in
    ``changes`` under ``member``, and so on for every ``…_name``.
    """
    if key == "actor_name":
        return _person(body["actor"])
    if key == "object_label":
        about = body["object"]
        return _person(about["id"]) or (f"person:{about['id']}" if about["type"] in ("person", "user") else "")
    if key.endswith("_name"):
        return _person(body["changes"].get(key.removesuffix("_name")))
    return ""


def shown(value: Any, say: Say = str) -> str:
    """Return a value of ``changes`` as people read it."""
    if value is None or value == "":
        return say(_("nothing"))
    if isinstance(value, bool):
        return say(_("yes") if value else _("no"))
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(item, say) for item in value) or say(_("nothing"))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(item, say)}" for key, item in value.items()) or say(_("nothing"))
    return say(_("[not recorded]")) if isinstance(value, _Missing) else str(value)


class _Formatter(string.Formatter):
    def __init__(self, say: Say) -> None:
        self.say = say

    def format_field(self, value: Any, format_spec: str) -> str:
        one, _, several = format_spec.partition("|")
        said = shown(value, self.say)
        return f"{said} {one if value == 1 else several}" if several else said

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), _Missing())

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        name, _, rest = field_name.partition("[")
        value = self.get_value(name, args, kwargs)
        if rest and isinstance(value, Mapping):
            value = value.get(rest.removesuffix("]"), _Missing())
        return value, name


class _Missing:
    """A template that was changed after an event was recorded must not break the page that shows it."""


def _actor(reference: str | None, say: Say) -> str:
    if reference is None:
        return say(_("An unknown person"))
    return say(_("The system")) if reference == "system" else reference


def _person(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("person:") else ""


def _with_titles(value: Any, titles: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_titles(one, titles) for one in value]
    title = titles.get(value) if isinstance(value, str) else None
    return quoted(title) if title else value


def quoted(text: str) -> str:
    """A title or a text of somebody's as it stands in a sentence: between quotation marks, and cut where it is long."""
    return f"“{text}”" if len(text) <= LONGEST_TITLE else f"“{text[: LONGEST_TITLE - 1].rstrip()}…”"


def _in_words(code: Any, say: Say) -> Any:
    return say(code.replace("_", " ").capitalize()).lower() if isinstance(code, str) and code else code


def _erased(key: str, body: Mapping[str, Any], say: Say) -> str:
    return person_named_by(key, body) or say(ERASED)
