"""The sums of a portfolio: what its page states at the top, and what each chart draws. Facts that are out of date are never counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.charts.calendar import Duties, costs_by_year_chart, duties_chart, reviews_chart
from assessments.charts.drawing import REPORT, Chart, Manner
from assessments.charts.holdings import Held, Hybrid, by_class_chart, concentration_chart, hybrid_chart, states_chart
from assessments.charts.residual import residual_chart
from assessments.models import Assessment, Severity, Sourcing, StandingDuty, StandingRisk, StandingYear, Status
from assessments.portfolio.concentration import Concentration, Holder, Holdings, Limit, concentration, herfindahl, limit_on, merged
from assessments.portfolio.reading import RISK_CLASSES, Filters, asked_for, narrowed_by_facts
from assessments.portfolio.refreshing import LAW
from compliance.catalogue.index import index
from compliance.releases import newest
from compliance.views.words import CLASSES, INSTRUMENTS

NOUGHT = Decimal(0)
SOON = 90  # days ahead in which a review counts as near
FAILING = Q(standing__of_change=F("updated_at")) & ~Q(standing__problem="")  # of one that isn't fresh: and won't be by itself
TIERS = {"critical": "high", "high": "high", "medium": "medium", "low": "low", "none": "low", "": "unknown"}


@dataclass(frozen=True)
class Totals:
    """``refreshing``: facts out of date; ``failed``: facts that can't be worked out; ``undecided``: no option counts yet. All three are left
    out of the other figures. ``costs``: a year, by currency; ``cost_missing``: assessments that count whose costs aren't known."""

    total: int
    refreshing: int
    failed: int
    undecided: int
    closed: int
    open: int
    costs: Mapping[str, Decimal]
    cost_missing: int
    reviews_due: int


