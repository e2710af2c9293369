"""Charts of a portfolio over time: obligations by date, reviews by month, costs by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import INK, REPORT, WIDTH, Chart, Manner, Table, colour, draw, ink_on
from assessments.charts.stacking import Series, stacked, whole_ticks
from compliance.marking import marked as _

STANDS = {
    "gap": (_("with a gap"), "#a3261f", "square"),
    "unknown": (_("not known"), "#b37400", "triangle-up"),
    "met": (_("all met"), "#117733", "circle"),
}
MONTHS_SHOWN = 18


@dataclass(frozen=True)
class Duties:
    """Of one instrument, the obligations of all assessments that begin to apply on one day, by how they stand."""

    applies_from: date
    instrument: str
    met: int = 0
    gap: int = 0
    unknown: int = 0

    @property
    def count(self) -> int:
        return self.met + self.gap + self.unknown

    @property
    def stands(self) -> str:
        """The gravest: ``gap``, ``unknown`` or ``met``."""
        return "gap" if self.gap else "unknown" if self.unknown else "met"


def duties_chart(duties: Sequence[Duties], today: date, manner: Manner = REPORT) -> Chart | None:
    """A mark for each instrument and day, by how its obligations stand, with how many of them stand so; a line at ``today``. None without any."""
    if not duties:
        return None
    _, number = manner.word, manner.number
    stands = {key: (_(word), *look) for key, (word, *look) in STANDS.items()}

    def share(d: Duties) -> str:
        """``1 of 26``; where all are met, how many they are."""
        part, whole = (number(f"{n:,}") for n in (getattr(d, d.stands), d.count))
        return whole if d.stands == "met" else _("%(n)s of %(all)s") % {"n": part, "all": whole}

    instruments = sorted(
        {d.instrument for d in duties}, key=lambda name: (min(d.applies_from for d in duties if d.instrument == name), name)
    )
    points = [
        {"day": d.applies_from.isoformat(), "instrument": d.instrument, "stands": stands[d.stands][0], "label": share(d)}
        for d in sorted(duties, key=lambda d: (d.applies_from, d.instrument))
    ]
    used = [s for s in stands.values() if any(p["stands"] == s[0] for p in points)]
    days = [*(d.applies_from for d in duties), today]
    x: dict[str, Any] = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc", "domain": [date(min(days).year, 1, 1).isoformat(), date(max(days).year + 1, 1, 1).isoformat()]},
        "title": _("Applies from"),
        "axis": {"format": "%Y", "tickCount": "year", "grid": True},
    }
    y = {"field": "instrument", "type": "nominal", "sort": instruments, "title": None, "axis": {"grid": True}}
    look = {"field": "stands", "type": "nominal", "legend": {"title": None, "orient": "bottom", "symbolSize": 110}}
    here = [{"day": today.isoformat(), "label": _("today, %(day)s") % {"day": manner.day(today)}}]
    past_middle = (today - min(days)).days > (max(days) - min(days)).days / 2
    spec = {
        "width": WIDTH - 160,
        "height": {"step": 42},
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 170, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {**look, "scale": {"domain": [s[0] for s in used], "range": [s[1] for s in used]}},
                    "shape": {**look, "scale": {"domain": [s[0] for s in used], "range": [s[2] for s in used]}},
                },
            },
            {
                "data": {"values": points},
                "mark": {"type": "text", "dy": -14, "fontSize": 11},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
            {"data": {"values": here}, "mark": {"type": "rule", "color": INK, "strokeWidth": 2, "strokeDash": [5, 3]}, "encoding": {"x": x}},
            {
                "data": {"values": here},
                "mark": {
                    "type": "text", "align": "right" if past_middle else "left", "dx": -6 if past_middle else 6, "dy": -6, "fontWeight": 700,
                },
                "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "label"}},
            },
        ],
    }  # fmt: skip
    rows = tuple(
        (
            manner.day(d.applies_from),
            _("applies") if d.applies_from <= today else _("to come"),
            d.instrument,
            str(d.gap),
            str(d.unknown),
            str(d.met),
            str(d.count),
        )
        for d in sorted(duties, key=lambda d: (d.applies_from, d.instrument))
    )
    coming = [d for d in duties if d.applies_from > today]
    first = min((d.applies_from for d in coming), default=None)
    next_day = _("The next begin to apply on %(day)s.") % {"day": manner.day(first)} if first else _("None is to come.")
    applying = [d for d in duties if d.applies_from <= today]
    gaps, those = (number(f"{n:,}") for n in (sum(d.gap for d in applying), sum(d.count for d in applying)))
    said = _("With a gap, of %(all)s that apply today: %(n)s.") % {"n": gaps, "all": those}
    table = Table((_("Applies from"), _("Now"), _("Instrument"), _("With a gap"), _("Not known"), _("Met"), _("All")), rows)
    drawn = draw(_("Obligations by date"), f"{said} {next_day}", table, spec, manner)
    return replace(drawn, begin="end") if past_middle else drawn


def reviews_chart(days: Mapping[date, int], today: date, manner: Manner = REPORT) -> Chart | None:
    """A bar a month with the reviews that fall due in it; ``days`` maps the first of a month to their number. What is over is one bar, and so
    is what lies more than MONTHS_SHOWN months ahead."""
    if not any(days.values()):
        return None
    _ = manner.word
    this, past, far = today.replace(day=1), _("earlier"), _("later")
    months = [_month(this, n) for n in range(MONTHS_SHOWN)]
    last = max((m for m in months if days.get(m)), default=this)
    bars = [(past, sum(n for day, n in days.items() if day < this))]
    bars += [(manner.month(month), days.get(month, 0)) for month in months if month <= last]
    bars += [(far, sum(n for day, n in days.items() if day > months[-1]))]
    bars = [bar for bar in bars if bar[1] or bar[0] not in (past, far)]
    values = [{"month": label, "count": count, "label": str(count) if count else "", "past": label == past} for label, count in bars]
    x = {
        "field": "month",
        "type": "nominal",
        "sort": [label for label, _count in bars],
        "title": _("Review due"),
        "axis": {"labelAngle": -45},
    }
    y = {
        "field": "count",
        "type": "quantitative",
        "title": _("Approvals"),
        "axis": {"values": whole_ticks(max(n for _label, n in bars)), "format": ",d"},
    }
    spec = {
        "width": WIDTH - 90,
        "height": 200,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "bar"},
                "encoding": {"x": x, "y": y, "color": {"condition": {"test": "datum.past", "value": "#a3261f"}, "value": colour(0)}},
            },
            {
                "data": {"values": values},
                "mark": {"type": "text", "dy": -8, "fontWeight": 600},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
        ],
    }
    described = "; ".join(f"{label} {count}" for label, count in bars if count)
    table = Table((_("Month"), _("Approvals")), tuple((label, str(count)) for label, count in bars))
    return draw(_("Reviews due by month"), f"{described}.", table, spec, manner)


def costs_by_year_chart(
    costs: Mapping[tuple[int, str], Decimal], sourcings: Sequence[str], currency: str, missing: int, manner: Manner = REPORT
) -> Chart | None:
    """A bar a year of use in parts by sourcing; ``costs`` by year (from 1) and label of the sourcing, ``missing``: of so many assessments the
    costs aren't known, which the sums leave out."""
    years = sorted({year for (year, _sourcing), figure in costs.items() if figure})
    if not years:
        return None
    largest = max(sum((figure for (y, _sourcing), figure in costs.items() if y == year), Decimal(0)) for year in years)
    _, number = manner.word, manner.number
    divisor, unit = manner.magnitude(largest)
    series = [Series(s, colour(n), ink_on(colour(n))) for n, s in enumerate(sourcings)]
    labels = {year: _("Year %(n)d") % {"n": year} for year in years}
    scaled = {(labels[year], s): figure / divisor for (year, s), figure in costs.items() if year in labels}
    spec = stacked(list(labels.values()), series, scaled, x=f"{currency}{unit}", write=lambda figure: number(f"{figure:,.1f}"), whole=False)
    totals = {year: sum((costs.get((year, s), Decimal(0)) for s in sourcings), Decimal(0)) for year in years}
    rows = tuple(
        (labels[year], *(money(costs.get((year, s), Decimal(0)), manner) for s in sourcings), money(totals[year], manner)) for year in years
    )
    described = "; ".join(f"{labels[year]} {currency} {money(totals[year], manner)}" for year in years)
    left_out = " " + _("Without %(n)d whose costs aren't known.") % {"n": missing} if missing else ""
    table = Table((_("Year of use"), *sourcings, _("Total")), rows)
    return draw(_("Cost by year of use"), f"{described}.{left_out}", table, spec, manner)


def money(figure: Decimal, manner: Manner) -> str:
    """With its thousands apart and its cents, however the database adds up."""
    return manner.number(f"{figure:,.2f}")


def _month(first: date, after: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + after, 12)
    return date(year, month + 1, 1)
