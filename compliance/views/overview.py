"""The front page of the catalogue, and what changed between two releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from compliance import releases
from compliance.catalogue.diff import Change, diff
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from compliance.catalogue.reference import Scenario
from compliance.views.pages import Link, Place, answer_in_words, changes_url, context, former, release_or_404, sourcings_in_words
from compliance.views.words import FIELDS, INSTRUMENTS, LEANS, PARTS, SCOPES, VERIFIED


@dataclass(frozen=True)
class Published:
    """One published release in the list."""

    release: Release
    digest: str
    questions_url: str
    changes_url: str


@member()
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Which releases are published, and what the newest holds."""
    named = sorted(releases.published(), key=lambda item: (item[0], -item[1]))
    found = [releases.by_name(f"{key}@{version}") for key, version, _path in named]
    if not found:
        return render(request, "compliance/none.html", {"nav": "catalogue"})
    listed = []
    for release in found:
        place, before = Place(request, release), former(release)
        listed.append(
            Published(release, index(release).digest, place.url("questions"), changes_url(place, before.name) if before is not None else "")
        )
    place = Place(request, releases.newest())
    release = place.release
    verified: Counter[str] = Counter(source.verified for source in release.sources)
    instruments: Counter[str] = Counter(obligation.instrument for obligation in release.obligations)
    scored = Counter(question.criterion for question in place.known.questions.values() if question.scored)
    more = {
        "published": listed,
        "former": former(release),
        "questions": len(place.known.questions),
        "blockers": sum(rule.blocker for rule in release.rules),
        "questionnaires": [_questionnaire(place, q) for q in release.questionnaires],
        "instruments": [(label, instruments[id_], f"{place.url('obligations')}#{id_}") for id_, label in INSTRUMENTS.items() if instruments[id_]],
        "verified": [(label, verified[id_], f"{place.url('sources')}?verified={id_}") for id_, label in VERIFIED.items() if verified[id_]],
        "criteria": [(criterion, scored[criterion.id]) for criterion in release.criteria],
        "archetypes": [
            {"archetype": a, "lean": LEANS[a.lean], "sources": place.sources(a.sources)} for a in release.archetypes
        ],
        "weights": _weights(release),
        "scenarios": [
            {"scenario": s, "changes": _scenario(place, s), "sources": place.sources(s.sources)} for s in release.scenarios
        ],
    }  # fmt: skip
    return render(request, "compliance/catalogue.html", context(request, place, "catalogue", **more))


def _questionnaire(place: Place, questionnaire: Any) -> dict[str, Any]:
    asked = [question for section in questionnaire.sections for question in section.questions]
    once = sum(question.scope == "use_case" for question in asked)
    url = f"{place.url('questions')}#{questionnaire.id}"
    return {"title": questionnaire.title, "url": url, "count": len(asked), "once": once, "each": len(asked) - once}


def _weights(release: Release) -> list[dict[str, Any]]:
    """Each set of weights as shares in per cent, in the order of the criteria: archetypes, then the other profiles."""
    rows = []
    for kind, sets in (("archetype", release.archetypes), ("profile", release.profiles)):
        for one in sets:
            whole = sum(one.weights.values()) or 1
            shares = [f"{one.weights.get(c.id, 0) / whole * 100:.0f}" for c in release.criteria]
            rows.append({"kind": kind, "title": one.title, "description": one.description, "shares": shares})
    return rows


def _scenario(place: Place, scenario: Scenario) -> list[Link]:
    """What a scenario changes, one line each."""
    found = []
    for change in scenario.answers:
        link = place.question(change.question)
        said = answer_in_words(place.known.questions.get(change.question), change.value)
        note = f"{said} ({sourcings_in_words(change.sourcings)})" if change.sourcings else said
        found.append(Link(link.text, link.url, note))
    for id_, factor in scenario.weights.items():
        found.append(Link(place.criterion(id_).text, "", _("weight × %(factor)s") % {"factor": f"{factor:f}"}))
    for price in scenario.prices:
        note = _("× %(factor)s") % {"factor": f"{price.factor:f}"}
        found.append(Link(figure_name(place.release, price.category, price.key), "", f"{note} ({sourcings_in_words(price.sourcings)})"))
    return found


def figure_name(release: Release, category: str, key: str) -> str:
    """What a cost key is called."""
    fields = (field for one in release.cost_categories if one.id == category for field in one.fields)
    return next((field.text for field in fields if field.key == key), key.replace("_", " "))


