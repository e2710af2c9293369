"""What rests on each source: for the list of sources, and to find those on which nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from compliance.catalogue.model import Release

KINDS = {
    "questions": "question", "rules": "rule", "obligations": "obligation", "class_rules": "class line", "archetypes": "archetype",
    "criteria": "criterion", "cost_categories": "cost", "providers": "provider", "models": "model", "published": "published value",
    "prices": "price", "benchmarks": "benchmark", "scenarios": "scenario", "proposals": "proposal", "clocks": "clock", "rates": "exchange rate",
    "losses": "loss scenario",
}  # fmt: skip
NAMED_BY = ("id", "reference", "question", "key", "currency", "category")


def resting_on(release: Release) -> Mapping[str, tuple[str, ...]]:
    """Source id -> what rests on it, such as ``question ai-act.roles``, in catalogue order; every source has an entry."""
    found: dict[str, dict[str, None]] = {source.id: {} for source in release.sources}
    for source, what in _uses(release, "catalogue"):
        found.setdefault(source, {})[what] = None
    return {source: tuple(what) for source, what in found.items()}


def _uses(item: Any, what: str) -> Iterator[tuple[str, str]]:
    for f in fields(item):
        value = getattr(item, f.name)
        if f.name == "sources" and value and isinstance(value[0], str):
            yield from ((source, what) for source in value)
        elif f.name == "source" and isinstance(value, str):
            yield value, what
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for part in value:
                kind = KINDS.get(f.name)
                yield from _uses(part, f"{kind} {_name(part)}" if kind else what)
        elif is_dataclass(value):
            yield from _uses(value, f.name)


def _name(part: Any) -> str:
    return next(str(value) for name in NAMED_BY if (value := getattr(part, name, None)))
