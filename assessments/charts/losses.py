"""What the options may lose in a year: the share of drawn years that lose more than an amount."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import FAINT, MAGNITUDES, REPORT, WIDTH, Chart, Manner, Names, Table, distinct, draw, option_look

ONE_IN_TWENTY = 5


def exceedance_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart | None:
    """A line an option over amounts on a logarithmic axis; ``evaluation`` is the documented output. None where no losses were drawn."""
    names, _, number, amount = names or Names(), manner.word, manner.number, manner.amount
    options = [o for o in evaluation["options"] if o.get("loss", {}).get("exceedance")]
    if not options:
        return None
    currency = evaluation["currency"]
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    points = [
        {"option": labels[o["id"]], "amount": float(p["amount"]), "years": float(Decimal(p["probability"]) * 100)}
        for o in options
        for p in o["loss"]["exceedance"]
    ]
    looks = [option_look(evaluation, id_) for id_ in labels]
    domain = list(labels.values())
    legend = {"title": None, "orient": "top", "symbolSize": 90, "columns": 3}
    series = {"field": "option", "type": "nominal"}
    colour = {**series, "scale": {"domain": domain, "range": [look[0] for look in looks]}, "legend": legend}
    dash = {**series, "scale": {"domain": domain, "range": [look[2] for look in looks]}, "legend": legend}
    shape = {**series, "scale": {"domain": domain, "range": [look[1] for look in looks]}, "legend": legend}
    x = {
        "field": "amount",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "title": _("%(currency)s lost in the year, each step ten times the last") % {"currency": currency},
        "axis": {"values": _decades(points), "labelExpr": _in_words(manner)},
    }
    y = {
        "field": "years",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "title": _("Years of 100 that lose more"),
        "axis": {"tickCount": 5},
    }
    rule = [{"years": ONE_IN_TWENTY, "label": _("one year in twenty")}]
    spec = {
        "width": WIDTH - 120,
        "height": 230,
        "layer": [
            {"data": {"values": rule}, "mark": {"type": "rule", "strokeDash": [3, 3], "color": FAINT}, "encoding": {"y": y}},
            {
                "data": {"values": rule},
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": -7, "color": FAINT},
                "encoding": {"y": y, "x": {"value": 0}, "text": {"field": "label"}},
            },
            {
                "data": {"values": points},
                "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "monotone"},
                "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
            },
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": colour, "shape": shape},
            },
        ],
    }
    steps = [p["amount"] for p in options[0]["loss"]["exceedance"]]
    rows = tuple(
        (f"{currency} {number(f'{int(step):,}')}", *(number(_years(o["loss"]["exceedance"][n]["probability"])) for o in options))
        for n, step in enumerate(steps)
    )
    described = "; ".join(f"{names.option(o['id'])} {currency} {amount(o['loss']['p95'])}" for o in options if "p95" in o["loss"])
    said = _("One year in twenty loses more than: %(options)s.") % {"options": described}
    table = Table((_("Of 100 years lose more than"), *(names.option(o["id"]) for o in options)), rows)
    return draw(_("How much a year may cost when something goes wrong"), said, table, spec, manner)


def _in_words(manner: Manner) -> str:
    """What Vega writes at an amount: 10, 10,000, 1 million."""
    found = "format(datum.value, ',')"
    for size, word in sorted(MAGNITUDES):  # the largest is asked first, since it stands outermost
        if size >= 10**6:
            text = json.dumps(f" {manner.word(word)}")
            found = f"datum.value >= {size} ? format(datum.value / {size}, ',') + {text} : ({found})"
    return found


def _decades(points: list[dict[str, Any]]) -> list[float]:
    """The powers of ten within the amounts that are drawn; where there is none, the amounts themselves."""
    amounts = sorted({p["amount"] for p in points})
    return [float(10**n) for n in range(16) if amounts[0] <= 10**n <= amounts[-1]] or amounts


def _years(probability: str) -> str:
    """Of 100 years, with as many decimals as are drawn."""
    return f"{Decimal(probability) * 100:.2f}"
