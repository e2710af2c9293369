"""What is offered beside a cost figure: published prices of the provider, model or hardware, and the catalogue's dated default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from django.utils import timezone

from assessments.evaluation import release_of
from assessments.models import Assessment, Option
from assessments.scoring.costs import conversion
from assessments.scoring.rounding import COMPUTING
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from compliance.catalogue.offers import PriceOffer, default_for, prices_for


def day_of(assessment: Assessment) -> date:
    """The day on which an open assessment reads law, prices and published values."""
    return assessment.as_of or timezone.now().date()


@dataclass(frozen=True)
class FigureOffer:
    """A published or usual figure in the option's own currency, as text for its fields; ``source`` is what a figure taken over is marked with."""

    low: str
    likely: str
    high: str
    unit: str
    about: str
    on: date
    source: str
    remark: str
    stale: bool

    @property
    def amounts(self) -> dict[str, str]:
        return {"low": self.low, "likely": self.likely, "high": self.high}


def figure_offers(assessment: Assessment, release: Release, option: Option, category: str) -> Mapping[str, tuple[FigureOffer, ...]]:
    """Cost key -> what is offered for the option: published prices of its provider and model or of hardware, then the catalogue's default."""
    of = index(release).cost_categories.get(category)
    if of is None:
        return {}
    day = day_of(assessment)
    currency = option.currency or assessment.currency
    published = prices_for(
        release, provider=option.provider, model=option.model, sourcing=option.sourcing, category=category, as_of=day
    )  # fmt: skip
    found = {}
    for field in of.fields:
        offers = [*published.get(field.key, ())]
        if (usual := default_for(release, field, option.sourcing, day)) and not any(not o.about or _names_provider(o) for o in offers):
            offers.append(usual)
        shown = [made for offer in offers if (made := _figure_offer(release, offer, currency, day))]
        if shown:
            found[field.key] = tuple(shown)
    return found


def _names_provider(offer: PriceOffer) -> bool:
    """A published figure of the very provider or model; next to it the usual one only confuses."""
    return bool(offer.about) and not offer.hardware


def _figure_offer(release: Release, offer: PriceOffer, currency: str, day: date) -> FigureOffer | None:
    with localcontext(COMPUTING):
        rate = conversion(release.exchange, day, offer.currency, currency) if offer.currency else Decimal(1)
    if rate is None:
        return None

    def text(number: Decimal | None) -> str:
        return "" if number is None else f"{round(number * rate, 4 if number * rate < 1 else 2).normalize():f}"

    ranged = offer.low is not None and offer.high is not None
    converted = f" ({offer.currency} {offer.likely.normalize():f})" if offer.currency not in ("", currency) else ""
    titles = "; ".join(s.title for s in offer.sources)
    named = f"{offer.about}: " if offer.about else ""
    return FigureOffer(
        text(offer.low) if ranged else "", text(offer.likely), text(offer.high) if ranged else "", currency if offer.currency else "",
        offer.about, offer.on, f"{named}{titles}, as of {offer.on.day} {offer.on:%B %Y}{converted}", offer.note, offer.stale,
    )  # fmt: skip


def renew_sources(assessment: Assessment, option: Option) -> None:
    """After the option's currency changed: a figure keeps a source only where it still equals what is offered."""
    for figure in option.figures.exclude(source=""):
        amounts = {"low": figure.low, "likely": figure.likely, "high": figure.high}
        figure.source = source_of_figure(assessment, option, figure.category, figure.key, amounts)[:300]
        figure.save(update_fields=["source"])


def source_of_figure(assessment: Assessment, option: Option, category: str, key: str, amounts: Mapping[str, Decimal | None]) -> str:
    """The source of a cost figure that equals what is offered for it, or ""."""
    for offer in figure_offers(assessment, release_of(assessment), option, category).get(key, ()):
        if all(amounts[part] == (Decimal(text) if text else None) for part, text in offer.amounts.items()):
            return offer.source
    return ""
