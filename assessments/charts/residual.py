"""The heat map of what risk is left: findings after treatment, by category and severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assessments.charts.drawing import INK, REPORT, WIDTH, Chart, Manner, Table, draw

FULL, NOTHING = "#8e1f19", "#f1f3f4"
DARK_UNTIL = 0.5  # of the way to the gravest: further on text is white


def residual_chart(
    categories: Sequence[str], severities: Sequence[str], counts: Mapping[tuple[str, str], int], manner: Manner = REPORT
) -> Chart | None:
    """A row a category, a column a severity, in each cell the number of findings, in a colour as full as they are grave, however many they are.
    ``severities``: labels from the least to the gravest. None where nothing is found."""
    used = [c for c in categories if any(counts.get((c, s)) for s in severities)]
    if not used:
        return None
    cells: list[dict[str, Any]] = []
    for category in used:
        for place, severity in enumerate(severities):
            count = counts.get((category, severity), 0)
            part = place / max(len(severities) - 1, 1)
            ink = "#ffffff" if count and part > DARK_UNTIL else INK
            cells.append(
                {
                    "category": category,
                    "severity": severity,
                    "label": manner.number(f"{count:,}") if count else "–",
                    "fill": FULL if count else NOTHING,
                    "strength": strength(part) if count else 1,
                    "ink": ink,
                }
            )
    x = {"field": "severity", "type": "nominal", "sort": list(severities), "title": None, "axis": {"orient": "top", "labelAngle": 0}}
    y = {"field": "category", "type": "nominal", "sort": used, "title": None}
    spec = {
        "width": WIDTH - 220,
        "height": {"step": 34},
        "data": {"values": cells},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "fill", "type": "nominal", "scale": None},
                    "fillOpacity": {"field": "strength", "type": "quantitative", "scale": None},
                },
            },
            {
                "mark": {"type": "text", "fontWeight": 600},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": {"field": "ink", "type": "nominal", "scale": None}},
            },
        ],
    }
    rows = tuple((category, *(str(counts.get((category, s), 0)) for s in severities)) for category in used)
    sums = "; ".join(f"{s} {n}" for s in reversed(severities) if (n := sum(counts.get((c, s), 0) for c in used)))
    _ = manner.word
    said = _("Findings left after treatment, all categories: %(sums)s.") % {"sums": sums}
    return replace(draw(_("Residual risk"), said, Table((_("Category"), *severities), rows), spec, manner), begin="end")


def strength(part: float) -> float:
    """How much of its colour a severity has, from the least (0) to the gravest (1). What lies between dark text and white is left out: there
    neither reads well."""
    return round((0.1 if part <= DARK_UNTIL else 0.2) + 0.8 * part, 3)
