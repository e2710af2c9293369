"""A chart as files to keep: the picture, and its table with numbers and days as programs read them."""

from __future__ import annotations

import csv
import io
import re

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formats import guarded
from assessments.charts.drawing import Chart, Manner

NUMBER = re.compile(r"-?\d+(\.\d+)?")
FOR_PROGRAMS = Manner(word=_, number=lambda text: text.replace(",", ""))


def picture(chart: Chart | None, name: str) -> HttpResponse:
    """Raises Http404 where there is nothing to draw."""
    return _download(_there(chart).svg, "image/svg+xml", f"{name}-{timezone.now():%Y%m%d}.svg")


def table(chart: Chart | None, name: str) -> HttpResponse:
    """Of a chart drawn in the manner ``FOR_PROGRAMS``. Raises Http404 where there is nothing in it."""
    of = _there(chart).table
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (of.header, *of.rows):
        # What a row is about is a text; a figure below nothing stays a figure.
        writer.writerow([guarded(row[0]), *(cell if NUMBER.fullmatch(cell) else guarded(cell) for cell in row[1:])])
    # By the mark at its beginning Excel knows that it is UTF-8.
    return _download("\ufeff" + text.getvalue(), "text/csv; charset=utf-8", f"{name}-{timezone.now():%Y%m%d}.csv")


def _there(chart: Chart | None) -> Chart:
    if chart is None:
        raise Http404(_("There is nothing in this chart yet."))
    return chart


def _download(text: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
