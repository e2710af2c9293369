"""From what a person asks of the portfolio to a query: which assessments, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, Case, F, OrderBy, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from assessments.models import OPEN_STATUSES, Assessment, Severity, Sourcing, Status

# What is decided, or on its way to it; an assessment that has ended otherwise is shown when somebody asks for it.
CURRENT = (Status.DRAFT, Status.IN_REVIEW, Status.RETURNED, Status.APPROVED)
EVERY = "all"
RISK_CLASSES = ("prohibited", "high", "limited", "minimal", "out_of_scope", "undetermined")
OVERDUE = "overdue"
REVIEWS = (OVERDUE, "30", "90", "180")  # days from today in which a review falls due
UNNAMED = "-"  # a provider that nobody has named
LONGEST = 200
# The column's name in the address, and what it sorts by. Facts that are out of date sort behind all others.
COLUMNS = {
    "title": "title",
    "class": "standing__risk_class",
    "recommended": "standing__recommended_sourcing",
    "chosen": "standing__chosen_sourcing",
    "risk": "standing__residual",
    "score": "standing__score",
    "cost": "standing__base_cost_per_year",
    "state": "status",
    "review": "review_on",
}
OF_ASSESSMENT = ("title", "state", "review")
# Gravest first, as people look for them.
_CLASS_ORDER = Case(*(When(standing__risk_class=c, then=Value(n)) for n, c in enumerate(RISK_CLASSES)), default=Value(len(RISK_CLASSES)))
# By how grave it is; where no option counts, nothing is known.
_RISK_ORDER = Case(*(When(standing__residual=s, then=Value(n)) for n, s in enumerate(Severity.values)))


class UnknownFilter(ValueError):
    """A filter that doesn't exist, or a value that it doesn't have; ``name`` says which."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Filters:
    """What is asked for; an empty text asks for nothing. ``state`` empty: what is current (CURRENT); ``sort``: a column, with ``-`` downwards.
    ``risk``: what is left is so grave or graver; ``none`` is none alone."""

    q: str = ""
    state: str = ""
    risk_class: str = ""
    risk: str = ""
    sourcing: str = ""
    archetype: str = ""
    provider: str = ""
    review: str = ""
    sort: str = "title"

    @property
    def query(self) -> str:
        """As the query of an address, without what is as if left out."""
        return urlencode({_PARAMETERS.get(f.name, f.name): v for f in fields(self) if (v := getattr(self, f.name)) != f.default})

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order is asked for."""
        return replace(self, sort="title") != Filters()

    @property
    def of_facts(self) -> bool:
        """Whether it asks for facts that are worked out, which those that are out of date can't answer."""
        return bool(self.risk_class or self.risk or self.sourcing or self.provider)


_PARAMETERS = {"risk_class": "class"}
_ALLOWED: dict[str, tuple[str, ...]] = {
    "state": (EVERY, *Status.values),
    "risk_class": RISK_CLASSES,
    "risk": tuple(reversed(Severity.values)),
    "sourcing": ("closed", "open", *Sourcing.values),
    "review": REVIEWS,
    "sort": (*COLUMNS, *(f"-{column}" for column in COLUMNS)),
}


def filters_of(given: Mapping[str, Any], *, strict: bool = False) -> Filters:
    """The filters in an address's parameters. A value that isn't one of a filter's is left out, or with ``strict`` raises UnknownFilter."""
    found: dict[str, str] = {}
    for field in fields(Filters):
        parameter = _PARAMETERS.get(field.name, field.name)
        text = str(given.get(parameter) or "").replace("\x00", "").strip()[:LONGEST]
        if text and field.name in _ALLOWED and text not in _ALLOWED[field.name]:
            if strict:
                known = ", ".join(_ALLOWED[field.name])
                raise UnknownFilter(parameter, _("%(text)r is none of %(known)s.") % {"text": text, "known": known})
            continue
        if text:
            found[field.name] = text
    return Filters(**found)


