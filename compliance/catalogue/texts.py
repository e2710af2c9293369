"""Every text that a person sees, by a key that stays when the text is reworded: what a translation beside the content will be filed under."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from compliance.catalogue.model import Release

PROSE = frozenset(
    {
        "text",
        "title",
        "why",
        "help",
        "intro",
        "description",
        "lean_reason",
        "message",
        "note",
        "unit",
        "status",
        "closed",
        "open",
        "examples",
    }
)
NAMES = {
    "questionnaires": "questionnaire", "sections": "section", "questions": "question", "choices": "choice", "bands": "band", "criteria": "criterion",
    "archetypes": "archetype", "profiles": "profile", "rules": "rule", "class_headings": "class", "class_rules": "class-line",
    "obligations": "obligation", "dates": "since", "proposals": "proposal", "sources": "source", "cost_categories": "cost", "fields": "figure",
    "defaults": "default", "providers": "provider", "models": "model", "published": "published", "prices": "price", "benchmarks": "benchmark",
    "scenarios": "scenario", "clocks": "clock", "steps": "step", "losses": "loss", "changes": "change", "transfers": "transfer",
}  # fmt: skip
ROOTS = frozenset({"question"})  # keyed by their own id alone: a question keeps its texts when it moves to another section


def texts(release: Release) -> Iterator[tuple[str, str]]:
    """(key, English text), for instance ``question.ai-act.roles.choice.provider.text``; keys are unique."""
    yield "catalogue.title", release.title
    yield from _walk(release, "", top=True)


def _walk(item: Any, key: str, top: bool = False) -> Iterator[tuple[str, str]]:
    for f in fields(item):
        value = getattr(item, f.name)
        if f.name in PROSE and isinstance(value, str) and not top:
            if value:
                yield f"{key}.{f.name}", value
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            name = NAMES.get(f.name, f.name)
            above = "" if name in ROOTS or not key else f"{key}."
            seen: Counter[str] = Counter()
            for part in value:
                own = _own_key(part)
                seen[own] += 1
                yield from _walk(part, f"{above}{name}.{own}" + (f".{seen[own]}" if seen[own] > 1 else ""))
        elif is_dataclass(value):
            yield from _walk(value, f"{key}.{f.name}" if key else f.name)


def _own_key(item: Any) -> str:
    """What an entry is known by among its like: its id, or the fields that tell it apart."""
    for name in ("id", "known_from"):
        if hasattr(item, name):
            return str(getattr(item, name))
    parts = [
        getattr(item, name, None)
        for name in ("risk_class", "reference", "category", "key", "provider", "model", "hardware", "question", "choice", "currency", "on")
    ]
    sourcings = getattr(item, "sourcings", ())
    return "|".join(str(part) for part in (*parts, *sourcings) if part)
