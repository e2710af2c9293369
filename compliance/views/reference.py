"""The sources with what rests on each, and the reference data: who says what, since when, and whether that is out of date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member
from compliance import addresses
from compliance.catalogue.index import index
from compliance.catalogue.model import CostDefault, CostField
from compliance.catalogue.reference import Price, Published
from compliance.catalogue.resting import resting_on
from compliance.views.losses import losses, robustness
from compliance.views.overview import figure_name, part_url
from compliance.views.pages import Link, Place, answer_in_words, context, release_or_404, sourcings_in_words
from compliance.views.typed import shown
from compliance.views.words import PARTS, RESTING, VERIFIED


@member()
@require_safe
def sources(request: HttpRequest, release: str) -> HttpResponse:
    """Each source with how far it was verified and what rests on it; ``verified`` shows those of one kind."""
    place = Place(request, release_or_404(release))
    wanted = request.GET.get("verified", "")
    wanted = wanted if wanted in VERIFIED else ""
    resting, acts = resting_on(place.release), index(place.release).acts
    rows = [
        {
            "source": source, "address": addresses.of_source(source.title, source.reference, acts),
            "resting": _resting(place, resting[source.id]), "count": len(resting[source.id]),
        }
        for source in sorted(place.release.sources, key=lambda source: source.title.casefold())
        if wanted in ("", source.verified)
    ]  # fmt: skip
    counts = [(id_, label, sum(s.verified == id_ for s in place.release.sources)) for id_, label in VERIFIED.items()]
    more = {"rows": rows, "verified": wanted, "counts": [one for one in counts if one[2]], "all": len(place.release.sources)}
    return render(request, "compliance/sources.html", context(request, place, "sources", **more))


def _resting(place: Place, what: Iterable[str]) -> list[tuple[str, list[Link]]]:
    """What rests on a source, by kind, each with its title and its place where it has one."""
    found: dict[str, list[Link]] = {}
    for item in what:
        kind = next((k for k in sorted({*PARTS, *RESTING}, key=len, reverse=True) if item == k or item.startswith(k + " ")), item)
        found.setdefault(kind, []).append(_rests(place, kind, item[len(kind) :].strip()))
    return [(str(PARTS.get(kind) or RESTING.get(kind) or kind.capitalize()), links) for kind, links in found.items()]


def _rests(place: Place, kind: str, id_: str) -> Link:
    if kind in ("question", "published value"):
        return place.question(id_)
    if kind == "rule":
        return place.rule(id_)
    if kind == "obligation":
        return place.obligation(id_)
    if kind == "class line":
        return place.line(id_)
    if kind == "criterion":
        return place.criterion(id_)
    if kind == "loss scenario":
        return place.loss(id_)
    release = place.release
    named = {
        "archetype": release.archetypes, "scenario": release.scenarios, "proposal": release.proposals, "cost": release.cost_categories,
        "provider": release.providers, "model": release.models,
    }.get(kind, ())  # fmt: skip
    text = next((getattr(one, "title", "") or getattr(one, "name", "") for one in named if one.id == id_), "")  # type: ignore[attr-defined]
    return Link(text or id_.replace("_", " ") or str(PARTS.get(kind) or RESTING.get(kind) or kind), part_url(place, kind, id_))


@member()
@require_safe
def reference(request: HttpRequest, release: str) -> HttpResponse:
    """Providers, models, published values, prices, benchmarks, cost defaults, scenarios of loss and doubts; ``provider`` shows what is known of
    one."""
    place = Place(request, release_or_404(release))
    content = place.release
    provider = place.known.providers.get(request.GET.get("provider", ""))
    named = [provider] if provider else list(content.providers)
    prices = [item for item in content.prices if provider is None or item.provider == provider.id]
    values = [item for item in content.published if provider is None or item.provider == provider.id]
    more: dict[str, Any] = {
        "provider": provider,
        "providers": content.providers,
        "named": [{"named": one, "sources": place.sources(one.sources)} for one in named],
        "models": [] if provider else [{"named": one, "sources": place.sources(one.sources)} for one in content.models],
        "published": _by_subject(place, values),
        "values": len(values),
        "prices": _by_figure(place, prices),
        "price_count": len(prices),
        "benchmarks": []
        if provider
        else [
            {"benchmark": b, "source": place.known.sources[b.source], "question": place.question(b.question), "stale": place.stale(b.on)}
            for b in content.benchmarks
        ],
        "defaults": [] if provider else _defaults(place),
        "exchange": None if provider else content.exchange,
        "losses": [] if provider else losses(place),
        "robustness": None if provider else robustness(place),
        "anything": bool(
            content.providers
            or content.models
            or content.published
            or content.prices
            or content.benchmarks
            or content.losses
            or content.robustness
        ),
    }
    return render(request, "compliance/reference.html", context(request, place, "reference", **more))


def said_of(place: Place, items: Iterable[Published]) -> list[dict[str, Any]]:
    """Published values in words, the newest first."""
    return [
        {
            "about": about(place, item) or sourcings_in_words(item.sourcings),
            "question": place.question(item.question),
            "value": answer_in_words(place.known.questions.get(item.question), item.value),
            "sourcings": sourcings_in_words(item.sourcings),
            "item": item,
            "source": place.known.sources[item.source],
            "stale": place.stale(item.on),
        }
        for item in sorted(items, key=lambda item: item.on, reverse=True)
    ]


def about(place: Place, item: Published | Price) -> str:
    """Whose value it is: provider and model by name."""
    names = (place.known.providers.get(item.provider or ""), place.known.models.get(item.model or ""))
    return ", ".join(one.name for one in names if one is not None)


def _by_subject(place: Place, items: Iterable[Published]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in said_of(place, items):
        found.setdefault(row["about"], []).append(row)
    order = [*(p.name for p in place.release.providers), *(m.name for m in place.release.models)]
    rank = {name: position for position, name in enumerate(order)}
    return sorted(found.items(), key=lambda pair: (rank.get(pair[0].split(", ")[0], len(rank)), pair[0]))


def _by_figure(place: Place, items: Iterable[Price]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(items, key=lambda item: item.on, reverse=True):
        row = {
            "about": ", ".join(part for part in (about(place, item), item.hardware) if part) or sourcings_in_words(item.sourcings),
            "figure": _figure(item),
            "item": item,
            "source": place.known.sources[item.source],
            "stale": place.stale(item.on, price=True),
        }
        found.setdefault(figure_name(place.release, item.category, item.key), []).append(row)
    return sorted(found.items())


def _figure(item: Price | CostDefault | CostField) -> dict[str, str]:
    """The likely figure with its currency, and its range where one is given."""
    currency = getattr(item, "currency", "")
    low, high = (shown(one) if one is not None else "" for one in (item.low, item.high))
    span = f"{low} – {high}" if low and high else ""
    return {"likely": f"{shown(item.likely)} {currency}".strip() if item.likely is not None else "", "range": span}


def _defaults(place: Place) -> list[dict[str, Any]]:
    """The dated defaults of the cost figures by category; a figure with none is left out."""
    groups = []
    for category in place.release.cost_categories:
        rows = []
        for field in category.fields:
            if field.likely is not None:
                on = field.on or place.release.published_on
                rows.append(_default(place, field, field, on, ""))
            rows += [_default(place, field, item, item.on, sourcings_in_words(item.sourcings)) for item in field.defaults]
        if rows:
            groups.append({"title": category.title, "rows": rows})
    return groups


def _default(place: Place, field: CostField, item: CostDefault | CostField, on: Any, sourcings: str) -> dict[str, Any]:
    return {
        "field": field, "figure": _figure(item), "sourcings": sourcings, "on": on, "sources": place.sources(item.sources),
        "note": item.note if isinstance(item, CostDefault) else "", "stale": place.stale(on, price=True),
    }  # fmt: skip
