"""How sure the ranking is: of a hundred draws near the stated weights, how many put each option on each rank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.charts.drawing import FAINT, INSIDE, REPORT, WIDTH, Chart, Manner, Names, Table, distinct, draw
from compliance.marking import marked as _

# Of the draws: a narrower part has no room for its figure, or none for its rank beside it.
LABEL_FROM, RANK_FROM = Decimal("0.08"), Decimal("0.25")
# The first rank is what people look for: it alone is dark. The others pale towards the last, and dark text reads well on each.
FIRST, SECOND, LAST = "#332288", (0xAA, 0xA3, 0xD3), (0xEE, 0xEC, 0xF6)


def ranks_chart(evaluation: Mapping[str, Any], names: Names | None = None, manner: Manner = REPORT) -> Chart | None:
    """A bar an option, in parts by rank, the first rank first; ``evaluation`` is the documented output.

    The table has the shares under any weights as well. None where fewer than two options were ranked in the draws.
    """
    names, _ = names or Names(), manner.word
    found = evaluation.get("robustness")
    ids = [id_ for id_ in evaluation["ranking"] if found and id_ in found["stated_weights"]["rank_acceptability"]]
    if found is None or len(ids) < 2:
        return None
    stated, anywhere = found["stated_weights"]["rank_acceptability"], found["any_weights"]["rank_acceptability"]
    labels = dict(zip(ids, distinct([names.option(id_) for id_ in ids]), strict=True))
    ranks = [ordinal(n, manner) for n in range(1, len(ids) + 1)]
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
                    "label": _placed(share, ranks[position], manner),
                    "ink": INSIDE if position else "#ffffff",
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
                    "x": {"field": "from", "type": "quantitative", "scale": {"domain": [0, 100]}, "title": _("Of 100 draws near the stated weights")},
                    "x2": {"field": "to"},
                    "color": {
                        "field": "rank",
                        "type": "nominal",
                        "scale": {"domain": ranks, "range": shades},
                        "legend": {"title": _("Rank"), "orient": "bottom", "columns": 10},
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
        (f"{names.option(id_)}, {where}", *(_percent(share, manner) for share in shares[id_]))
        for id_ in ids
        for where, shares in ((_("near the stated weights"), stated), (_("under any weights"), anywhere))
    ]
    first = _("%(option)s first in %(share)s")
    described = "; ".join(first % {"option": names.option(id_), "share": _percent(stated[id_][0], manner)} for id_ in ids)
    table = Table((_("Option and weights"), *ranks), tuple(rows))
    said = _("Share of the draws near the stated weights: %(options)s.") % {"options": described}
    return draw(_("How often each option takes each rank"), said, table, spec, manner)


def _placed(share: Decimal, rank: str, manner: Manner) -> str:
    """``96 % in 2nd place`` where there is room."""
    if share < LABEL_FROM:
        return ""
    figure = manner.number(f"{share * 100:.0f}") + "\u00a0%"
    return manner.word(_("%(share)s in %(rank)s place")) % {"share": figure, "rank": rank} if share >= RANK_FROM else figure


def ordinal(n: int, manner: Manner = REPORT) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    _ = manner.word
    common, ends = _("%(n)dth"), {1: _("%(n)dst"), 2: _("%(n)dnd"), 3: _("%(n)drd")}
    return (common if 10 < n % 100 < 14 else ends.get(n % 10, common)) % {"n": n}


def shade(position: int, count: int) -> str:
    """One of ``count`` colours, from the first rank (position 0) to the last."""
    if not position:
        return FIRST
    part = (position - 1) / max(1, count - 2)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(SECOND, LAST, strict=True))


def _percent(share: str, manner: Manner) -> str:
    """With the two decimals that the draws give; the sign stays with its figure."""
    return manner.number(f"{Decimal(share) * 100:.2f}") + "\u00a0%"
