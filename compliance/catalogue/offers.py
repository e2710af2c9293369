"""What the reference data offers beside a question or a figure: the published value for the provider and model that an option names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compliance.catalogue.index import index
from compliance.catalogue.model import CostDefault, CostField, Release, Source
from compliance.catalogue.reference import Named, Price, Published

_APART = re.compile(r"[^a-z0-9.]+")


def plain_name(text: str) -> str:
    """A name as it is compared: lower case, every run of other signs a single space."""
    return _APART.sub(" ", text.casefold()).strip()


def provider_named(release: Release, text: str) -> Named | None:
    """The provider that ``text`` names, by its name or an alias in full."""
    wanted = plain_name(text)
    return next((p for p in release.providers if wanted and wanted in {plain_name(n) for n in (p.name, *p.aliases)}), None)


def model_named(release: Release, text: str) -> Named | None:
    """The model that ``text`` names: the longest name or alias that it begins with, up to the end of a word or version."""
    wanted = plain_name(text) + " "
    found = [
        (len(beginning), model)
        for model in release.models
        for name in (model.name, *model.aliases)
        if wanted.startswith((beginning := plain_name(name)) + " ") and beginning
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


@dataclass(frozen=True)
class Offer:
    """A published answer: what its source said on day ``on``. ``stale``: that is longer ago than the release's limit, on the day asked for."""

    question: str
    value: str | tuple[str, ...]
    on: date
    source: Source
    note: str
    about: str
    stale: bool


def published_for(release: Release, *, provider: str, model: str, sourcing: str, as_of: date) -> Mapping[str, Offer]:
    """Question id -> the offer for an option with these names (as typed), as known on ``as_of``.

    What is said of provider and model together comes before what is said of one of them, and of two the newer one counts.
    """
    known = index(release)
    by, what = provider_named(release, provider), model_named(release, model)
    best: dict[str, Published] = {}
    for item in release.published:
        if not _concerns(item, by, what, sourcing) or item.on > as_of:
            continue
        if (other := best.get(item.question)) is None or _rank(item) > _rank(other):
            best[item.question] = item
    limit = release.staleness.terms_days if release.staleness else None
    return {
        id_: Offer(id_, item.value, item.on, known.sources[item.source], item.note, _about(item, by, what), _stale(item.on, as_of, limit))
        for id_, item in best.items()
    }


def _concerns(item: Published | Price, provider: Named | None, model: Named | None, sourcing: str) -> bool:
    if item.sourcings and sourcing not in item.sourcings:
        return False
    if item.provider is not None and (provider is None or provider.id != item.provider):
        return False
    return item.model is None or (model is not None and model.id == item.model)


def _rank(item: Published | Price) -> tuple[int, bool, date]:
    """How close an entry is to the option; the newest of the closest counts."""
    return (item.provider is not None) + (item.model is not None), bool(item.sourcings), item.on


def _about(item: Published | Price, provider: Named | None, model: Named | None) -> str:
    named = [n.name for n, id_ in ((provider, item.provider), (model, item.model)) if n is not None and id_ is not None]
    return ", ".join(named)


def _stale(on: date, as_of: date, limit: int | None) -> bool:
    return limit is not None and (as_of - on).days > limit


@dataclass(frozen=True)
class PriceOffer:
    """A published figure for a cost key; ``currency`` empty where it is no money. ``about`` says whose it is: provider, model, hardware."""

    key: str
    likely: Decimal
    low: Decimal | None
    high: Decimal | None
    currency: str
    on: date
    sources: tuple[Source, ...]
    note: str
    about: str
    stale: bool
    hardware: str = ""


def prices_for(
    release: Release, *, provider: str, model: str, sourcing: str, category: str, as_of: date
) -> Mapping[str, tuple[PriceOffer, ...]]:
    """Cost key -> published figures for an option with these names: the closest and newest, and one for each kind of hardware."""
    known = index(release)
    by, what = provider_named(release, provider), model_named(release, model)
    best: dict[tuple[str, str], Price] = {}
    for item in release.prices:
        if item.category != category or item.on > as_of or not _concerns(item, by, what, sourcing):
            continue
        place = (item.key, item.hardware)
        if (other := best.get(place)) is None or _rank(item) > _rank(other):
            best[place] = item
    limit = release.staleness.prices_days if release.staleness else None
    found: dict[str, list[PriceOffer]] = {}
    for (key, hardware), item in best.items():
        about = ", ".join(part for part in (_about(item, by, what), hardware) if part)
        found.setdefault(key, []).append(
            PriceOffer(
                key, item.likely, item.low, item.high, item.currency, item.on, (known.sources[item.source],), item.note, about,
                _stale(item.on, as_of, limit), hardware,
            )
        )  # fmt: skip
    return {key: tuple(offers) for key, offers in found.items()}


def default_for(release: Release, field: CostField, sourcing: str, as_of: date) -> PriceOffer | None:
    """The catalogue's dated default of a cost key for a sourcing; None where no source gives one by ``as_of``."""
    known = index(release)
    limit = release.staleness.prices_days if release.staleness else None

    def offer(item: CostDefault | CostField, on: date, currency: str, note: str, sources: Iterable[str]) -> PriceOffer | None:
        if item.likely is None or (item.on is not None and item.on > as_of):
            return None
        return PriceOffer(
            field.key, item.likely, item.low, item.high, currency, on, tuple(known.sources[s] for s in sources), note, "",
            _stale(on, as_of, limit),
        )  # fmt: skip

    own = [d for d in field.defaults if sourcing in d.sourcings and d.on <= as_of]
    if own:
        newest = max(own, key=lambda d: d.on)
        return offer(newest, newest.on, newest.currency, newest.note, newest.sources)
    stated = field.unit.split(" ")[0]
    currency = stated if len(stated) == 3 and stated.isupper() else ""
    return offer(field, field.on or release.published_on, currency, "", field.sources)
