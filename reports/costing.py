"""What the options cost as it is paid, against the budget; and the figures that people entered, with who did. From the record to the pages. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from assessments.scoring.costs import MonthlyPlan, by_year
from assessments.scoring.facts import Demand
from assessments.scoring.rounding import COMPUTING
from assessments.scoring.words import in_currency
from reports import wording
from reports.derivation import walk
from reports.wording import amount, number

COLUMNS = 4  # options side by side in one table
YEARS = 10  # of a longer horizon the rest is added up
VERDICT = "That average is"


def as_paid(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """Costs that aren't discounted, and how they stand to the budget; None where the record doesn't tell the parts of the monthly cost."""
    demand = snapshot["file"].get("demand") or {}
    months, trace = demand.get("horizon_months"), snapshot["evaluation"].get("trace")
    if not months or not trace:
        return None
    nodes = {node["key"]: node for node in walk(trace) if node.get("key", "").endswith((".costs.monthly", "tokens_per_month"))}
    tokens = number(nodes.get("demand.tokens_per_month", {}).get("value"))
    paid = {}
    for option in names:
        parts = {
            part["key"].rpartition(".")[2]: Decimal(part["value"])
            for part in nodes.get(f"options.{option}.costs.monthly", {}).get("inputs", [])
        }
        if tokens and "fixed" in parts:
            paid[option] = _paid(parts, tokens, number(demand.get("growth_per_year")) or Decimal(0), int(months))
    if not paid:
        return None
    budget = {key: number(value) for key, value in (demand.get("budget") or {}).items()}
    target, limit = budget.get("target_per_month"), budget.get("limit_per_month")
    present = {o["id"]: number(o["costs"].get("total", {}).get("likely")) for o in snapshot["evaluation"]["options"]}
    shown = {id_: _row(found, target, limit, present.get(id_), int(months)) for id_, found in paid.items()}
    ids = list(shown)
    groups = [ids[i : i + COLUMNS] for i in range(0, len(ids), COLUMNS)]
    return {
        "months": months,
        "discounted": bool(number(demand.get("discount_rate"))),
        "target": amount(str(target)) if target is not None else "",
        "limit": amount(str(limit)) if limit is not None else "",
        "tables": [_table([names[id_] for id_ in group], [shown[id_] for id_ in group]) for group in groups],
    }


def _paid(parts: dict[str, Decimal], tokens: Decimal, growth: Decimal, months: int) -> dict[str, Any]:
    """The running cost of the first month and of each year, and what falls once."""
    plan = MonthlyPlan(
        mix_tokens=tokens,
        mix_cost=parts["price_per_million"] * tokens / 1_000_000,
        minimum=parts["minimum"],
        replica_cost=parts.get("replica_cost", Decimal(0)),
        replica_tokens=parts.get("replica_tokens"),
        peak_ratio=Decimal(1),  # of which the tokens that a replica serves are those already
        minimum_replicas=parts.get("minimum_replicas", Decimal(0)),
        fixed=parts["fixed"],
        one_off=parts["one_off"] * months,
        maximum_replicas=parts.get("maximum_replicas"),
    )
    demand = Demand(input_tokens_per_month=tokens, output_tokens_per_month=Decimal(0), growth_per_year=growth, horizon_months=months)
    with localcontext(COMPUTING):
        years = list(by_year(plan, demand))
        (first,) = by_year(replace(plan, one_off=Decimal(0)), replace(demand, horizon_months=1))
        return {"once": plan.one_off, "first": first, "years": years, "all": sum(years, Decimal(0))}


def _row(paid: dict[str, Any], target: Decimal | None, limit: Decimal | None, present: Decimal | None, months: int) -> dict[str, Any]:
    average = paid["all"] / months
    years = paid["years"] if len(paid["years"]) <= YEARS else [*paid["years"][: YEARS - 1], sum(paid["years"][YEARS - 1 :])]
    return {
        "Once, before the first month": _whole(paid["once"]),
        "Running costs, first month": _whole(paid["first"]),
        "Average month, all costs": _whole(average),
        VERDICT: against(average, target, limit),
        **{f"Year {n}{' and after' if n == YEARS < len(paid['years']) else ''}": _whole(year) for n, year in enumerate(years, start=1)},
        "All, as it is paid": _whole(paid["all"]),
        "Present value a month": _whole(present / months) if present is not None else "",
    }


def against(average: Decimal, target: Decimal | None, limit: Decimal | None) -> str:
    """How an amount stands to target and limit, in words; "" without a budget."""
    said = [
        f"{'above' if average > bound else 'within' if name == 'target' else 'below'} the {name}"
        for name, bound in (("target", target), ("limit", limit))
        if bound is not None
    ]
    return ", ".join(said)


def _table(names: list[str], columns: list[dict[str, str]]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"title": title, "cells": [column[title] for column in columns], "words": title == VERDICT} for title in columns[0]
    ]
    return {"names": names, "rows": [row for row in rows if any(column[row["title"]] for column in columns)]}


def _whole(value: Decimal) -> str:
    return amount(f"{value:.2f}")


def entered(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """Every cost figure as somebody entered it: a row a figure, a column an option; None where there is none."""
    by = {(f["option"], f["figure"]): f["by"] for f in snapshot.get("figures", []) if f["by"]}
    sources = {(f["option"], f["figure"]): f["source"] for f in snapshot.get("figure_sources", [])}
    costs = {option["id"]: option.get("costs") or {} for option in snapshot["file"].get("options", [])}
    costs = {id_: held for id_, held in costs.items() if any(isinstance(part, dict) for part in held.values())}
    if not costs:
        return None
    alike = len(set(by.values())) == 1
    currencies = {id_: held.get("currency") or snapshot["evaluation"]["currency"] for id_, held in costs.items()}
    shared = next(iter(currencies.values())) if len(set(currencies.values())) == 1 else ""
    ids, tables = list(costs), []
    for i in range(0, len(ids), COLUMNS):
        group, rows = ids[i : i + COLUMNS], []
        for category in snapshot["cost_categories"]:
            given = {id_: held for id_ in group if (held := costs[id_].get(category["id"])) is not None}
            if any(held == {} for held in given.values()):
                cells = [{"likely": "nothing"} if given.get(id_) == {} else {} for id_ in group]
                rows.append({"text": category["title"], "unit": "stated to cost nothing", "cells": cells})
            for field in category["fields"]:
                cells = [_figure(given[id_][field["key"]], sources.get((id_, f"{category['id']}.{field['key']}"), ""),
                                 "" if alike else by.get((id_, f"{category['id']}.{field['key']}"), ""))
                         if field["key"] in given.get(id_, {}) else {} for id_ in group]  # fmt: skip
                if any(cells):
                    rows.append(
                        {
                            "text": f"{category['title']}: {field['text']}",
                            "unit": in_currency(field["unit"], shared or "currency"),
                            "cells": cells,
                        }
                    )
        heads = [f"{names.get(id_, id_)}, {currencies[id_]}" for id_ in group]
        tables.append({"heads": heads, "rows": rows})
    return {
        "tables": tables,
        "all_by": next(iter(by.values())) if alike else "",
        "has_by": bool(by),
        "converted": _converted(snapshot, set(currencies.values())),
    }


def _figure(value: Any, source: str, by: str) -> dict[str, str]:
    if not isinstance(value, dict):
        return {"likely": _exact(value), "range": "", "source": source, "by": by}
    return {"likely": _exact(value["likely"]), "range": f"{_exact(value['low'])}–{_exact(value['high'])}", "source": source, "by": by}


def _exact(figure: Any) -> str:
    """Every digit, thousands apart."""
    value = number(figure)
    return "" if value is None else f"{value:,f}"


def _converted(snapshot: dict[str, Any], entered_in: set[str]) -> str:
    """``Entered in USD; converted at 0.86 EUR for one USD, the catalogue's rate of 1 January 2026 (source).``"""
    into = snapshot["evaluation"]["currency"]
    currencies = sorted(entered_in - {into})
    if not currencies:
        return ""
    texts = {s["id"]: s["title"] for s in snapshot["sources"]}
    rates = snapshot.get("grounds", {}).get("rates", [])
    if rates:
        said = [
            f"{r['rate']} {r['base']} for one {r['currency']}, the catalogue's rate of {wording.day(r['on'])}"
            + (f" ({'; '.join(texts.get(s, s) for s in r['sources'])})" if r["sources"] else "")
            for r in rates
        ]
    else:
        used = [n for n in walk(snapshot["evaluation"].get("trace") or {"inputs": []}) if n.get("name", "").startswith(f"{into} for one ")]
        said = sorted({f"{n['value']} {n['name']}" for n in used})
    return f"Entered in {wording.listed(currencies)}" + (f", converted at {wording.listed(said)}." if said else f", counted in {into}.")
