"""From an event to the sentence that people read. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

ERASED = "[erased]"
_FORMER_ACTION = "{actor} did {action} on {object}"


def render(sentence: str | None, body: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """Return the sentence of one event.

    ``sentence``: the action's template, or None for an action that is no longer registered; ``body``: the event's
    hashed content; ``texts``: the private texts that are still held, by key. Where a name has been erased the
    person's reference is shown in its place.
    """
    values: dict[str, Any] = dict(body["changes"])
    values |= {key: texts.get(key) or _erased(key, body) for key in body["private"]}
    values["actor"] = texts.get("actor_name") or _actor(body["actor"])
    values["object"] = texts.get("object_label") or f"{body['object']['type'].replace('_', ' ')} {body['object']['id']}"
    values["reason"] = texts.get("reason") or (ERASED if "reason" in body["private"] else "no reason given")
    values["action"] = body["action"]
    return _Formatter().vformat(sentence or _FORMER_ACTION, (), values)


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


def shown(value: Any) -> str:
    """Return a value of ``changes`` as people read it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(item) for item in value) or "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items()) or "nothing"
    return str(value)


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return shown(value)

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

    def __str__(self) -> str:
        return "[not recorded]"


def _actor(reference: str | None) -> str:
    if reference is None:
        return "An unknown person"
    return "The system" if reference == "system" else reference


def _person(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("person:") else ""


def _erased(key: str, body: Mapping[str, Any]) -> str:
    return person_named_by(key, body) or ERASED
