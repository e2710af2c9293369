"""The heat map of what risk is left: findings after treatment, by category and severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessments.charts.drawing import INK, REPORT, WIDTH, Chart, Manner, Table, draw

LIGHT, DARK = (0xFB, 0xE9, 0xE6), (0x8E, 0x1F, 0x19)
NOTHING = "#f1f3f4"
WHITE_FROM = 0.5  # of the way to the darkest


def residual_chart(
    categories: Sequence[str], severities: Sequence[str], counts: Mapping[tuple[str, str], int], manner: Manner = REPORT
) -> Chart | None:
    """A row a category, a column a severity, in each cell the number of findings, the darker the more. ``severities``: labels from the least
    to the gravest. None where nothing is found."""
    used = [c for c in categories if any(counts.get((c, s)) for s in severities)]
    if not used:
        return None
    most = max(counts.get((c, s), 0) for c in used for s in severities)
    cells: list[dict[str, Any]] = []
    for category in used:
        for severity in severities:
            count = counts.get((category, severity), 0)
            part = count / most
            fill = shade(part) if count else NOTHING
            ink = "#ffffff" if count and part >= WHITE_FROM else INK
            cells.append(
                {
                    "category": category,
                    "severity": severity,
                    "label": manner.number(f"{count:,}") if count else "–",
                    "fill": fill,
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
                "encoding": {"x": x, "y": y, "color": {"field": "fill", "type": "nominal", "scale": None}},
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
    return draw(_("Residual risk"), said, Table((_("Category"), *severities), rows), spec, manner)


def shade(part: float) -> str:
    """From the lightest (0) to the darkest (1)."""
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(LIGHT, DARK, strict=True))
