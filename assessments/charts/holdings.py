"""Charts of what a portfolio is made of: open against closed, sourcing by class, states, and concentration on few holders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import FAINT, INK, INSIDE, REPORT, WIDTH, Chart, Manner, Table, colour, distinct, draw, ink_on
from assessments.charts.stacking import Counts, Series, stacked
from compliance.marking import marked as _

# From the gravest to the least, from the middle outwards.
RISKS = ("high", "medium", "low", "unknown")
SHADES = {
    ("closed", "high"): ("#332288", "#ffffff"), ("closed", "medium"): ("#7d72ba", "#ffffff"), ("closed", "low"): ("#cbc6e6", INSIDE),
    ("closed", "unknown"): ("#eeecf6", INSIDE),
    ("open", "high"): ("#117733", "#ffffff"), ("open", "medium"): ("#5da574", INSIDE), ("open", "low"): ("#c2dfca", INSIDE),
    ("open", "unknown"): ("#eaf3ec", INSIDE),
}  # fmt: skip
SHOWN = 12  # holders with a bar of their own
BANDS = (("low", "#e2f2e8"), ("moderate", "#fdf0d8"), ("high", "#fbe7e4"))
BAND_WORDS = {"low": _("low"), "moderate": _("moderate"), "high": _("high")}
# Side and risk, and the words for the two.
PARTS = {
    ("closed", "high"): _("Closed, high risk"), ("closed", "medium"): _("Closed, medium risk"), ("closed", "low"): _("Closed, low risk"),
    ("closed", "unknown"): _("Closed, risk not known yet"),
    ("open", "high"): _("Open, high risk"), ("open", "medium"): _("Open, medium risk"), ("open", "low"): _("Open, low risk"),
    ("open", "unknown"): _("Open, risk not known yet"),
}  # fmt: skip
# What one is called, the chart's title, and what is said of those that aren't named.
HOLDERS = {
    "provider": (_("Provider"), _("Concentration per provider"), _("Left out, since their provider isn't named: %(n)d.")),
    "model": (_("Model"), _("Concentration per model"), _("Left out, since their model isn't named: %(n)d.")),
}


@dataclass(frozen=True)
class Hybrid:
    """So many assessments of one kind of use case: ``side`` is ``closed`` or ``open``, ``risk`` the gravest residual risk as in RISKS."""

    kind: str
    side: str
    risk: str
    count: int


def hybrid_chart(cells: Sequence[Hybrid], manner: Manner = REPORT) -> Chart | None:
    """A bar a kind of use case: closed to the left, open to the right, in parts by residual risk. None where there is nothing."""
    if not cells:
        return None
    _ = manner.word
    used = [risk for risk in RISKS if risk != "unknown" or any(cell.risk == risk for cell in cells)]
    series = [Series(_(PARTS[side, risk]), *SHADES[side, risk], left=side == "closed") for side in ("closed", "open") for risk in used]
    counts: dict[tuple[str, str], int] = {}
    for cell in cells:
        key = (cell.kind, _(PARTS[cell.side, cell.risk]))
        counts[key] = counts.get(key, 0) + cell.count
    sums = {
        (kind, side): sum(c.count for c in cells if c.kind == kind and c.side == side)
        for kind in {c.kind for c in cells}
        for side in ("closed", "open")
    }
    kinds = sorted({c.kind for c in cells}, key=lambda kind: (sums[kind, "open"] - sums[kind, "closed"], kind))
    rows = tuple((kind, *(str(counts.get((kind, s.name), 0)) for s in series)) for kind in kinds)
    closed, opened = (sum(sums[kind, side] for kind in kinds) for side in ("closed", "open"))
    said = _(
        "%(closed)d rest on a closed API and %(open)d on open weights. Closed to the left, open to the right; the darker, the graver the risk "
        "left."
    ) % {"closed": closed, "open": opened}
    drawn = draw(
        _("Open against closed by use case and risk"), said, Table((_("Kind of use case"), *(s.name for s in series)), rows),
        stacked(kinds, series, counts, x=_("Assessments, closed on the left and open on the right"), write=manner.whole), manner,
    )  # fmt: skip
    return replace(drawn, begin="middle")


def by_class_chart(classes: Sequence[str], sourcings: Sequence[str], counts: Counts, manner: Manner = REPORT) -> Chart | None:
    """A bar a class of the AI Act in parts by sourcing; ``classes`` and ``sourcings`` are labels in their order."""
    used = [c for c in classes if any(counts.get((c, s)) for s in sourcings)]
    if not used:
        return None
    series = [Series(s, colour(n), ink_on(colour(n))) for n, s in zip((0, 1, 2, 3, 4), sourcings, strict=False)]
    rows = tuple((c, *(str(counts.get((c, s), 0)) for s in sourcings)) for c in used)
    described = "; ".join(f"{c} {sum(int(counts.get((c, s), 0)) for s in sourcings)}" for c in used)
    _ = manner.word
    return draw(
        _("Sourcing by AI Act class"), _("Assessments by class: %(classes)s.") % {"classes": described}, Table((_("Class"), *sourcings), rows),
        stacked(used, series, counts, x=_("Assessments"), write=manner.whole), manner,
    )  # fmt: skip


def states_chart(states: Sequence[tuple[str, int]], manner: Manner = REPORT) -> Chart | None:
    """A bar a state with its number of assessments; those without any are left out."""
    used = [(label, count) for label, count in states if count]
    if not used:
        return None
    _ = manner.word
    bars = _("Assessments")
    series = [Series(bars, colour(0), "#ffffff")]
    counts = {(label, bars): count for label, count in used}
    spec = stacked([label for label, _count in used], series, counts, x=bars, write=manner.whole)
    spec["layer"][0]["encoding"]["color"]["legend"] = None
    spec["layer"].pop(1)  # the sum at the bar's end says it already
    described = "; ".join(f"{label} {count}" for label, count in used)
    table = Table((_("State"), bars), tuple((label, str(count)) for label, count in used))
    return draw(_("State of the portfolio"), f"{described}.", table, spec, manner)


@dataclass(frozen=True)
class Held:
    """What one holder (a provider, a model) has: a number of assessments, and what they cost a year as text where that is known."""

    name: str
    count: int
    cost: str = ""


def concentration_chart(
    holders: Sequence[Held], *, of: str, index: Decimal, index_by_cost: Decimal | None, limits: tuple[int, int] | None, currency: str,
    few: bool = False, unnamed: Held | None = None, manner: Manner = REPORT,
) -> Chart | None:  # fmt: skip
    """A bar a holder (largest first, the smallest as one) and the Herfindahl-Hirschman index against its limits.

    ``of``: ``provider`` or ``model``; ``index`` (0 to 10,000) of the numbers, ``index_by_cost`` of the yearly costs where any is known;
    ``limits``: from where it is moderate and high, None where none is known; ``few``: of so few it is high however they are spread;
    ``unnamed``: those whose holder isn't named, in the table alone. None where nobody holds anything.
    """
    if not holders:
        return None
    _, number = manner.word, manner.number
    whole = sum(h.count for h in holders)
    labels = distinct([h.name for h in holders[:SHOWN]])
    bars = [(label, h.count) for label, h in zip(labels, holders, strict=False)]
    if rest := holders[SHOWN:]:
        bars.append((_("%(n)d others") % {"n": len(rest)}, sum(h.count for h in rest)))
    values = [{"name": name, "share": count / whole * 100, "label": f"{count / whole * 100:.0f} % ({count})"} for name, count in bars]
    y = {"field": "name", "type": "nominal", "sort": [name for name, _count in bars], "title": None, "axis": {"grid": False}}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": _("Share of the assessments, per cent"),
        "axis": {"tickCount": 5},
        "scale": {"domain": [0, 112], "nice": False},
    }
    spec = {
        "vconcat": [
            {
                "width": WIDTH - 220,
                "height": {"step": 26},
                "layer": [
                    {"data": {"values": values}, "mark": {"type": "bar", "height": 16, "color": colour(0)}, "encoding": {"y": y, "x": x}},
                    {
                        "data": {"values": values},
                        "mark": {"type": "text", "align": "left", "dx": 6, "fontWeight": 600},
                        "encoding": {"y": y, "x": x, "text": {"field": "label"}},
                    },
                ],
            },
            _gauge(index, limits, manner),
        ],
        "spacing": 28,
    }  # fmt: skip
    said = _("Herfindahl-Hirschman index %(index)s") % {"index": number(f"{index:,}")}
    if limits:
        judged = {"level": _level(index, limits, manner), "moderate": number(f"{limits[0]:,}"), "high": number(f"{limits[1]:,}")}
        said += _(", %(level)s (moderate from %(moderate)s, high from %(high)s)") % judged
    if index_by_cost is not None:
        said += _("; by yearly cost %(index)s") % {"index": number(f"{index_by_cost:,}")}
    largest = _("Largest: %(name)s with %(n)d of %(whole)d assessments.")
    said += ". " + largest % {"name": holders[0].name, "n": holders[0].count, "whole": whole}
    if few:
        said += " " + _("With so few use cases the index can't be below the limit, however they are spread.")
    rows = [(h.name, str(h.count), number(f"{h.count / whole * 100:.1f}"), number(h.cost) or _("not known")) for h in holders]
    called, title, left_out = HOLDERS[of]
    if unnamed:
        said += " " + _(left_out) % {"n": unnamed.count}
        rows.append((_("not named"), str(unnamed.count), _("left out"), number(unnamed.cost) or _("not known")))
    cost = _("Cost a year, %(currency)s") % {"currency": currency} if currency else _("Cost a year")
    return draw(_(title), said, Table((_(called), _("Assessments"), _("Share, per cent"), cost), tuple(rows)), spec, manner)


def _level(index: Decimal, limits: tuple[int, int], manner: Manner) -> str:
    return manner.word(BAND_WORDS["high" if index >= limits[1] else "moderate" if index >= limits[0] else "low"])


def _gauge(index: Decimal, limits: tuple[int, int] | None, manner: Manner) -> dict[str, Any]:
    """The index on a line, over bands for low, moderate and high."""
    _ = manner.word
    end = min(10_000.0, max(float(index) * 1.2, (limits[1] if limits else 2500) * 1.6))
    edges = [0.0, *(float(limit) for limit in limits), end] if limits else []
    bands = (
        [
            {"from": edges[n], "to": edges[n + 1], "word": _(BAND_WORDS[band]), "fill": fill, "line": n % 2}
            for n, (band, fill) in enumerate(BANDS)
        ]
        if limits
        else []
    )
    # Where the limits lie close together, as beside an index of 10,000, the figure of the lower one ends at its line and that of the upper one
    # begins there; the word of the band between them has a line of its own.
    aside = {"condition": {"test": f"datum.value < {edges[2]}", "value": "right"}, "value": "left"} if limits else "center"
    axis = {"values": edges[1:-1] or None, "format": ",d", "grid": False, "labelAlign": aside}
    x = {
        "field": "from",
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "title": _("Herfindahl–Hirschman index"),
        "axis": axis,
    }
    here = [{"from": float(index), "label": manner.number(f"{index:,}")}]
    layers: list[dict[str, Any]] = []
    if bands:
        layers = [
            {
                "data": {"values": bands},
                "mark": {"type": "rect", "stroke": "white"},
                "encoding": {"x": x, "x2": {"field": "to"}, "color": {"field": "fill", "type": "nominal", "scale": None}},
            },
            *(_words([band for band in bands if band["line"] == line], x, dy) for line, dy in ((0, 5), (1, 20))),
        ]
    near_end = float(index) > end * 0.8
    return {
        "width": WIDTH - 220,
        "height": 44,
        "layer": [
            *layers,
            {"data": {"values": here}, "mark": {"type": "rule", "color": INK, "strokeWidth": 3}, "encoding": {"x": x}},
            {
                "data": {"values": here},
                "mark": {"type": "text", "dx": -7 if near_end else 7, "dy": -10, "fontWeight": 700, "fontSize": 14,
                         "align": "right" if near_end else "left"},
                "encoding": {"x": x, "text": {"field": "label"}},
            },
        ],
    }  # fmt: skip


def _words(bands: list[dict[str, Any]], x: dict[str, Any], dy: int) -> dict[str, Any]:
    """The words of some bands, each from where its band begins; ``dy`` below the middle."""
    mark = {"type": "text", "align": "left", "baseline": "bottom", "dx": 5, "dy": dy, "color": FAINT, "fontSize": 11}
    return {"data": {"values": bands}, "mark": mark, "encoding": {"x": x, "text": {"field": "word"}}}
