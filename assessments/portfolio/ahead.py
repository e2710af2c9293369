"""What of a portfolio is at risk though nothing of it is overdue: two queries, from what is kept of each assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Sum

from assessments.models import Severity, StandingDuty, Status
from assessments.portfolio.concentration import Holder, merged
from assessments.portfolio.figures import Portfolio

GRAVE = (Severity.HIGH, Severity.CRITICAL)
DAYS = 30  # ahead in which an obligation counts as near


@dataclass(frozen=True)
class Ahead:
    """``concentrated``: the index per provider and per model where it is above the limit; ``grave``: approved assessments with a high or
    critical residual risk; ``duties``: obligations with a gap, by the day from which they apply and their instrument."""

    concentrated: Mapping[str, Decimal]
    grave: int
    duties: Mapping[tuple[date, str], int]


def ahead_of(portfolio: Portfolio) -> Ahead:
    groups = portfolio.counted.values_list("standing__provider", "standing__model", "status", "standing__residual")
    held: dict[str, Counter[str]] = {"provider": Counter(), "model": Counter()}
    grave = 0
    for provider, model, status, residual, count in groups.annotate(Count("pk")):
        held["provider"][provider] += count
        held["model"][model] += count
        grave += count if status == Status.APPROVED and residual in GRAVE else 0
    concentrated = {}
    for of, counts in held.items():
        found, level = portfolio.concentration(merged([Holder(name, count) for name, count in counts.items()]))
        if found is not None and level == "high":
            concentrated[of] = found
    near = (portfolio.today + timedelta(days=1), portfolio.today + timedelta(days=DAYS))
    rows = StandingDuty.objects.filter(standing__in=portfolio.counted.values("pk"), status="gap", applies_from__range=near)
    duties = rows.order_by("applies_from", "instrument").values_list("applies_from", "instrument").annotate(Sum("count"))
    return Ahead(concentrated, grave, {(day, instrument): count for day, instrument, count in duties})