@member()
@require_safe
def changes(request: HttpRequest, release: str, other: str) -> HttpResponse:
    """What is different in ``release`` from ``other``, by part, with what it said before and says now."""
    new, old = Place(request, release_or_404(release)), Place(request, release_or_404(other))
    found = diff(old.release, new.release)
    parts = list(dict.fromkeys([*PARTS, *(change.part for change in found)]))
    groups = []
    for part in parts:
        mine = [change for change in found if change.part == part]
        if mine:
            kinds: Counter[str] = Counter(change.kind for change in mine)
            rows = [
                (kind, label, [_row(change, old, new) for change in mine if change.kind == kind])
                for kind, label in (("changed", _("Changed")), ("added", _("Added")), ("removed", _("Removed")))
                if kinds[kind]
            ]
            groups.append({"id": part.replace(" ", "-"), "title": PARTS.get(part, part), "kinds": rows, "count": len(mine)})
    names = [f"{key}@{version}" for key, version, _path in releases.published()]
    others = [(name, changes_url(new, name)) for name in names if name not in (new.release.name, old.release.name)]
    more = {"other": old.release, "groups": groups, "others": others, "count": len(found)}
    return render(request, "compliance/changes.html", context(request, new, "changes", **more))


def _row(change: Change, old: Place, new: Place) -> dict[str, Any]:
    place = old if change.kind == "removed" else new
    fields = [_field(name, (old, before), (new, after)) for name, (before, after) in change.fields.items()]
    return {"change": change, "title": change.title or change.id, "url": part_url(place, change.part, change.id), "fields": fields}


def part_url(place: Place, part: str, id_: str) -> str:
    """Where a part of the release is shown; empty where it has no place of its own."""
    if part == "question":
        return place.question_url(id_) if id_ in place.known.questions else ""
    if part in ("rule", "obligation", "source", "provider", "model", "proposal"):
        page = {"rule": "rules", "source": "sources", "provider": "reference", "model": "reference"}.get(part, "obligations")
        anchor = {"source": "source-", "provider": "provider-", "model": "model-", "proposal": "proposal-"}.get(part, "")
        return f"{place.url(page)}#{anchor}{id_}"
    if part == "questionnaire":
        return f"{place.url('questions')}#{id_}"
    if part in ("loss scenario", "loss change", "loss transfer"):
        return place.loss(id_.partition("/")[0]).url
    if part == "robustness":
        return f"{place.url('reference')}#robustness"
    return ""


def _field(name: str, before: tuple[Place, Any], after: tuple[Place, Any]) -> dict[str, Any]:
    """One field that changed: of lists only the entries that did, of anything else both sides whole; conditions and ids in words."""
    label = FIELDS.get(name, name.replace("_", " ").capitalize())
    if name in ("when", "met_when"):
        clauses = [place.clause(value) or ([_("always")] if value else []) for place, value in (before, after)]
        return {"name": label, "before": clauses[0], "after": clauses[1]}
    was, now = (_in_words(place, name, value) for place, value in (before, after))
    if len(was) > 1 or len(now) > 1:
        was, now = [line for line in was if line not in now], [line for line in now if line not in was]
        if not was and not now:
            was = now = [_("the same entries in another order")]
    return {"name": label, "before": was, "after": now}


def _in_words(place: Place, name: str, value: Any) -> list[str]:
    """A field's value as lines; ids of other parts by what those are called."""
    known = place.known
    if name == "scope":
        return [str(SCOPES[value or "use_case"])]  # the usual scope isn't written down
    if name == "sources":
        return [known.sources[id_].title if id_ in known.sources else id_ for id_ in value or ()]
    if name in ("shown_by", "because"):
        return [place.question(id_).text for id_ in value or ()]
    if name == "obligations":
        return [place.obligation(id_).text for id_ in value or ()]
    return said(value)


def said(value: Any) -> list[str]:
    """A piece of data as lines to read; nothing for what isn't there."""
    if value is None or value == "" or value == [] or value == {}:
        return []
    if isinstance(value, bool):
        return [_("yes") if value else _("no")]
    if isinstance(value, Mapping):
        return [_pairs({key: item}) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [_pairs(item) if isinstance(item, Mapping) else ", ".join(_words(item)) for item in value]
    return [str(value)]


def _pairs(item: Mapping[str, Any]) -> str:
    """An entry on one line: what it is known by first, then the rest by name."""
    parts = []
    for key, value in item.items():
        words = ", ".join(_words(value))
        parts.append(words if key in ("id", "text", "known_from") else f"{key.replace('_', ' ')}: {words}")
    return " · ".join(part for part in parts if part)


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, bool):
        return [_("yes") if value else _("no")]
    if isinstance(value, list | tuple):
        return [", ".join(_words(one)) for one in value]
    if isinstance(value, Mapping):
        return [f"({_pairs(value)})"]
    return [str(value)] if value is not None else []
