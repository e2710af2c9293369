"""Charts of the costs: the categories over the horizon, and the monthly cost against the volume with its break-even points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Any

from assessments.charts import labels as placing
from assessments.charts.drawing import FAINT, REPORT, WIDTH, Chart, Manner, Names, Table, colour, distinct, draw, in_order, option_look
from compliance.marking import marked as _

SAMPLES = 160
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - 120, 220  # of the monthly cost
FURTHEST = 6  # times the demand: what lies beyond is told, not drawn


def cost_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart | None:
    """A bar an option, in parts by category; None where no option has a total. ``evaluation`` is the documented output."""
    names, _, number, amount = names or Names(), manner.word, manner.number, manner.amount
    options = [o for o in evaluation["options"] if "total" in o["costs"]]
    if not options:
        return None
    currency = evaluation["currency"]
    labels = dict(zip((o["id"] for o in options), distinct([names.option(o["id"]) for o in options]), strict=True))
    categories = in_order((c for o in options for c in o["costs"]["by_category"]), names.categories)
    shown = [c for c in categories if any(Decimal(o["costs"]["by_category"].get(c, 0)) for o in options)] or categories[:1]
    divisor, unit = manner.magnitude(max(Decimal(o["costs"]["total"]["likely"]) for o in options))
    parts, totals = [], []
    for option in options:
        start = Decimal(0)
        for category in shown:
            part = Decimal(option["costs"]["by_category"].get(category, 0)) / divisor
            parts.append(
                {"option": labels[option["id"]], "category": names.category(category), "from": float(start), "to": float(start + part)}
            )
            start += part
        note = "" if option["costs"]["complete"] else f"  {_('at least')}"
        totals.append({"option": labels[option["id"]], "at": float(start), "label": f"{number(f'{start:,.2f}')}{note}"})
    y = {"field": "option", "type": "nominal", "sort": list(labels.values()), "title": None}
    positions = {c: n for n, c in enumerate(categories)}
    spec = {
        "width": WIDTH - 120,
        "height": {"step": 46},
        "layer": [
            {
                "data": {"values": parts},
                "mark": {"type": "bar", "height": 26, "stroke": "white", "strokeWidth": 1},
                "encoding": {
                    "y": y,
                    "x": {
                        "field": "from",
                        "type": "quantitative",
                        "title": _("%(currency)s over the horizon") % {"currency": f"{currency}{unit}"},
                        "axis": {"tickCount": 6},
                    },
                    "x2": {"field": "to"},
                    "color": {
                        "field": "category",
                        "type": "nominal",
                        "scale": {"domain": [names.category(c) for c in shown], "range": [colour(positions[c]) for c in shown]},
                        "legend": {"title": None, "orient": "bottom", "columns": 3},
                    },
                },
            },
            {
                "data": {"values": totals},
                "mark": {"type": "text", "align": "left", "dx": 6, "fontWeight": 700, "fontSize": 13},
                "encoding": {"y": y, "x": {"field": "at", "type": "quantitative"}, "text": {"field": "label"}},
            },
        ],
    }
    header = (_("Category"), *(names.option(o["id"]) for o in options))
    rows = [(names.category(c), *(amount(o["costs"]["by_category"].get(c)) for o in options)) for c in categories]
    rows.append((_("Total"), *(amount(o["costs"]["total"]["likely"]) for o in options)))
    whole, least = "%(option)s %(currency)s %(amount)s", _("%(option)s at least %(currency)s %(amount)s")
    described = "; ".join(
        (whole if o["costs"]["complete"] else least)
        % {"option": names.option(o["id"]), "currency": currency, "amount": amount(o["costs"]["total"]["likely"])}
        for o in options
    )
    said = _("Total cost over the horizon: %(options)s.") % {"options": described}
    return draw(_("Cost over the horizon by category"), said, Table(header, tuple(rows)), spec, manner)


def monthly_cost_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart | None:
    """A line an option: its average monthly cost against the volume, with the break-even points and today's demand marked, and a line for each
    published managed price that an option is held against.

    ``evaluation`` must hold its trace, where the parts of the monthly cost stand; None where no option's monthly cost is known.
    Raises ValueError without a trace.
    """
    names, _, number = names or Names(), manner.word, manner.number
    curves = [c for o in evaluation["options"] if (c := curve_of(evaluation, o["id"]))]
    if not curves:
        return None
    labels = dict(zip((c.option for c in curves), distinct([names.option(c.option) for c in curves]), strict=True))
    demand = _demand(evaluation)
    crossings = [(b["between"], Decimal(b["tokens_per_month"])) for b in evaluation["break_even"] if b["tokens_per_month"] is not None]
    crossings = [(pair, at) for pair, at in crossings if at and all(id_ in labels for id_ in pair)]
    within = [at for _pair, at in crossings if at <= demand * FURTHEST]
    end = max([demand * 2, *(at * Decimal("1.25") for at in within)])
    by_id = {c.option: c for c in curves}
    divisor, unit = manner.magnitude(end)
    managed = _managed(evaluation, names, manner)
    lines: list[dict[str, Any]] = [
        {"option": labels[c.option], "volume": float(volume / divisor), "cost": float(cost)}
        for c in curves
        for volume, cost in c.points(end)
    ]
    lines += [
        {"option": label, "volume": float(volume / divisor), "cost": float(price * volume / 1_000_000)}
        for label, price in managed.items()
        for volume in (Decimal(0), end)
    ]
    ends = [
        {"option": labels[c.option], "volume": float(at / divisor), "cost": float(c.cost(at))} for c in curves for at in (c.until(end),)
    ]
    drawn = sorted(((at, pair) for pair, at in crossings if at <= end), key=lambda found: found[0])
    points = [
        {"volume": float(at / divisor), "cost": float(by_id[pair[0]].cost(at)), "label": f"{number(f'{at / divisor:,.1f}')}{unit}"}
        for at, pair in drawn
    ]
    top = max(line["cost"] for line in lines) * 1.04 or 1.0
    places = _label_places(points, lines, float(end / divisor), top, float(demand / divisor))
    domain = [*labels.values(), *managed]
    looks = [*(option_look(evaluation, id_) for id_ in labels), *((FAINT, "", [1, 4]) for _each in managed)]
    legend = {"title": None, "orient": "top", "symbolType": "stroke", "symbolSize": 400, "columns": 3, "offset": 24}
    series = {"field": "option", "type": "nominal", "legend": legend}
    stroke = {**series, "scale": {"domain": domain, "range": [look[0] for look in looks]}}
    dash = {**series, "scale": {"domain": domain, "range": [look[2] for look in looks]}}
    x = {"field": "volume", "type": "quantitative", "title": f"{_('Tokens a month')}{',' if unit else ''}{unit}", "scale": {"nice": False}}
    y = {
        "field": "cost", "type": "quantitative", "title": _("%(currency)s a month") % {"currency": evaluation["currency"]},
        "axis": {"format": ",.0f"}, "scale": {"domain": [0, top], "nice": False},
    }  # fmt: skip
    beyond = [
        _("%(one)s and %(other)s: %(volume)s") % {"one": labels[pair[0]], "other": labels[pair[1]], "volume": in_words(at, manner)}
        for pair, at in crossings
        if at > end
    ]
    spec = {
        **({"title": _beyond(beyond, manner)} if beyond else {}),
        "width": PLOT_WIDTH,
        "height": PLOT_HEIGHT,
        "layer": [
            {
                "data": {"values": [{"volume": float(demand / divisor), "label": _("demand")}]},
                "mark": {"type": "rule", "strokeDash": [3, 3], "color": "#52606d"},
                "encoding": {"x": x},
            },
            {
                "data": {"values": [{"volume": float(demand / divisor), "label": _("demand")}]},
                # Above the lines: a label between them would lie on one of them.
                "mark": {"type": "text", "dy": -3, "baseline": "bottom", "color": "#52606d"},
                "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "label"}},
            },
            {
                "data": {"values": lines},
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y, "color": stroke, "strokeDash": dash, "order": {"field": "volume", "type": "quantitative"}},
            },
            {
                "data": {"values": ends},
                "mark": {"type": "point", "filled": True, "size": 30, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": stroke},
            },
            {
                "data": {"values": points},
                "mark": {
                    "type": "point",
                    "size": 130,
                    "filled": True,
                    "color": "white",
                    "stroke": "#1f2933",
                    "strokeWidth": 2,
                    "opacity": 1,
                },
                "encoding": {"x": x, "y": y},
            },
            *(
                {
                    "data": {"values": [point]},
                    "mark": {"type": "text", "dx": right, "dy": down, "fontWeight": 600, "baseline": "middle", "align": "center"},
                    "encoding": {"x": x, "y": y, "text": {"field": "label"}},
                }
                for point, (right, down) in zip(points, places, strict=True)
            ),
        ],
    }
    rows = tuple(_crossing_row(b, names, manner) for b in evaluation["break_even"])
    described = "; ".join(f"{row[0]}: {row[1]}" for row in rows) or _("nothing to compare with")
    said = _("Average monthly cost at a constant volume, at the demand's mix. Break-even: %(volumes)s.") % {"volumes": described}
    table = Table((_("Between"), _("Break-even, tokens a month")), rows)
    return draw(_("Monthly cost by volume"), said, table, spec, manner)


def _beyond(crossings: list[str], manner: Manner) -> dict[str, Any]:
    """What stands below the chart of the break-even points that lie beyond its end."""
    said = manner.word(_("Beyond this chart they cost the same, in tokens a month:"))
    return {
        "text": [said, *crossings],
        "orient": "bottom",
        "anchor": "start",
        "fontSize": 12,
        "fontWeight": 400,
        "color": FAINT,
        "offset": 8,
    }


def in_words(volume: Decimal, manner: Manner) -> str:
    """``8.0 billion``."""
    divisor, unit = manner.magnitude(volume)
    return manner.number(f"{volume / divisor:,.1f}") + unit


def _label_places(
    points: list[dict[str, Any]], lines: list[dict[str, Any]], end: float, top: float, demand: float
) -> list[tuple[int, int]]:
    """Where the break-even labels go, off the lines of the options and of the demand."""

    def at(place: Mapping[str, Any]) -> tuple[float, float]:
        return place["volume"] / end * PLOT_WIDTH, PLOT_HEIGHT - place["cost"] / top * PLOT_HEIGHT

    by_option: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        by_option.setdefault(line["option"], []).append(at(line))
    across = demand / end * PLOT_WIDTH
    marked = [(at(point), str(point["label"])) for point in points]
    return placing.beside(marked, [*by_option.values(), [(across, 0.0), (across, float(PLOT_HEIGHT))]], PLOT_WIDTH, PLOT_HEIGHT)


@dataclass(frozen=True)
class Curve:
    """cost(V) = max(minimum, price·V) + replica_cost·replicas(V) + base; the same function as in the scoring, for drawing."""

    option: str
    price: Decimal
    minimum: Decimal
    base: Decimal
    replica_cost: Decimal
    replica_tokens: Decimal
    least: Decimal
    most: Decimal | None = None

    def until(self, end: Decimal) -> Decimal:
        """Where its line ends: at the volume that the most replicas serve, if that comes before ``end``."""
        return end if self.most is None else min(end, self.most * self.replica_tokens)

    def cost(self, volume: Decimal, above: bool = False) -> Decimal:
        """At a volume, or just above it where a further replica begins."""
        replicas = Decimal(0)
        if self.replica_tokens:
            needed = volume / self.replica_tokens
            replicas = max(self.least, Decimal(floor(needed) + 1 if above else ceil(needed)))
        return self.base + max(self.minimum, self.price * volume) + self.replica_cost * replicas

    def points(self, end: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
        """Enough points to draw it to ``end``: an even grid, and both ends of each step while the steps are wider than the grid."""
        end = self.until(end)
        grid = end / SAMPLES
        volumes = {grid * n for n in range(SAMPLES + 1)}
        steps: set[Decimal] = set()
        if self.replica_cost and self.replica_tokens > grid * 2:
            steps = {self.replica_tokens * n for n in range(1, int(end / self.replica_tokens) + 1)}
        for volume in sorted(volumes | steps):
            yield volume, self.cost(volume)
            if volume in steps and volume < end:
                yield volume + grid / 1000, self.cost(volume, above=True)


def curve_of(evaluation: Mapping[str, Any], option: str) -> Curve | None:
    """The parts of the monthly cost, from the trace."""
    if "trace" not in evaluation:
        raise ValueError("the monthly cost is drawn from the evaluation's trace; give an evaluation with its trace")
    found = _find(evaluation["trace"], f"options.{option}.costs.monthly")
    if found is None:
        return None
    parts = {node["key"].rsplit(".", 1)[1]: Decimal(node["value"]) for node in found["inputs"]}
    return Curve(
        option=option,
        price=parts["price_per_million"] / 1_000_000,
        minimum=parts["minimum"],
        base=parts["fixed"] + parts["one_off"],
        replica_cost=parts.get("replica_cost", Decimal(0)),
        replica_tokens=parts.get("replica_tokens", Decimal(0)),
        least=parts.get("minimum_replicas", Decimal(0)),
        most=parts.get("maximum_replicas"),
    )


def _demand(evaluation: Mapping[str, Any]) -> Decimal:
    found = _find(evaluation["trace"], "demand.tokens_per_month")
    return Decimal(found["value"]) if found else Decimal(1)


def _find(node: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    if node.get("key") == key:
        return node
    return next((found for part in node["inputs"] if (found := _find(part, key))), None)


def _managed(evaluation: Mapping[str, Any], names: Names, manner: Manner) -> dict[str, Decimal]:
    """Published managed prices, per million tokens, by how the chart calls them."""
    prices = [b["managed"] for b in evaluation["break_even"] if "managed" in b]
    several, _ = len({p["model"] for p in prices}) > 1, manner.word
    called = _("Published price, %(provider)s")
    return {
        called % {"provider": f"{names.provider(p['provider'])}{', ' + p['model'] if several else ''}"}: Decimal(p["price_per_million"])
        for p in prices
    }


def _crossing_row(found: Mapping[str, Any], names: Names, manner: Manner) -> tuple[str, str]:
    _ = manner.word
    pair = _(" and ").join(names.option(id_) for id_ in found["between"])
    if "managed" in found:
        provider = names.provider(found["managed"]["provider"])
        pair = _("%(option)s and the published price of %(provider)s") % {"option": pair, "provider": provider}
    tokens = found["tokens_per_month"]
    if tokens is not None:
        return pair, manner.number(f"{int(tokens):,}")
    return pair, (_("none. %(reason)s") % {"reason": found["reason"]}).rstrip(".")
