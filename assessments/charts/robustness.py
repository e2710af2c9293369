"""How sure the ranking is: of a hundred draws near the stated weights, how many put each option on each rank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import FAINT, INK, WIDTH, Chart, Names, Table, distinct, draw

LABEL_FROM = Decimal("0.06")  # of the draws: a narrower part has no room for its figure
# The first rank is what people look for: it alone is dark. The others pale towards the last, and dark text reads well on each.
FIRST, SECOND, LAST = "#332288", (0xAA, 0xA3, 0xD3), (0xEE, 0xEC, 0xF6)


def ranks_chart(evaluation: Mapping[str, Any], names: Names | None = None) -> Chart | None:
    """A bar an option, in parts by rank, the first rank first; ``evaluation`` is the documented output.

    The table has the shares under any weights as well. None where fewer than two options were ranked in the draws.
    """
    names = names or Names()
    found = evaluation.get("robustness")
    ids = [id_ for id_ in evaluation["ranking"] if found and id_ in found["stated_weights"]["rank_acceptability"]]
    if found is None or len(ids) < 2:
        return None
    stated, anywhere = found["stated_weights"]["rank_acceptability"], found["any_weights"]["rank_acceptability"]
    labels = dict(zip(ids, distinct([names.option(id_) for id_ in ids]), strict=True))
    ranks = [ordinal(n) for n in range(1, len(ids) + 1)]
    shades = [shade(n, len(ids)) for n in range(len(ids))]
    parts = []
    for id_ in ids:
        start = Decimal(0)
        for position, text in enumerate(stated[id_]):
            share = Decimal(text)
            parts.append(
                {
                    "option": labels[id_],
                    "rank": ranks[position],
                    "from": float(start * 100),
                    "to": float((start + share) * 100),
                    "middle": float((start + share / 2) * 100),
                    "label": f"{ranks[position]} {share * 100:.0f}" if share >= LABEL_FROM else "",
                    "ink": INK if position else "#ffffff",
                }
            )
            start += share
    y = {"field": "option", "type": "nominal", "sort": list(labels.values()), "title": None}
    spec = {
        "width": WIDTH - 100,
        "height": {"step": 42},
        "layer": [
            {
                "data": {"values": [p for p in parts if p["to"] > p["from"]]},
                "mark": {"type": "bar", "height": 26, "stroke": FAINT, "strokeWidth": 0.75},
                "encoding": {
                    "y": y,
                    "x": {"field": "from", "type": "quantitative", "scale": {"domain": [0, 100]}, "title": "Of 100 draws near the stated weights"},
                    "x2": {"field": "to"},
                    "color": {
                        "field": "rank",
                        "type": "nominal",
                        "scale": {"domain": ranks, "range": shades},
                        "legend": {"title": "Rank", "orient": "bottom", "columns": 10},
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
        ],
    }  # fmt: skip
    rows = [
        (f"{names.option(id_)}, {where}", *(_percent(share) for share in shares[id_]))
        for id_ in ids
        for where, shares in (("near the stated weights", stated), ("under any weights", anywhere))
    ]
    described = "; ".join(f"{names.option(id_)} first in {_percent(stated[id_][0])}" for id_ in ids)
    table = Table(("Option and weights", *ranks), tuple(rows))
    return draw("How often each option takes each rank", f"Share of the draws near the stated weights: {described}.", table, spec)


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    last = "th" if 10 < n % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{last}"


def shade(position: int, count: int) -> str:
    """One of ``count`` colours, from the first rank (position 0) to the last."""
    if not position:
        return FIRST
    part = (position - 1) / max(1, count - 2)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(SECOND, LAST, strict=True))


def _percent(share: str) -> str:
    """With the two decimals that the draws give; the sign stays with its figure."""
    return f"{Decimal(share) * 100:.2f}\u00a0%"
