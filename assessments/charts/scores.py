"""Charts of the scores: what each criterion contributes, and the value of each option on each criterion."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import REPORT, WIDTH, Chart, Manner, Names, Table, colour, distinct, draw, in_order, ink_on, option_look

LABEL_FROM = Decimal(4)  # points: a narrower part has no room for its figure


def scores_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart:
    """A bar an option, in parts by criterion; ``evaluation`` is the documented output.

    Admissible options come first, by rank; a mark shows the best score that is still possible.
    """
    names, _, number = names or Names(), manner.word, manner.number
    options = _ranked(evaluation)
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    criteria = _criteria(evaluation, names)
    parts, totals = [], []
    for option in options:
        start = Decimal(0)
        for position, criterion in enumerate(criteria):
            points = _contribution(option, criterion)
            parts.append(
                {
                    "option": labels[option["id"]],
                    "criterion": names.criterion(criterion),
                    "from": float(start),
                    "to": float(start + points),
                    "middle": float(start + points / 2),
                    "label": f"{points:.0f}" if points >= LABEL_FROM else "",
                    "ink": ink_on(colour(position)),
                }
            )
            start += points
        note = "" if option["score"] == option["score_best"] else _(", at best %(score)s") % {"score": number(option["score_best"])}
        note += "" if option["admissible"] else _(", not admissible")
        at = float(max(start, Decimal(option["score_best"])))
        totals.append(
            {"option": labels[option["id"]], "at": at, "best": float(option["score_best"]), "label": f"{number(option['score'])}{note}"}
        )
    y = {"field": "option", "type": "nominal", "sort": list(labels.values()), "title": None}
    scale = {"domain": [0, 100]}
    spec = {
        "width": WIDTH - 100,
        "height": {"step": 46},
        "layer": [
            {
                "data": {"values": parts},
                "mark": {"type": "bar", "height": 26, "stroke": "white", "strokeWidth": 1},
                "encoding": {
                    "y": y,
                    "x": {"field": "from", "type": "quantitative", "scale": scale, "title": _("Points of 100"), "axis": {"tickCount": 5}},
                    "x2": {"field": "to"},
                    "color": {
                        "field": "criterion",
                        "type": "nominal",
                        "scale": {"domain": [names.criterion(c) for c in criteria], "range": [colour(n) for n in range(len(criteria))]},
                        "legend": {"title": None, "orient": "bottom", "columns": 3},
                    },
                },
            },
            {
                "data": {"values": [p for p in parts if p["label"]]},
                "mark": {"type": "text", "fontSize": 11, "fontWeight": 600},
                "encoding": {
                    "y": y,
                    "x": {"field": "middle", "type": "quantitative"},
                    "text": {"field": "label"},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            },
            {
                "data": {"values": totals},
                "mark": {"type": "tick", "thickness": 2, "height": 32, "color": "#1f2933"},
                "encoding": {"y": y, "x": {"field": "best", "type": "quantitative"}},
            },
            {
                "data": {"values": totals},
                "mark": {"type": "text", "align": "left", "dx": 8, "fontWeight": 700, "fontSize": 13},
                "encoding": {"y": y, "x": {"field": "at", "type": "quantitative"}, "text": {"field": "label"}},
            },
        ],
    }
    header = (_("Option"), *(names.criterion(c) for c in criteria), _("Score"), _("At best"))
    rows = tuple(
        (
            names.option(o["id"]),
            *(number(f"{_contribution(o, c):.1f}") for c in criteria),
            number(o["score"]),
            number(o["score_best"]),
        )
        for o in options
    )
    admissible, not_so = _("%(option)s %(score)s (at best %(best)s)"), _("%(option)s %(score)s (at best %(best)s, not admissible)")
    described = "; ".join(
        (admissible if o["admissible"] else not_so)
        % {"option": names.option(o["id"]), "score": number(o["score"]), "best": number(o["score_best"])}
        for o in options
    )
    said = _("Points of 100 for each option: %(options)s.") % {"options": described}
    return draw(_("Scores by criterion"), said, Table(header, rows), spec, manner)


def values_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart:
    """A row a criterion, a mark an option at its value of 0 to 1; a bar runs on to the best value that is still possible."""
    names, _ = names or Names(), manner.word
    options = _ranked(evaluation)
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    criteria = _criteria(evaluation, names)
    points = [
        {
            "option": labels[o["id"]],
            "criterion": names.criterion(c),
            "value": float(o["values"][c]["value"]),
            "best": float(o["values"][c]["best"]),
        }
        for c in criteria
        for o in options
        if c in o["values"]
    ]
    domain = list(labels.values())
    looks = [option_look(evaluation, id_) for id_ in labels]
    y = {
        "field": "criterion",
        "type": "nominal",
        "sort": [names.criterion(c) for c in criteria],
        "title": None,
        "axis": {"grid": True, "tickBand": "extent"},
    }
    offset = {"field": "option", "type": "nominal", "sort": domain}
    fill = {
        "field": "option",
        "type": "nominal",
        "scale": {"domain": domain, "range": [look[0] for look in looks]},
        "legend": {"title": None, "orient": "top", "symbolOpacity": 1, "columns": 3},
    }
    shape = {
        "field": "option",
        "type": "nominal",
        "scale": {"domain": domain, "range": [look[1] for look in looks]},
        "legend": {"title": None, "orient": "top", "symbolOpacity": 1, "columns": 3},
    }
    spec = {
        "width": WIDTH - 240,
        # The marks of many options lie closer, so that the whole is no taller than what its labels bear on paper.
        "height": {"step": 16 if len(options) < 3 else 9, "for": "offset"} if len(options) > 1 else {"step": 28},
        "data": {"values": points},
        "layer": [
            {
                "mark": {"type": "bar", "height": 7, "opacity": 0.4},
                "transform": [{"filter": "datum.best > datum.value"}],
                "encoding": {
                    "y": y,
                    "yOffset": offset,
                    "x": {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": _("Value, 0 worst to 1 best")},
                    "x2": {"field": "best"},
                    "color": fill,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 64, "opacity": 1},
                "encoding": {
                    "y": y,
                    "yOffset": offset,
                    "x": {"field": "value", "type": "quantitative", "title": _("Value, 0 worst to 1 best"), "axis": {"tickCount": 5}},
                    "color": fill,
                    "shape": shape,
                },
            },
        ],
    }
    header = (_("Criterion"), *(names.option(o["id"]) for o in options))
    rows = tuple((names.criterion(c), *(_range(o["values"].get(c), manner) for o in options)) for c in criteria)
    best = "; ".join(f"{names.criterion(c)}: {_leader(options, c, names, manner)}" for c in criteria)
    said = _("Highest value of each criterion. %(values)s.") % {"values": best}
    return draw(_("Values by criterion"), said, Table(header, rows), spec, manner)


def _ranked(evaluation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rank = {id_: n for n, id_ in enumerate(evaluation["ranking"])}
    return sorted(evaluation["options"], key=lambda o: rank.get(o["id"], len(rank)))


def _criteria(evaluation: Mapping[str, Any], names: Names) -> list[str]:
    """Criteria of any option."""
    return in_order((c for option in evaluation["options"] for c in option["values"]), names.criteria)


def _contribution(option: Mapping[str, Any], criterion: str) -> Decimal:
    value = option["values"].get(criterion)
    return Decimal(value["value"]) * Decimal(value["weight"]) * 100 if value else Decimal(0)


def _range(value: Mapping[str, str] | None, manner: Manner) -> str:
    _, number = manner.word, manner.number
    if value is None:
        return _("does not apply")
    if value["value"] == value["best"]:
        return number(value["value"])
    return _("%(low)s to %(high)s") % {"low": number(value["value"]), "high": number(value["best"])}


def _leader(options: list[Mapping[str, Any]], criterion: str, names: Names, manner: Manner) -> str:
    having = [o for o in options if criterion in o["values"]]
    top = max(having, key=lambda o: Decimal(o["values"][criterion]["value"]))
    return f"{names.option(top['id'])} {manner.number(top['values'][criterion]['value'])}"
