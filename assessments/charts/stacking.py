"""Bars in parts: what the charts of a portfolio are mostly made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import INK, INSIDE, WIDTH, distinct

LABEL_FROM = 0.045  # of the width: a narrower part has no room for its figure
ROW, ROW_BAR = 34, 22


@dataclass(frozen=True)
class Series:
    """One kind of part: how it is called, drawn and written on. ``left``: its parts run to the left of the line at nought."""

    name: str
    colour: str
    ink: str = INSIDE
    left: bool = False


Counts = Mapping[tuple[str, str], int | Decimal]  # by row and series


def whole_ticks(most: float) -> list[int]:
    """At most six whole numbers from 0 on, evenly apart, that reach to ``most`` or just below it."""
    step = next(m * 10**e for e in range(12) for m in (1, 2, 5) if most / (m * 10**e) <= 5)
    return list(range(0, int(most) + 1, step))


def stacked(
    rows: Sequence[str],
    series: Sequence[Series],
    counts: Counts,
    *,
    x: str,
    write: Callable[[float], str] = lambda figure: f"{figure:,.0f}",
    whole: bool = True,
) -> dict[str, Any]:
    """The spec of one bar a row in parts by series, with a figure in each part that has room and the sum at its end.

    ``rows`` are the labels from the top down, ``x`` the axis's title; ``whole``: only whole numbers stand on the axis.
    """
    labels = distinct(rows)
    parts: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for row, label in zip(rows, labels, strict=True):
        for sign, side in ((-1, [s for s in series if s.left]), (1, [s for s in series if not s.left])):
            at = 0.0
            for one in side:
                number = float(counts.get((row, one.name), 0))
                if number:
                    parts.append(
                        {"row": label, "series": one.name, "from": sign * at, "to": sign * (at + number), "middle": sign * (at + number / 2),
                         "number": number, "ink": one.ink}
                    )  # fmt: skip
                at += number
            if at:
                ends.append({"row": label, "at": sign * at, "label": write(at)})
    reach = max((abs(e["at"]) for e in ends), default=1.0)
    span = reach * (2 if any(s.left for s in series) else 1)
    y = {"field": "row", "type": "nominal", "sort": labels, "title": None, "axis": {"grid": False}}
    axis: dict[str, Any] = {"tickCount": 6, "labelExpr": "format(abs(datum.value), ',~f')"}
    if whole:
        steps = whole_ticks(reach)
        axis["values"] = [-step for step in steps if step and any(s.left for s in series)] + steps
    shown = [s for s in series if any(p["series"] == s.name for p in parts)]
    written = [p | {"label": write(p["number"])} for p in parts]
    roomy = [p for p in written if p["number"] >= span * LABEL_FROM * len(p["label"]) / 2]
    middle = {"type": "rule", "color": INK}
    mirrored = any(s.left for s in series)
    room = {"domain": [-reach * 1.12, reach * 1.12] if mirrored else [0, reach * 1.12], "nice": False}
    return {
        "width": WIDTH - 200,
        "height": {"step": ROW},
        "layer": [
            {
                "data": {"values": parts},
                "mark": {"type": "bar", "height": ROW_BAR, "stroke": "white", "strokeWidth": 1},
                "encoding": {
                    "y": y,
                    "x": {"field": "from", "type": "quantitative", "title": x, "axis": axis, "scale": room},
                    "x2": {"field": "to"},
                    "color": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": [s.name for s in shown], "range": [s.colour for s in shown]},
                        "legend": {"title": None, "orient": "bottom", "columns": 3},
                    },
                },
            },
            {
                "data": {"values": roomy},
                "mark": {"type": "text", "fontSize": 11, "fontWeight": 600},
                "encoding": {
                    "y": y,
                    "x": {"field": "middle", "type": "quantitative"},
                    "text": {"field": "label"},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            },
            *(
                {
                    "data": {"values": [e for e in ends if (e["at"] < 0) is left]},
                    "mark": {"type": "text", "align": "right" if left else "left", "dx": -6 if left else 6, "fontWeight": 700},
                    "encoding": {"y": y, "x": {"field": "at", "type": "quantitative"}, "text": {"field": "label"}},
                }
                for left in ((True, False) if mirrored else (False,))
            ),
            *(
                [{"data": {"values": [{"at": 0}]}, "mark": middle, "encoding": {"x": {"field": "at", "type": "quantitative"}}}]
                if mirrored
                else []
            ),
        ],
    }  # fmt: skip
