"""The charts of the portfolio: all on one page, each by itself, and each as a picture and as a table to download."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.charts.drawing import Chart
from assessments.portfolio.figures import CHARTS, Portfolio
from assessments.portfolio.wording import filters_in_words
from assessments.views import chart_files
from assessments.views.portfolio import READERS, asked, frame


def headings() -> dict[str, tuple[str, str]]:
    """What each chart is called, and the question that it answers."""
    return {
        "hybrid": (_("Open against closed"), _("Which kinds of use case rest on a closed API and which on open weights, and how much risk is left?")),
        "classes": (_("Sourcing by AI Act class"), _("How are the use cases sourced that the law looks at most closely?")),
        "providers": (_("Concentration per provider"), _("How much hangs on one provider, against the limit?")),
        "models": (_("Concentration per model"), _("How much hangs on one model, against the limit?")),
        "obligations": (_("Obligations by date"), _("What applies today, what begins to apply when, and where are the gaps?")),
        "risk": (_("Residual risk"), _("In which categories is how much risk left after treatment?")),
        "costs": (_("Cost by year of use"), _("What do the options that count cost from their first year of use on?")),
        "states": (_("State of the portfolio"), _("How many assessments are at which point?")),
        "reviews": (_("Reviews due"), _("When do approvals have to be renewed?")),
    }  # fmt: skip


@member(*READERS)
@require_safe
def charts(request: HttpRequest) -> HttpResponse:
    """Every chart in its place, each drawn once it is asked for."""
    filters, found = asked(request)
    context = frame(request, filters, found, "charts") | {
        "totals": found.totals,
        "charts": [(id_, *headings()[id_]) for id_ in CHARTS],
    }
    return render(request, "assessments/portfolio_charts.html", context)


@member(*READERS)
@require_safe
def chart(request: HttpRequest, chart: str) -> HttpResponse:
    """One chart with its table: by itself, or as the part of the page that asks for it."""
    filters, found = asked(request)
    drawn = _drawn(found, chart)
    heading, question = headings()[chart]
    context = {
        "nav": "portfolio", "id": chart, "heading": heading, "question": question, "chart": drawn, "filter_query": filters.query,
        "said": filters_in_words(filters)[:-1], "limit": found.limit if chart in ("providers", "models") else None,
    }  # fmt: skip
    whole = not getattr(request, "htmx", False)
    return render(request, "assessments/portfolio_chart.html" if whole else "assessments/_portfolio_chart.html", context)


@member(*READERS)
@require_safe
def chart_svg(request: HttpRequest, chart: str) -> HttpResponse:
    """The chart as a picture; Http404 where there is nothing to draw."""
    return chart_files.picture(_drawn(asked(request)[1], chart), chart)


@member(*READERS)
@require_safe
def chart_csv(request: HttpRequest, chart: str) -> HttpResponse:
    """The chart's table; Http404 where there is nothing in it."""
    found = asked(request)[1]
    found.manner = chart_files.FOR_PROGRAMS
    return chart_files.table(_drawn(found, chart), chart)


def _drawn(found: Portfolio, chart: str) -> Chart | None:
    if chart not in CHARTS:
        raise Http404(_("There is no such chart."))
    return CHARTS[chart](found)
