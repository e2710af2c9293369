"""The charts of a report: the same ones as on the result page, drawn from the frozen record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assessments.charts import engine
from assessments.charts.costs import cost_chart, monthly_cost_chart
from assessments.charts.drawing import Chart, Names
from assessments.charts.losses import exceedance_chart
from assessments.charts.ranges import cost_ranges_chart
from assessments.charts.robustness import ranks_chart
from assessments.charts.scores import scores_chart, values_chart
from reports.document import Records, in_catalogue_order
from reports.fonts import covered
from reports.text import printable_data

__all__ = ["Chart", "draw_charts"]

# In print each subset of the font is a family of its own: see report.css.
_PAGE_FONT = 'font-family="Inter, sans-serif"'
_PRINT_FONT = 'font-family="Inter, Inter Ext, Inter Greek, Inter Cyrillic, Inter Vietnamese"'
_LONGEST_NAME = 60  # characters; a longer name is cut with an ellipsis, since a chart can't wrap it


def draw_charts(records: Records) -> dict[str, Chart]:
    """By name: ``scores``, ``values``, ``costs``, ``monthly_costs``, ``cost_ranges``, ``ranks``, ``exceedance``; what the record doesn't know
    enough for is left out. Raises UnknownRecord."""
    snapshot, _ = (printable_data(record, covered()) for record in records.data())
    evaluation = in_catalogue_order(snapshot)
    names = Names(
        options={o["id"]: _short(o["name"] or o["id"]) for o in snapshot["options"]},
        criteria={c["id"]: c["title"] for c in snapshot["criteria"]},
        categories={c["id"]: c["title"] for c in snapshot["cost_categories"]},
    )
    makers: dict[str, Callable[[Any, Names], Chart | None]] = {
        "scores": scores_chart,
        "values": values_chart,
        "costs": cost_chart,
        "cost_ranges": cost_ranges_chart,
        "ranks": ranks_chart,
        "exceedance": exceedance_chart,
    }
    if "trace" in evaluation:
        makers["monthly_costs"] = monthly_cost_chart
    with engine.apart():
        drawn = {name: make(evaluation, names) for name, make in makers.items()}
    return {name: replace(chart, svg=chart.svg.replace(_PAGE_FONT, _PRINT_FONT)) for name, chart in drawn.items() if chart is not None}


def _short(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1].rstrip() + "…"
