"""How sure the result is, what would change it, and what it says under other assumptions: from the frozen record to what the pages show. Pure.

Each part is None or empty where the record doesn't have it: records of older catalogue releases, and those made before it was computed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from assessments.charts.drawing import REPORT
from assessments.scoring.flip import group_of
from assessments.scoring.words import of_hundred
from reports import wording
from reports.questions import questions
from reports.wording import aligned, amount, chance, count, number, percent, plain, word

COLUMNS = 4  # options side by side in one table
RANKS = 6  # columns of ranks; those beyond are added up in one more
FLIPS = 10  # of the nearest changes of each kind; the derivation has them all

# The kinds of change as the page of the result has them, too, each with what its distance is.
CHANGES = {
    "option": (
        "Another answer about an option",
        "How far the answer’s value moves, of 1; one that isn’t scored keeps an option out, or lets it in.",
    ),
    "use_case": (
        "Another answer about the use case, or another requirement",
        "Such as the minimum levels that the organisation sets. Most of these answers aren’t scored: they decide what is admissible.",
    ),
    "weight": ("Other weights", "How many of the 100 points of weight move from some criteria to others."),
    "demand": ("Another demand", "The change as a share of what it is now."),
    "cost": ("Another cost figure", "The change as a share of what it is now."),
    "together": ("A better answer and another demand together", "The move of the answer’s value and the change of demand, added."),
}


def how_sure(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """The robustness of the ranking, an entry for each admissible option in the ranking's order; None where it wasn't computed."""
    evaluation = snapshot["evaluation"]
    found = evaluation.get("robustness")
    if not found or not evaluation["ranking"]:
        return None
    results = {o["id"]: o for o in evaluation["options"]}
    near, anywhere = found["stated_weights"]["rank_acceptability"], found["any_weights"]["rank_acceptability"]
    ranked = [id_ for id_ in evaluation["ranking"] if id_ in near]
    if not ranked:
        return None
    parameters = snapshot.get("robustness", {})
    ranks = aligned([_ranks(shares[id_]) for shares in (near, anywhere) for id_ in ranked])
    return {
        "samples": count(str(found["samples"])),
        "factor_text": _factor_text(found["stated_weights"]["factor"]),
        "doubts": [{"basis": word(d["basis"], wording.BASES), "share": percent(d["share"])} for d in parameters.get("doubts", [])],
        "alone": len(ranked) == 1,
        "heads": _heads(len(ranked)),
        "options": [
            {
                "name": names.get(id_, id_),
                "score": results[id_]["score"],
                "range": results[id_].get("score_range"),
                "near": _first(near[id_]),
                "anywhere": _first(anywhere[id_]),
                "ranks_near": ranks[n],
                "ranks_anywhere": ranks[len(ranked) + n],
            }
            for n, id_ in enumerate(ranked)
        ],
        "central": _central(snapshot, found["any_weights"], ranked, names),
    }


def _factor_text(factor: str) -> str:
    return "between half and twice" if factor == "2" else f"between a share of 1/{factor} and {factor} times"


def _first(shares: list[str]) -> str:
    """How often an option is first, as in ``comes first in 83 of 100 draws``."""
    return f"{of_hundred(shares[0])} draws" if Decimal(shares[0]) else "no draw"


def _heads(options: int) -> list[str]:
    heads = ["First", "Second", "Third", "Fourth", "Fifth", "Sixth"]
    return heads[:options] if options <= RANKS else [*heads, "Later"]


def _ranks(shares: list[str]) -> list[str]:
    later = [str(sum(map(Decimal, shares[RANKS:])))] if len(shares) > RANKS else []
    return [chance(share) for share in [*shares[:RANKS], *later]]


def _central(snapshot: dict[str, Any], found: dict[str, Any], ranked: list[str], names: dict[str, str]) -> list[dict[str, Any]]:
    """Tables of the weights that put an option first on average, beside the stated ones; an option that is never first has none."""
    results = {o["id"]: o for o in snapshot["evaluation"]["options"]}
    weights, confidence = found["central_weights"], found["confidence"]
    tables = []
    for i in range(0, len(ranked), COLUMNS):
        group = ranked[i : i + COLUMNS]
        rows = []
        for criterion in snapshot["criteria"]:
            id_ = criterion["id"]
            stated = next((o["values"][id_]["weight"] for o in results.values() if id_ in o["values"]), None)
            cells = [percent((weights.get(option) or {}).get(id_)) for option in group]
            if stated is not None or any(cells):
                rows.append({"title": criterion["title"], "stated": percent(stated), "cells": cells})
        sure = [chance(confidence.get(option)) or "never first" for option in group]
        shares = aligned([[row["stated"], *row["cells"]] for row in rows])
        rows = [row | {"stated": line[0], "cells": line[1:]} for row, line in zip(rows, shares, strict=True)]
        tables.append({"names": [names.get(option, option) for option in group], "rows": rows, "confidence": sure})
    return tables


def cost_ranges(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """The range of each option's total and what its replicas can serve; None where nobody gave a range or a limit."""
    rows = []
    for option in snapshot["evaluation"]["options"]:
        total, capacity = option["costs"].get("total"), option["costs"].get("capacity")
        if total is None or ("p10" not in total and capacity is None):
            continue
        rows.append(
            {
                "name": names.get(option["id"], option["id"]),
                **{key: amount(total.get(key)) for key in ("p10", "likely", "p50", "p90")},
                "capacity": count(capacity["tokens_per_month"]) if capacity else "",
                "exceeded_in": capacity["exceeded_in_month"] if capacity else None,
            }
        )
    return {"rows": rows, "ranges": any(r["p10"] for r in rows), "capacities": [r for r in rows if r["capacity"]]} if rows else None


