"""What of a portfolio is at risk though nothing of it is overdue: two queries, from what is kept of each assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, CharField, Count, Sum, Value, When

from assessments.models import Severity, StandingDuty, Status
from assessments.portfolio.concentration import Holder, merged
from assessments.portfolio.figures import FAILING, Portfolio

GRAVE = (Severity.HIGH, Severity.CRITICAL)
DAYS = 30  # ahead in which an obligation counts as near


@dataclass(frozen=True)
class Ahead:
    """``concentrated``: the index per provider and per model where it is above the limit and could be below it; ``pending``: so many
    assessments are being worked out, and the index isn't judged until they are; ``grave``: approved assessments with a high or critical
    residual risk; ``duties``: obligations with a gap, by the day from which they apply and their instrument."""

    concentrated: Mapping[str, Decimal]
    pending: int
    grave: int
    duties: Mapping[tuple[date, str], int]


def ahead_of(portfolio: Portfolio) -> Ahead:
    held: dict[str, Counter[str]] = {"provider": Counter(), "model": Counter()}
    grave = pending = 0
    for state, provider, model, status, residual, count in _groups(portfolio):
        if state == "counted":
            held["provider"][provider] += count
            held["model"][model] += count
            grave += count if status == Status.APPROVED and residual in GRAVE else 0
        elif state == "pending":
            pending += count
    concentrated = {} if pending else _concentrated(portfolio, held)
    near = (portfolio.today + timedelta(days=1), portfolio.today + timedelta(days=DAYS))
    rows = StandingDuty.objects.filter(standing__in=portfolio.counted.values("pk"), status="gap", applies_from__range=near)
    duties = rows.order_by("applies_from", "instrument").values_list("applies_from", "instrument").annotate(Sum("count"))
    return Ahead(concentrated, pending, grave, {(day, instrument): count for day, instrument, count in duties})


def _groups(portfolio: Portfolio) -> Iterable[tuple[str, str, str, str, str, int]]:
    """How many there are of each (state of the facts, provider, model, status, residual risk). Those that are being worked out come with the
    others, since home has no query to spare for them."""
    state = Case(
        When(fresh=True, standing__sourcing="", then=Value("undecided")),
        When(fresh=True, then=Value("counted")),
        When(FAILING, then=Value("failed")),
        default=Value("pending"),
        output_field=CharField(),
    )
    groups = portfolio.found.annotate(facts=state).values_list(
        "facts", "standing__provider", "standing__model", "status", "standing__residual"
    )
    return groups.annotate(Count("pk"))


def _concentrated(portfolio: Portfolio, held: Mapping[str, Mapping[str, int]]) -> dict[str, Decimal]:
    """The index per provider and per model where it gives reason to worry."""
    found = {}
    for of, counts in held.items():
        now = portfolio.concentration(merged([Holder(name, count) for name, count in counts.items() if name.strip()]))
        if now.index is not None and now.level == "high" and not now.few:
            found[of] = now.index
    return found