def freshness(today: date | None = None) -> Q:
    """Of assessments: their facts are those of what stands in the database, on the assessment's release and (while it is open) on this day."""
    day_right = Q(as_of__isnull=False) | ~Q(status__in=OPEN_STATUSES) | Q(standing__read_on=today or timezone.now().date())
    same = Q(standing__of_change=F("updated_at"), standing__catalogue_digest=F("catalogue_digest"))
    return Q(standing__problem="") & same & day_right


def with_freshness(found: QuerySet[Assessment]) -> QuerySet[Any]:
    """The assessments with ``fresh`` on each."""
    return found.annotate(fresh=Case(When(freshness(), then=Value(True)), default=Value(False), output_field=BooleanField()))


def state_of_facts(assessment: Any) -> str:
    """``fresh``, ``failed`` where what stands now couldn't be worked out, or ``refreshing``; of an assessment from ``with_freshness``."""
    if assessment.fresh:
        return "fresh"
    standing = getattr(assessment, "standing", None)
    return "failed" if standing is not None and standing.problem and standing.of_change == assessment.updated_at else "refreshing"


def asked_for(seen: QuerySet[Assessment], filters: Filters) -> QuerySet[Any]:
    """Those of ``seen`` (what the person may see) that fit, with ``fresh`` on each, unordered; examples are in no portfolio."""
    found = with_freshness(seen.filter(is_example=False)).order_by()
    if filters.state != EVERY:
        found = found.filter(status__in=[filters.state] if filters.state else CURRENT)
    if filters.q:
        texts = ("title", "use_case__name", "use_case__owner", "standing__provider", "standing__model")
        words = Q()
        for name in texts:
            words |= Q(**{f"{name}__icontains": filters.q})
        found = found.filter(words)
    if filters.archetype:
        found = found.filter(use_case__archetype=filters.archetype)
    if filters.review:
        today = timezone.now().date()
        latest = today - timedelta(days=1) if filters.review == OVERDUE else today + timedelta(days=int(filters.review))
        found = found.filter(review_on__lte=latest) if filters.review == OVERDUE else found.filter(review_on__range=(today, latest))
    return found


def narrowed_by_facts(found: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """Those of ``found`` whose facts fit; only facts that aren't out of date are asked."""
    if not filters.of_facts:
        return found
    found = found.filter(fresh=True)
    if filters.risk_class:
        found = found.filter(standing__risk_class=filters.risk_class)
    if filters.risk:
        place = Severity.values.index(filters.risk)
        found = found.filter(standing__residual__in=Severity.values[place:] if place else [filters.risk])
    if filters.sourcing == "open":
        found = found.exclude(standing__sourcing__in=["", Sourcing.CLOSED_API])
    elif filters.sourcing:
        found = found.filter(standing__sourcing=Sourcing.CLOSED_API if filters.sourcing == "closed" else filters.sourcing)
    if filters.provider:
        found = found.filter(standing__provider__iexact="" if filters.provider == UNNAMED else filters.provider)
        found = found.exclude(standing__sourcing="")
    return found


def ordered(found: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """In the order that is asked for; what isn't known comes last in both directions."""
    column, down = filters.sort.removeprefix("-"), filters.sort.startswith("-")
    if column in OF_ASSESSMENT:
        by: Any = F(COLUMNS[column])
    elif column == "class":
        by = Case(When(fresh=True, then=_CLASS_ORDER))
    elif column == "risk":
        by = Case(When(fresh=True, then=_RISK_ORDER))
    else:
        by = Case(When(fresh=True, then=F(COLUMNS[column])))
    return found.order_by(OrderBy(by, descending=down, nulls_last=True), "title", "pk")


def rows(seen: QuerySet[Assessment], filters: Filters) -> QuerySet[Any]:
    """What fits, in order, with the use case and the standing of each at hand."""
    return ordered(narrowed_by_facts(asked_for(seen, filters), filters), filters).select_related("use_case", "standing")
