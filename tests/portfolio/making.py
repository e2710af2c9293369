"""Portfolios in bulk: assessments with their facts as rows of the database, past the services, since only reading them is tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from assessments.models import Assessment, Standing, StandingDuty, StandingRisk, StandingYear, UseCase
from compliance.catalogue.index import index
from compliance.releases import newest
from tests.fixtures import Cast

FACTS: dict[str, Any] = {
    "risk_class": "limited", "outcome": "clear", "recommended": "Vendor", "recommended_sourcing": "closed_api",
    "chosen": "Vendor", "chosen_sourcing": "closed_api", "sourcing": "closed_api", "provider": "Acme", "model": "One", "score": Decimal("70.0"),
    "score_best": Decimal("75.0"), "completeness": Decimal("0.9"), "currency": "EUR", "cost_per_year": Decimal("1000.00"), "cost_complete": True,
    "base_currency": "EUR", "base_cost_per_year": Decimal("1000.00"), "residual": "high",
}  # fmt: skip
OF_ASSESSMENT = ("status", "review_on", "as_of")


def add(
    cast: Cast,
    *given: dict[str, Any],
    years: Iterable[Decimal] = (),
    archetype: str = "customer-facing-chatbot",
    categories: Sequence[str] = ("",),
    duties: Sequence[tuple[date, str, str]] = ((date(2030, 1, 1), "ai-act", "gap"),),
) -> list[Assessment]:
    """An assessment for each of ``given``: its title, and where they differ its status, review_on, as_of, archetype and fields of its standing
    from FACTS. Each costs ``years``, has two findings in each of ``categories`` and three obligations for each of ``duties``.
    """
    release, now = newest(), timezone.now()
    use_cases = [
        UseCase(organisation=cast.organisation, name=g["title"], purpose="To test.", archetype=g.get("archetype", archetype)) for g in given
    ]
    UseCase.objects.bulk_create(use_cases)
    pinned = {"catalogue": f"{release.key}@{release.version}", "catalogue_digest": index(release).digest, "author": cast.risk_officer}
    assessments = [
        Assessment(
            organisation=cast.organisation, use_case=use_case, title=g["title"], as_of=g.get("as_of", date(2026, 11, 1)),
            status=g.get("status", "approved"), review_on=g.get("review_on"), **pinned,
        )
        for g, use_case in zip(given, use_cases, strict=True)
    ]  # fmt: skip
    Assessment.objects.bulk_create(assessments)
    standings = [
        Standing(
            assessment=a, catalogue_digest=a.catalogue_digest, refreshed_at=now, of_change=a.updated_at, read_on=a.as_of,
            **FACTS | {k: v for k, v in g.items() if k not in (*OF_ASSESSMENT, "title", "archetype")},
        )
        for a, g in zip(assessments, given, strict=True)
    ]  # fmt: skip
    Standing.objects.bulk_create(standings)
    StandingYear.objects.bulk_create(
        StandingYear(standing=s, year=n, amount=amount, base_amount=amount) for s in standings for n, amount in enumerate(years, 1)
    )
    StandingRisk.objects.bulk_create(
        StandingRisk(standing=s, category=c, severity=s.residual, count=2) for s in standings for c in categories
    )
    StandingDuty.objects.bulk_create(
        StandingDuty(standing=s, applies_from=day, instrument=instrument, status=status, count=3)
        for s in standings
        for day, instrument, status in duties
    )
    return assessments
