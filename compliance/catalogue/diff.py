"""What changed from one release to another, part by part and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from compliance.catalogue.index import as_data
from compliance.catalogue.model import Release

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Change:
    """One part that differs: ``part`` in the singular (``question``), its ``id``, and for each field that changed what it was and is, as data."""

    kind: Kind
    part: str
    id: str
    title: str
    fields: Mapping[str, tuple[Any, Any]]


def diff(old: Release, new: Release) -> tuple[Change, ...]:
    """Every change from ``old`` to ``new``: additions and changes in the new order, then what is gone."""
    return tuple(_changes(old, new))


def _changes(old: Release, new: Release) -> Iterator[Change]:
    before, after = dict(_parts(old)), dict(_parts(new))
    for key, data in after.items():
        part, id_ = key
        if key not in before:
            yield Change("added", part, id_, _title(data), {})
        elif fields := {f: (before[key].get(f), data.get(f)) for f in {**before[key], **data} if before[key].get(f) != data.get(f)}:
            yield Change("changed", part, id_, _title(data), fields)
    for key, data in before.items():
        if key not in after:
            yield Change("removed", *key, _title(data), {})


def _parts(release: Release) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every part of a release under its kind and id."""
    whole = {
        "title": release.title,
        "base currency": release.exchange.base,
        "roles question": release.roles_question,
        "notes": release.notes,
    }
    yield ("catalogue", release.key), whole
    for questionnaire in release.questionnaires:
        yield ("questionnaire", questionnaire.id), {"title": questionnaire.title, "intro": questionnaire.intro}
        for section in questionnaire.sections:
            place = {"questionnaire": questionnaire.id, "section": section.id}
            yield ("section", f"{questionnaire.id}/{section.id}"), {"title": section.title, "intro": section.intro}
            for question in section.questions:
                yield ("question", question.id), as_data(question) | place
    for part, items in (
        ("criterion", release.criteria), ("archetype", release.archetypes), ("profile", release.profiles), ("rule", release.rules),
        ("obligation", release.obligations), ("proposal", release.proposals), ("provider", release.providers), ("model", release.models),
        ("scenario", release.scenarios), ("source", release.sources),
    ):  # fmt: skip
        for item in items:
            yield (part, item.id), as_data(item)
    for heading in release.class_headings:
        yield ("class", heading.risk_class), as_data(heading)
    numbered: dict[str, int] = {}
    for line in release.class_rules:
        name = f"{line.risk_class}: {line.reference}"
        numbered[name] = numbered.get(name, 0) + 1
        yield ("class line", name + (f" ({numbered[name]})" if numbered[name] > 1 else "")), as_data(line)
    for category in release.cost_categories:
        yield ("cost category", category.id), {k: v for k, v in as_data(category).items() if k != "fields"}
        for field in category.fields:
            yield ("cost figure", f"{category.id}.{field.key}"), as_data(field)
    for rate in release.exchange.rates:
        yield ("exchange rate", f"{rate.currency} on {rate.on}"), as_data(rate)
    for said in release.published:
        about = " / ".join(n for n in (said.provider, said.model, *said.sourcings) if n)
        yield ("published value", f"{said.question}: {about} on {said.on}"), as_data(said)
    for price in release.prices:
        about = " / ".join(n for n in (price.provider, price.model, price.hardware, *price.sourcings) if n)
        yield ("price", f"{price.category}.{price.key}: {about} on {price.on}"), as_data(price)
    for mark in release.benchmarks:
        yield ("benchmark", f"{mark.category} on {mark.on}"), as_data(mark)
    for loss in release.losses:
        yield ("loss scenario", loss.id), {k: v for k, v in as_data(loss).items() if k not in ("changes", "transfers")}
        for change in loss.changes:  # a factor of 1 is left out of the data, and said here
            yield ("loss change", f"{loss.id}/{change.id}"), {"frequency": "1", "magnitude": "1"} | as_data(change)
        for transfer in loss.transfers:
            yield ("loss transfer", f"{loss.id}/{transfer.id}"), as_data(transfer)
    if (found := release.robustness) is not None:
        yield ("robustness", "robustness"), as_data(found) | {"doubts": {d.basis: as_data(d.share) for d in found.doubts}}
    for name in ("recommendation", "staleness", "arithmetic"):
        if (single := getattr(release, name)) is not None:
            yield (name, name), as_data(single)


def _title(data: Mapping[str, Any]) -> str:
    return str(data.get("title") or data.get("text") or data.get("name") or data.get("reference") or "")
