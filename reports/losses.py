"""What may go wrong with each option, what that costs in a year, and what it is worth that somebody else answers: from the record to the pages.
Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports.wording import aligned, amount, chance, count, number, plain

COLUMNS = 4  # options side by side in one table


def losses(snapshot: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """Losses of the options and the premiums between them; None where the record has none."""
    evaluation = snapshot["evaluation"]
    found = {o["id"]: o["loss"] for o in evaluation["options"] if "loss" in o}
    if not found:
        return None
    return {
        "options": [
            {"name": names.get(id_, id_), "expected": amount(loss["expected_per_year"]), "p95": amount(loss.get("p95"))}
            for id_, loss in found.items()
        ],
        "drawn": any("p95" in loss for loss in found.values()),
        "samples": count(str(evaluation["robustness"]["samples"])) if "robustness" in evaluation else "",
        "scenarios": _scenarios(snapshot.get("losses", []), found, names),
        "assumed": any(s["assumed"] for loss in found.values() for s in loss["scenarios"]),
        "exceedance": _exceedance(found, names),
        "premiums": [_premium(p, names, evaluation["currency"]) for p in evaluation.get("accountability", [])],
    }


def _scenarios(texts: list[dict[str, Any]], found: dict[str, dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Tables of each scenario, in the catalogue's order: a column an option, its figures above and what its answers change below."""
    known = {text["id"]: text for text in texts}
    ids = list(known) + [s["id"] for loss in found.values() for s in loss["scenarios"]]
    options = list(found)
    tables = []
    for i in range(0, len(options), COLUMNS):
        group = options[i : i + COLUMNS]
        parts = []
        for id_ in dict.fromkeys(ids):
            theirs = [next((s for s in found[option]["scenarios"] if s["id"] == id_), None) for option in group]
            if any(theirs):
                parts.append(_scenario(known.get(id_, {"title": _spaced(id_)}), theirs))
        tables.append({"names": [names.get(option, option) for option in group], "parts": parts})
    return tables


def _scenario(text: dict[str, Any], theirs: list[dict[str, Any] | None]) -> dict[str, Any]:
    """``theirs``: the scenario for each option of a table, None where it can't happen."""
    changes = {c["id"]: c["title"] for c in text.get("changes", [])}
    changes |= {c: _spaced(c) for s in theirs if s for c in s["changes"] if c not in changes}
    transfers = {t["id"]: t["title"] for t in text.get("transfers", [])}
    transfers |= {s["transfer"]: _spaced(s["transfer"]) for s in theirs if s and s["transfer"] and s["transfer"] not in transfers}
    counted = [(title, [_counts(s, id_) for s in theirs]) for id_, title in changes.items()]
    borne = [(title, ["applies" if s and s["transfer"] == id_ else "" for s in theirs]) for id_, title in transfers.items()]
    return {
        "title": text["title"],
        "description": text.get("description", ""),
        "expected": [amount(s["expected_per_year"]) if s else "can't happen" for s in theirs],
        "figures": [
            ("Events a year", _events([s["events_per_year"] if s else "" for s in theirs])),
            ("Cost of one event", [amount(s["cost_per_event"]) + (" *" if s["assumed"] else "") if s else "" for s in theirs]),
            ("Of it borne by others", [amount(s["borne_by_others"]) if s else "" for s in theirs]),
        ],
        "changes": [row for row in counted if any(row[1])],
        "transfers": [row for row in borne if any(row[1])],
    }


def _counts(loss: dict[str, Any] | None, change: str) -> str:
    if loss is None or change not in loss["changes"]:
        return ""
    return "not ruled out" if change in loss["not_ruled_out"] else "applies"


def _events(texts: list[str]) -> list[str]:
    """A row of rates, all with as many decimals as the one that has most."""
    found = [plain(value, 4) if (value := number(text)) is not None else text for text in texts]
    places = max((len(text.partition(".")[2]) for text in found), default=0)
    return [f"{Decimal(text):.{places}f}" if number(text) is not None else text for text in found]


def _exceedance(found: dict[str, dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Tables of the share of years that lose more than an amount; the amounts are the same for every option."""
    drawn = {id_: loss["exceedance"] for id_, loss in found.items() if loss.get("exceedance")}
    tables = []
    ids = list(drawn)
    for i in range(0, len(ids), COLUMNS):
        group = ids[i : i + COLUMNS]
        steps = [amount(point["amount"]) for point in drawn[group[0]]]
        shares = aligned([[chance(drawn[id_][n]["probability"]) for id_ in group] for n in range(len(steps))])
        rows = [{"amount": step, "cells": line} for step, line in zip(steps, shares, strict=True)]
        tables.append({"names": [names.get(id_, id_) for id_ in group], "rows": rows})
    return tables


def _premium(found: dict[str, str], names: dict[str, str], currency: str) -> str:
    extra, avoided, net = (Decimal(found[f"{key}_per_year"]) for key in ("extra_cost", "loss_avoided", "net"))
    option, against = names.get(found["option"], found["option"]), names.get(found["against"], found["against"])

    def money(figure: Decimal) -> str:
        return f"{currency} {amount(str(abs(figure)))}"

    cost = f"{option} costs {money(extra)} a year {'more' if extra >= 0 else 'less'} than {against}"
    risk = f"{'takes' if avoided >= 0 else 'adds'} {money(avoided)} {'off' if avoided >= 0 else 'to'} the expected loss"
    end = f"on balance it is {money(net)} a year {'better' if net >= 0 else 'worse'}"
    return f"{cost}, and {risk}: {end}."


def price_text(found: dict[str, str] | None, names: dict[str, str], currency: str) -> str:
    """The same of one pair, "" where there is none."""
    return _premium(found, names, currency) if found else ""


def _spaced(id_: str) -> str:
    return id_.replace("-", " ").capitalize()
