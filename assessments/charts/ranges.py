"""The cost over the horizon as far as it is known: an interval for each option."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import INK, REPORT, WIDTH, Chart, Manner, Names, Table, distinct, draw, option_look

DRAWN = ("p10", "p50", "p90")


def cost_ranges_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart | None:
    """A line an option from P10 to P90, with a bar at P50 and a mark at the likely total; ``evaluation`` is the documented output.

    An option of which no figure has a range has its mark alone. None where that is so for all.
    """
    names, _, number, amount = names or Names(), manner.word, manner.number, manner.amount
    options = [o for o in evaluation["options"] if "total" in o["costs"]]
    if not any("p10" in o["costs"]["total"] for o in options):
        return None
    currency = evaluation["currency"]
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    divisor, unit = manner.magnitude(max(Decimal(figure) for o in options for figure in o["costs"]["total"].values()))
    points = []
    for option in options:
        scaled = {key: Decimal(figure) / divisor for key, figure in option["costs"]["total"].items()}
        colour, shape, _dashes = option_look(evaluation, option["id"])
        ranged = "p10" in scaled
        written = {key: number(f"{figure:,.2f}") for key, figure in scaled.items()}
        if ranged:
            label = _("%(low)s to %(high)s") % {"low": written["p10"], "high": written["p90"]}
        else:
            label = _("%(amount)s, no range") % {"amount": written["likely"]}
        if not option["costs"]["complete"]:
            label = _("at least %(amount)s") % {"amount": label}
        points.append(
            {
                "option": labels[option["id"]],
                **{key: float(figure) for key, figure in scaled.items()},
                "end": float(max(scaled.values())),
                "label": label,
                "colour": colour,
                "shape": shape,
            }
        )
    y = {"field": "option", "type": "nominal", "sort": list(labels.values()), "title": None, "axis": {"grid": False}}
    own = {"field": "colour", "type": "nominal", "scale": None}
    ranged_points = [p for p in points if "p10" in p]

    def at(field: str) -> dict[str, Any]:
        return {
            "field": field,
            "type": "quantitative",
            "title": _("%(currency)s over the horizon; ends P10 and P90, tick P50, mark the likely cost")
            % {"currency": f"{currency}{unit}"},
            "axis": {"tickCount": 6},
        }

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
    header = (_("Option"), _("Likely"), "P10", "P50", "P90")
    unknown = _("no range")
    rows = tuple(
        (names.option(o["id"]), *(amount(o["costs"]["total"].get(key)) if key in o["costs"]["total"] else unknown for key in ("likely", *DRAWN)))
        for o in options
    )  # fmt: skip
    between, alone = _("%(option)s %(currency)s %(low)s to %(high)s"), _("%(option)s %(currency)s %(amount)s without a range")
    described = "; ".join(
        between % (named | {"low": amount(total["p10"]), "high": amount(total["p90"])})
        if "p10" in total
        else alone % (named | {"amount": amount(total["likely"])})
        for named, total in (({"option": names.option(o["id"]), "currency": currency}, o["costs"]["total"]) for o in options)
    )
    said = _("Eight of ten draws of the cost figures lie between P10 and P90: %(options)s.") % {"options": described}
    return draw(_("Cost over the horizon with its ranges"), said, Table(header, rows), spec, manner)
