"""The portfolio: all assessments of an organisation on one page, and as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.models import Assessment, Status
from assessments.permissions import READS_ALL, visible
from assessments.portfolio import wording
from assessments.portfolio.concentration import Holder, merged
from assessments.portfolio.figures import Portfolio, archetype_titles, class_label
from assessments.portfolio.reading import UNNAMED, Filters, filters_of, ordered, state_of_facts
from assessments.portfolio.spreadsheet import TYPE, portfolio_export
from assessments.views.common import allowed
from assessments.views.showing import manner
from compliance.views.words import CLASS_TONES, INSTRUMENTS

PAGE = 25
READERS = sorted(READS_ALL)  # its figures are results, which who answers parts of a case doesn't read
NUMBERS = ("score", "cost")
LARGEST_FIRST = (*NUMBERS, "risk")
MOST_PROVIDERS = 200  # in the list to choose from; the search finds the others


class Counted(Paginator):  # type: ignore[type-arg]
    """Pages of what is counted already."""

    def __init__(self, rows: QuerySet[Assessment], per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self.count = count  # type: ignore[misc]


@dataclass(frozen=True)
class Row:
    """One line: the assessment with its facts, ``state_of_facts`` being ``fresh``, ``refreshing`` or ``failed``."""

    assessment: Assessment
    state_of_facts: str
    kind: str
    overdue: bool
    class_label: str = ""
    class_tone: str = "plain"
    instrument: str = ""


@dataclass(frozen=True)
class Column:
    """A head of the table: the link's query that sorts by it, and how it is sorted now (``ascending``, ``descending`` or empty)."""

    label: str
    query: str
    sorted: str
    number: bool = False


@member(*READERS)
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """The assessments that fit the filters, sorted and paged, and what they come to."""
    filters, found = asked(request)
    totals = found.totals
    in_order = ordered(found.found, filters).select_related("use_case", "standing")
    pages = Counted(in_order, PAGE, totals.total)
    shown = pages.get_page(request.GET.get("page"))
    kinds = archetype_titles()
    holdings = found.holders("provider")
    context = frame(request, filters, found, "table") | {
        "page": shown,
        "rows": [_row(a, kinds, found.today) for a in shown.object_list],
        "totals": totals,
        "costs": sorted(totals.costs.items()),
        "concentration": found.concentration(holdings.named),
        "unnamed_providers": holdings.unnamed.count,
        "limit": found.limit,
        "columns": _columns(filters),
        "query": f"{filters.query}&" if filters.query else "",
        "may_export": allowed(request, "export"),
    }
    return render(request, "assessments/portfolio.html", context)


@member(*READERS)
@require_safe
def export(request: HttpRequest) -> FileResponse:
    """What fits the filters as an Excel workbook; the export is recorded."""
    organisation = request.organisation  # type: ignore[attr-defined]
    seen = visible(request.user, organisation, request.rights)  # type: ignore[arg-type, attr-defined]
    file = portfolio_export(actor=request.user, organisation=organisation, seen=seen, filters=filters_of(request.GET))  # type: ignore[arg-type]
    name = f"portfolio-{organisation.slug}-{timezone.now():%Y%m%dT%H%M%SZ}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPE)


def asked(request: HttpRequest) -> tuple[Filters, Portfolio]:
    """The filters of the request, and what of the organisation's assessments the person may see fits them."""
    filters = filters_of(request.GET)
    seen = visible(request.user, request.organisation, request.rights)  # type: ignore[arg-type, attr-defined]
    return filters, Portfolio(seen, filters, manner())


def frame(request: HttpRequest, filters: Filters, found: Portfolio, tab: str) -> dict[str, Any]:
    """What the page of rows and the page of charts share: tabs, the form of filters and what it offers."""
    seen = visible(request.user, request.organisation, request.rights)  # type: ignore[arg-type, attr-defined]
    kinds = archetype_titles()
    # One look at what there is: of which kinds, and of which providers.
    there = seen.filter(is_example=False).order_by().values_list("use_case__archetype", "standing__provider").annotate(Count("pk"))
    rows = list(there)
    used = {kind for kind, _provider, _count in rows}
    holders = merged([Holder(provider, count) for _kind, provider, count in rows if provider])
    providers = sorted((h.name for h in holders[:MOST_PROVIDERS]), key=str.casefold)
    return {
        "nav": "portfolio",
        "tab": tab,
        "filters": filters,
        "filter_query": filters.query,
        "nothing": not used,
        "may_create": allowed(request, "create"),
        "states": wording.states(),
        "classes": wording.classes(),
        "risks": wording.risks(),
        "sourcings": wording.sourcings(),
        "reviews": wording.reviews(),
        "archetypes": sorted(((kind, kinds.get(kind, kind)) for kind in used), key=lambda pair: pair[1]),
        "providers": providers,
        "unnamed": UNNAMED,
    }


def _row(assessment: Any, kinds: Mapping[str, str], today: date) -> Row:
    kind = assessment.use_case.archetype
    overdue = assessment.status == Status.APPROVED and assessment.review_on is not None and assessment.review_on < today
    row = Row(assessment, state_of_facts(assessment), kinds.get(kind, kind), overdue)
    if row.state_of_facts != "fresh":
        return row
    standing = assessment.standing
    return replace(
        row, class_label=class_label(standing.risk_class), class_tone=CLASS_TONES.get(standing.risk_class, "plain"),
        instrument=str(INSTRUMENTS.get(standing.next_duty_instrument, standing.next_duty_instrument)),
    )  # fmt: skip


def _columns(filters: Filters) -> list[Column]:
    """Following a head's link sorts by it, and once more the other way round; figures begin with the largest, and risk with the gravest."""
    found = []
    column, down = filters.sort.removeprefix("-"), filters.sort.startswith("-")
    for name, label in wording.columns().items():
        first, second = (f"-{name}", name) if name in LARGEST_FIRST else (name, f"-{name}")
        following = replace(filters, sort=second if filters.sort == first else first)
        now = "" if name != column else "descending" if down else "ascending"
        found.append(Column(label, following.query, now, name in NUMBERS))
    return found