class Portfolio:
    """What of an organisation's assessments a person may see (``seen``) and asks for. Each figure costs one query, when it is asked for.
    ``manner``: whom the charts are drawn for."""

    def __init__(self, seen: QuerySet[Assessment], filters: Filters, manner: Manner = REPORT) -> None:
        self.filters, self.manner = filters, manner
        self.today = timezone.now().date()
        self.wider = asked_for(seen, filters)
        self.found = narrowed_by_facts(self.wider, filters)
        # Fresh ones alone are summed up, and of these the ones of which some option counts.
        self.fresh = self.found.filter(fresh=True)
        self.counted = self.fresh.exclude(standing__sourcing="")

    @cached_property
    def totals(self) -> Totals:
        outside = self.wider.filter(fresh=False).aggregate(count=Count("pk"), failed=Count("pk", filter=FAILING))
        groups = self.fresh.values("standing__sourcing", "standing__base_currency").annotate(
            count=Count("pk"),
            cost=Sum("standing__base_cost_per_year"),
            costed=Count("standing__base_cost_per_year", filter=Q(standing__cost_complete=True)),
        )
        fresh = list(groups)
        counted = [g for g in fresh if g["standing__sourcing"]]
        costs: dict[str, Decimal] = defaultdict(Decimal)
        for group in counted:
            if group["cost"] is not None:
                costs[group["standing__base_currency"]] += group["cost"]
        number = sum(g["count"] for g in counted)
        closed = sum(g["count"] for g in counted if g["standing__sourcing"] == Sourcing.CLOSED_API)
        within = sum(g["count"] for g in fresh)
        soon = Q(status=Status.APPROVED, review_on__lte=self.today + timedelta(days=SOON))
        return Totals(
            total=within + (0 if self.filters.of_facts else outside["count"]),
            refreshing=outside["count"] - outside["failed"],
            failed=outside["failed"],
            undecided=within - number,
            closed=closed,
            open=number - closed,
            costs=dict(costs),
            cost_missing=number - sum(g["costed"] for g in counted),
            reviews_due=self.found.filter(soon).count(),
        )

    def holders(self, of: str) -> Holdings:
        """Providers or models (``of``), with what they cost a year in the base currency of most."""
        groups = self.counted.values_list(f"standing__{of}", "standing__base_currency")
        rows = list(groups.annotate(Count("pk"), Sum("standing__base_cost_per_year")))
        currency = most_used((currency, count) for _name, currency, count, _cost in rows)
        found = [Holder(name, n, (cost or NOUGHT) if c == currency else NOUGHT) for name, c, n, cost in rows]
        unnamed = [holder for holder in found if not holder.name.strip()]
        return Holdings(
            named=merged([holder for holder in found if holder.name.strip()]),
            unnamed=Holder("", sum(h.count for h in unnamed), sum((h.cost for h in unnamed), NOUGHT)),
            currency=currency,
        )

    @cached_property
    def limit(self) -> Limit | None:
        return limit_on(self.today)

    def concentration(self, holders: Iterable[Holder]) -> Concentration:
        return concentration([h.count for h in holders], self.limit)

    def concentration_chart(self, of: str) -> Chart | None:
        holdings = self.holders(of)
        found = self.concentration(holdings.named)
        if found.index is None:
            return None
        return concentration_chart(
            [_held(holder) for holder in holdings.named],
            of=of,
            index=found.index,
            index_by_cost=herfindahl(h.cost for h in holdings.named),
            limits=(self.limit.moderate_from, self.limit.high_from) if self.limit else None,
            few=found.few,
            unnamed=_held(holdings.unnamed) if holdings.unnamed.count else None,
            currency=holdings.currency,
            manner=self.manner,
        )

    def hybrid(self) -> Chart | None:
        titles = archetype_titles()
        rows = self.counted.values_list("use_case__archetype", "standing__sourcing", "standing__residual").annotate(Count("pk"))
        return hybrid_chart(
            [
                Hybrid(titles.get(kind, kind), "closed" if sourcing == Sourcing.CLOSED_API else "open", TIERS[residual], count)
                for kind, sourcing, residual, count in rows
            ],
            self.manner,
        )

    def classes(self) -> Chart | None:
        rows = self.counted.values_list("standing__risk_class", "standing__sourcing").annotate(Count("pk"))
        counts = {(class_label(c), str(Sourcing(s).label)): n for c, s, n in rows}
        return by_class_chart([class_label(c) for c in RISK_CLASSES], [str(s.label) for s in Sourcing], counts, self.manner)

    def states(self) -> Chart | None:
        counts = dict(self.found.values_list("status").annotate(Count("pk")))
        return states_chart([(str(s.label), counts.get(s.value, 0)) for s in Status], self.manner)

    def reviews(self) -> Chart | None:
        due = self.found.filter(status=Status.APPROVED, review_on__isnull=False).annotate(month=TruncMonth("review_on"))
        return reviews_chart(dict(due.values_list("month").annotate(Count("pk"))), self.today, self.manner)

    def duties(self) -> Chart | None:
        rows = StandingDuty.objects.filter(standing__in=self.counted.values("pk")).order_by()
        found: dict[tuple[date, str], dict[str, int]] = defaultdict(dict)
        for day, instrument, status, count in rows.values_list("applies_from", "instrument", "status").annotate(Sum("count")):
            found[day, str(INSTRUMENTS.get(instrument, instrument))][status] = count
        return duties_chart([Duties(day, instrument, **counts) for (day, instrument), counts in found.items()], self.today, self.manner)

    def costs(self) -> Chart | None:
        rows = StandingYear.objects.filter(standing__in=self.counted.values("pk"), base_amount__isnull=False).order_by()
        sums = list(rows.values_list("year", "standing__sourcing", "standing__base_currency").annotate(Sum("base_amount"), Count("pk")))
        currency = most_used((c, n) for year, _s, c, _a, n in sums if year == 1)
        costs = {(year, str(Sourcing(s).label)): total for year, s, c, total, _n in sums if c == currency}
        missing = self.totals.closed + self.totals.open - sum(n for year, _s, c, _a, n in sums if year == 1 and c == currency)
        return costs_by_year_chart(costs, [str(s.label) for s in Sourcing], currency, missing, self.manner)

    def risks(self) -> Chart | None:
        rows = StandingRisk.objects.filter(standing__in=self.counted.values("pk")).order_by()
        titles = {c.id: c.title for c in newest().criteria}
        titles[LAW] = _("Obligations")
        categories = [*titles.values(), other := _("Other")]
        counts: Counter[tuple[str, str]] = Counter()
        for category, severity, count in rows.values_list("category", "severity").annotate(Sum("count")):
            title = titles.get(category, category) or other
            counts[title, str(Severity(severity).label)] += count
        further = sorted({title for title, _severity in counts} - set(categories))
        return residual_chart([*categories, *further], [str(s.label) for s in Severity], counts, self.manner)


def _held(holder: Holder) -> Held:
    return Held(holder.name, holder.count, f"{holder.cost:,.2f}" if holder.cost else "")


def most_used(counts: Iterable[tuple[str, int]]) -> str:
    """The base currency of most assessments: releases could differ in theirs, and what is in another can't be added. Empty without any."""
    sums: Counter[str] = Counter()
    for currency, count in counts:
        sums[currency] += count
    return max(sorted(sums), key=lambda c: sums[c], default="")


def class_label(risk_class: str) -> str:
    """A class of the AI Act in words; one that answers are missing for is undetermined."""
    return str(CLASSES.get(risk_class) or _("Undetermined"))


def archetype_titles() -> dict[str, str]:
    """Of the newest release, by id."""
    return {id_: archetype.title for id_, archetype in index(newest()).archetypes.items()}


# In the order of the page: the address's part, and what draws it.
CHARTS: dict[str, Callable[[Portfolio], Chart | None]] = {
    "hybrid": Portfolio.hybrid,
    "classes": Portfolio.classes,
    "providers": lambda portfolio: portfolio.concentration_chart("provider"),
    "models": lambda portfolio: portfolio.concentration_chart("model"),
    "obligations": Portfolio.duties,
    "risk": Portfolio.risks,
    "costs": Portfolio.costs,
    "states": Portfolio.states,
    "reviews": Portfolio.reviews,
}
