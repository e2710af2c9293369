"""The JSON Schema of a catalogue file, so that editors complete and check while somebody writes.

A file holds some of the keys of the catalogue: lists, single parts, the head of a questionnaire or one of its sections.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from compliance.catalogue.load import LISTS
from compliance.catalogue.model import Release

HEAD = ("key", "version", "title", "published_on")


def catalogue_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. Every scalar may stand as YAML reads it: ``yes``, ``2`` and ``50.1`` are ids where the catalogue wants ids."""
    whole = TypeAdapter(Release).json_schema(ref_template="#/$defs/{model}")
    parts = whole["properties"]
    definitions = {name: _as_written(part) for name, part in whole["$defs"].items()}
    definitions["Questionnaire"]["properties"].pop("sections")
    definitions["Questionnaire"]["required"].remove("sections")
    properties = {name: _as_written(parts[name]) for name in LISTS}
    properties |= {
        "catalogue": {
            "type": "object", "additionalProperties": False, "required": list(HEAD), "properties": {name: _as_written(parts[name]) for name in HEAD},
        },
        "questionnaire": {"$ref": "#/$defs/Questionnaire"},
        "section": {"$ref": "#/$defs/Section"},
    }  # fmt: skip
    for name, of in (
        ("exchange", "Exchange"),
        ("recommendation", "Recommendation"),
        ("staleness", "Staleness"),
        ("arithmetic", "Arithmetic"),
        ("robustness", "Robustness"),
    ):
        properties[name] = {"$ref": f"#/$defs/{of}"}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "A file of Countersign's catalogue",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
        "$defs": dict(sorted(definitions.items())),
    }


def _as_written(part: Any) -> Any:
    """A text may be written as a bare number, a truth or a day, since the loader takes the source text of every scalar."""
    if isinstance(part, list):
        return [_as_written(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {key: _as_written(value) for key, value in part.items() if key not in ("default", "title")} | (
        {"title": part["title"]} if isinstance(part.get("title"), dict) else {}
    )
    if part.get("type") == "string" and "enum" not in part and "const" not in part:
        part["type"] = ["string", "number", "boolean"]
        part.pop("format", None)
    return part
