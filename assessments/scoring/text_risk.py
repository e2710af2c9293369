"""The part of the terminal's page that tells how sure a result is, what would change it, and what it risks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from assessments.scoring.words import of_hundred

FLIPS_AT_MOST = 12
Rows = list[list[str]]


def ranks(robustness: Mapping[str, Any], names: Mapping[str, str], order: list[str]) -> Rows:
    """Per option how often it is first, and its confidence."""
    stated, anywhere = robustness["stated_weights"]["rank_acceptability"], robustness["any_weights"]["rank_acceptability"]
    rows = [["first in", "near the stated weights", "under any weights"]]
    return rows + [[names[id_], of_hundred(stated[id_][0]), of_hundred(anywhere[id_][0])] for id_ in order]


def losses(options: list[dict[str, Any]], names: Mapping[str, str]) -> Rows:
    rows = [["", "expected a year", "worst year in twenty"]]
    return rows + [
        [names[o["id"]], f"{Decimal(o['loss']['expected_per_year']):,}", f"{Decimal(o['loss']['p95']):,}" if "p95" in o["loss"] else "-"]
        for o in options
        if "loss" in o
    ]


def premiums(found: list[dict[str, str]], names: Mapping[str, str], currency: str) -> Iterator[str]:
    for premium in found:
        extra, avoided = Decimal(premium["extra_cost_per_year"]), Decimal(premium["loss_avoided_per_year"])
        cost = f"costs {currency} {abs(extra):,} a year {'more' if extra >= 0 else 'less'} than {names[premium['against']]}"
        risk = f"{'takes' if avoided >= 0 else 'adds'} {currency} {abs(avoided):,} {'off' if avoided >= 0 else 'to'} the expected loss"
        yield f"{names[premium['option']]} {cost} and {risk}."


def flips(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "Nothing was found that would turn it: no weights, no single answer, no demand and no cost figure up to a thousandfold."
    for flip in found[:FLIPS_AT_MOST]:
        yield flip["text"]
    if len(found) > FLIPS_AT_MOST:
        yield f"and {len(found) - FLIPS_AT_MOST} more, in the JSON output."


def scenarios(data: Mapping[str, Any], names: Mapping[str, str]) -> Rows:
    """A row a scenario: who leads, and every option's score."""
    ids = [o["id"] for o in data["options"]]
    rows = [["", "leads", *ids]]

    def row(title: str, found: Mapping[str, Any]) -> list[str]:
        scores = {o["id"]: o["score"] if o["admissible"] else f"{o['score']} (not admissible)" for o in found["options"]}
        leader = found["recommendation"]["option"]
        return [title, names[leader] if leader else "none", *(scores[id_] for id_ in ids)]

    return [*rows, row("as it stands", data), *(row(s["title"], s) for s in data["scenarios"])]