def break_even(snapshot: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Between two options, or between one and a published price of the same model."""
    return [_crossing(found, snapshot, names) for found in snapshot["evaluation"].get("break_even", [])]


def _crossing(found: dict[str, Any], snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    between = [names.get(key, key) for key in found["between"]]
    managed, more = found.get("managed"), ""
    if managed:
        provider = next((p["name"] for p in snapshot.get("providers", []) if p["id"] == managed["provider"]), managed["provider"])
        source = next((s["title"] for s in snapshot["sources"] if s["id"] == managed["source"]), managed["source"])
        between.append(f"the published price of {provider}")
        currency = snapshot["evaluation"]["currency"]
        more = (
            f"{managed['model']}, {currency} {managed['price_per_million']} per million tokens at the demand's mix, "
            f"published on or before {wording.day(managed['on'])}: {source}"
        )
    replicas = "; ".join(
        f"{names.get(key, key)} runs {n} {'replica' if n == 1 else 'replicas'} there" for key, n in found.get("replicas", {}).items()
    )
    return {
        "names": between,
        "more": more,
        "known": found["tokens_per_month"] is not None,
        "tokens": _tokens(found["tokens_per_month"]),
        "reason": found.get("reason", ""),
        "replicas": replicas,
    }


def _tokens(text: str | None) -> str:
    """``8030503006`` as ``8.0 billion``."""
    value = number(text)
    if value is None:
        return text or ""
    divisor, unit = REPORT.magnitude(value)
    return f"{value / divisor:,.1f}{unit}" if unit else count(text)


def what_would_change_it(snapshot: dict[str, Any]) -> dict[str, Any] | None:
    """The changes that turn the recommendation by kind, the smallest of each first; None where the record doesn't tell."""
    flips = snapshot["evaluation"].get("flips")
    if flips is None:
        return None
    scored = {q["id"]: bool(q.get("criterion")) for q in questions(snapshot)}
    groups = []
    for id_, (title, distance) in CHANGES.items():
        found = [flip for flip in flips if group_of(flip) == id_]
        rows = [{"text": flip["text"], "distance": _distance(flip, scored)} for flip in found[:FLIPS]]
        if rows:
            groups.append({"title": title, "distance": distance, "rows": rows, "more": max(0, len(found) - FLIPS)})
    return {"groups": groups}


def _distance(flip: dict[str, Any], scored: dict[str, bool]) -> str:
    value, group = number(flip["distance"]), group_of(flip)
    if value is None:
        return str(flip["distance"])
    if group == "weight":  # what some criteria gain others lose, so half of the sum moves
        return f"{plain(value * 50, 1)} of 100 points"
    if group in ("option", "use_case"):
        return f"{plain(value, 2)} of 1" if scored.get(flip["question"]) else "not scored"
    return percent(flip["distance"]) if group in ("demand", "cost") else plain(value, 2)


def scenarios(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """Each scenario of the catalogue as a column beside the case as it stands; None where there are none."""
    evaluation = snapshot["evaluation"]
    found = evaluation.get("scenarios")
    if not found:
        return None
    stands = {
        "title": "As it stands",
        "ranking": evaluation["ranking"],
        "recommendation": evaluation["recommendation"],
        "options": [
            {
                "id": o["id"], "admissible": o["admissible"], "score": o["score"],
                "cost_total": o["costs"].get("total", {}).get("likely"), "loss_per_year": o.get("loss", {}).get("expected_per_year"),
            }
            for o in evaluation["options"]
        ],
    }  # fmt: skip
    rest = COLUMNS - 1
    return {
        "texts": [{"title": s["title"], "description": s["description"]} for s in found],
        "tables": [_side_by_side([stands, *found[i : i + rest]], names) for i in range(0, len(found), rest)],
    }


def _side_by_side(columns: list[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    by_id = [{o["id"]: o for o in c["options"]} for c in columns]
    scores = [(names[id_], _marked([_score(c, o[id_]) for c, o in zip(columns, by_id, strict=True)])) for id_ in names]
    parts = [{"title": "Score", "rows": scores}]
    for key, title in (("cost_total", "Costs over the horizon"), ("loss_per_year", "Expected loss a year")):
        if any(o[id_][key] is not None for o in by_id for id_ in names):
            rows = [(names[id_], _marked([amount(o[id_][key]) or "not known" for o in by_id])) for id_ in names]
            parts.append({"title": title, "rows": rows})
    return {"titles": [c["title"] for c in columns], "recommended": [_recommended(c, names) for c in columns], "parts": parts}


def _marked(cells: list[str]) -> list[dict[str, Any]]:
    """Each cell with whether it differs from the first, which is the case as it stands."""
    return [{"text": cell, "differs": cell != cells[0]} for cell in cells]


def _score(column: dict[str, Any], option: dict[str, Any]) -> str:
    if not option["admissible"]:
        return f"{option['score']}, not admissible"
    return f"{option['score']}, rank {column['ranking'].index(option['id']) + 1}"


def _recommended(column: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    found = column["recommendation"]
    return {"option": names.get(found["option"] or "", "None"), "how": word(found["outcome"], wording.CONFIDENCE)}
