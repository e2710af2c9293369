"""The cost over the horizon as far as it is known: an interval for each option."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import INK, WIDTH, Chart, Names, Table, amount, distinct, draw, magnitude, option_look

DRAWN = ("p10", "p50", "p90")


def cost_ranges_chart(evaluation: Mapping[str, Any], names: Names | None = None) -> Chart | None:
    """A line an option from P10 to P90, with a bar at P50 and a mark at the likely total; ``evaluation`` is the documented output.

    An option of which no figure has a range has its mark alone. None where that is so for all.
    """
    names = names or Names()
    options = [o for o in evaluation["options"] if "total" in o["costs"]]
    if not any("p10" in o["costs"]["total"] for o in options):
        return None
    currency = evaluation["currency"]
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    divisor, unit = magnitude(max(Decimal(figure) for o in options for figure in o["costs"]["total"].values()))
    points = []
    for option in options:
        scaled = {key: Decimal(figure) / divisor for key, figure in option["costs"]["total"].items()}
        colour, shape, _dashes = option_look(evaluation, option["id"])
        ranged = "p10" in scaled
        least = "" if option["costs"]["complete"] else "at least "
        points.append(
            {
                "option": labels[option["id"]],
                **{key: float(figure) for key, figure in scaled.items()},
                "end": float(max(scaled.values())),
                "label": f"{least}{scaled['p10']:,.2f} to {scaled['p90']:,.2f}" if ranged else f"{least}{scaled['likely']:,.2f}, no range",
                "colour": colour,
                "shape": shape,
            }
        )
    y = {"field": "option", "type": "nominal", "sort": list(labels.values()), "title": None, "axis": {"grid": False}}
    own = {"field": "colour", "type": "nominal", "scale": None}
    ranged_points = [p for p in points if "p10" in p]

    def at(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "title": f"{currency}{unit} over the horizon", "axis": {"tickCount": 6}}

    spec = {
        "width": WIDTH - 120,
        "height": {"step": 46},
        "layer": [
            {
                "data": {"values": ranged_points},
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {"y": y, "x": at("p10"), "x2": {"field": "p90"}, "color": own},
            },
            *(
                {
                    "data": {"values": ranged_points},
                    "mark": {"type": "tick", "thickness": 2, "height": height, "color": INK},
                    "encoding": {"y": y, "x": at(key)},
                }
                for key, height in (("p10", 14), ("p50", 24), ("p90", 14))
            ),
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "stroke": "white", "strokeWidth": 1},
                "encoding": {
                    "y": y,
                    "x": {**at("likely"), "scale": {"zero": True}},
                    "color": own,
                    "shape": {"field": "shape", "type": "nominal", "scale": None},
                },
            },
            {
                "data": {"values": points},
                "mark": {"type": "text", "align": "left", "dx": 10, "fontWeight": 600},
                "encoding": {"y": y, "x": at("end"), "text": {"field": "label"}},
            },
        ],
    }
    header = ("Option", "Likely", "P10", "P50", "P90")
    rows = tuple(
        (names.option(o["id"]), *(amount(o["costs"]["total"].get(key)) if key in o["costs"]["total"] else "no range" for key in ("likely", *DRAWN)))
        for o in options
    )  # fmt: skip
    described = "; ".join(
        f"{names.option(o['id'])} {currency} {amount(o['costs']['total']['p10'])} to {amount(o['costs']['total']['p90'])}"
        if "p10" in o["costs"]["total"]
        else f"{names.option(o['id'])} {currency} {amount(o['costs']['total']['likely'])} without a range"
        for o in options
    )
    return draw(
        "Cost over the horizon with its ranges",
        f"Eight of ten draws of the cost figures lie between P10 and P90: {described}.",
        Table(header, rows),
        spec,
    )
