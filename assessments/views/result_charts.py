"""The charts of a result to download, of what stands now or of a record."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.charts.drawing import Chart, Manner
from assessments.evaluation import evaluate_assessment
from assessments.snapshots import content_of
from assessments.views import chart_files
from assessments.views.common import find
from assessments.views.presenting import live_content
from assessments.views.results import DRAWN, charts_of, snapshot_numbered
from assessments.views.showing import manner


@require_safe
@member()
def chart_svg(request: HttpRequest, assessment: UUID, chart: str) -> HttpResponse:
    """The chart as a picture; Http404 where there is nothing to draw. ``record``: the number of the snapshot that it is of."""
    return chart_files.picture(*_drawn(request, assessment, chart, manner()))


@require_safe
@member()
def chart_csv(request: HttpRequest, assessment: UUID, chart: str) -> HttpResponse:
    """The chart's table; otherwise as ``chart_svg``."""
    return chart_files.table(*_drawn(request, assessment, chart, chart_files.FOR_PROGRAMS))


def _drawn(request: HttpRequest, assessment: UUID, chart: str, written: Manner) -> tuple[Chart | None, str]:
    """The chart and the name of its file."""
    seen = find(request, assessment)
    if chart not in DRAWN:
        raise Http404(_("There is no such chart."))
    number = request.GET.get("record", "")
    content = content_of(snapshot_numbered(seen, number)) if number else live_content(evaluate_assessment(seen))
    name = chart.replace("_", "-") + (f"-record-{number}" if number else "")
    return charts_of(content, written, [chart]).get(chart), name
