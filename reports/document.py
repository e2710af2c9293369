"""From the two frozen records to what the pages of the sign-off report show. Reads nothing else, so the same records give the same pages."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.scoring.words import of_hundred
from audit.merkle import leaf_hash
from reports import brief, costing, law, questions, sources, sure, verdicts, wording
from reports.derivation import derivation
from reports.firmness import firmness
from reports.fonts import covered
from reports.glossary import glossary
from reports.losses import losses, price_text
from reports.routing import routing
from reports.text import printable_data
from reports.titles import Titles
from reports.wording import amount, count, ordered, percent, word

# What the pages look like is part of what is signed off: raise it with every change that shows on paper.
TEMPLATE_VERSION = 10
COLUMNS = 4
LONGEST_NAME = 80  # characters of an option's name, which stands in nearly every table; whole it stands among the options
SAVED = frozenset({"response.saved", "figure.saved"})
SHORTEST_RUN = 4

UNDECIDED = "undecided"
FORMATS = {
    "snapshot": ("countersign/snapshot@1",),
    "decision": ("countersign/decision@1", "countersign/decision@2", UNDECIDED),
}


class UnknownRecord(ValueError):
    """A record that this template doesn't know how to print."""


@dataclass(frozen=True)
class Records:
    """The exact bytes of both records and their digests (``sha256:`` and 64 hexadecimal digits); ``log_proof``: that the decision is in the log,
    as reports.log_proof makes it. Of a draft there is no decision yet: the record is empty, and so is its digest."""

    snapshot: bytes
    snapshot_digest: str
    decision: bytes
    decision_digest: str
    log_proof: bytes = b""

    def data(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Snapshot and decision as data. Raises UnknownRecord."""
        snapshot = json.loads(self.snapshot)
        decision = json.loads(self.decision) if self.decision else undecided(snapshot)
        for name, record in (("snapshot", snapshot), ("decision", decision)):
            if record.get("format") not in FORMATS[name]:
                known = " and ".join(FORMATS[name])
                raise UnknownRecord(f"The {name} is in the format {record.get('format')!r}; this report prints {known}.")
        return snapshot, decision


def undecided(snapshot: dict[str, Any]) -> dict[str, Any]:
    """What stands in the place of a decision record while there is none: nothing was decided, and the time is that of the submission."""
    proposal = snapshot["proposal"]
    return {
        "format": UNDECIDED,
        "decision": {"outcome": UNDECIDED, "option": proposal["option"], "option_name": proposal["option_name"],
                     "at": snapshot["submitted"]["at"], "review_on": None},
        "stages": [], "verdicts": [], "acceptances": [], "conditions": [], "trail": [], "log": None,
    }  # fmt: skip


def context(records: Records) -> dict[str, Any]:
    """Everything that the template shows, in words. Raises UnknownRecord."""
    snapshot, decision = (printable_data(record, covered()) for record in records.data())
    evaluation = snapshot["evaluation"]
    names = {o["id"]: wording.shortened(o["name"] or o["id"], LONGEST_NAME) for o in snapshot["options"]}
    results = {o["id"]: o for o in evaluation["options"]}
    proposed = results[snapshot["proposal"]["option"]]
    options = [_option(o, results[o["id"]], snapshot) for o in snapshot["options"]]
    titles = Titles(snapshot)
    used = sources.used(snapshot)
    values = [v for o in evaluation["options"] for v in o["values"].values()]
    has_least, has_open = any("least" in v for v in values), any(v["best"] != v["value"] for v in values)
    shown = {
        "template_version": TEMPLATE_VERSION,
        "records": records,
        "snapshot": snapshot,
        "decision": decision,
        "evaluation": evaluation,
        "outcome": word(verdicts.outcome(decision), wording.OUTCOMES),
        "approved": decision["decision"]["outcome"] == "approved",
        "draft": decision["decision"]["outcome"] == UNDECIDED,
        "currency": evaluation["currency"],
        "names": names,
        "proposed": next(o for o in options if o["id"] == proposed["id"]),
        "recommended": names.get(evaluation["recommendation"]["option"] or ""),
        "confidence": word(evaluation["recommendation"]["outcome"], wording.CONFIDENCE),
        "confidence_short": word(evaluation["recommendation"]["outcome"], wording.CONFIDENCE_SHORT),
        "sure_text": _sure_text(evaluation, proposed["id"]),
        "follows_recommendation": snapshot["proposal"]["option"] == snapshot["proposal"]["recommended"],
        "options": options,
        "costs_missing": any(o["total"] and not o["costs_complete"] for o in options),
        "has_fallbacks": any(o["fallback_text"] for o in options),
        "option_groups": [options[i : i + COLUMNS] for i in range(0, len(options), COLUMNS)],
        "ranking": [next(o for o in options if o["id"] == key) for key in evaluation["ranking"]],
        "deciders": verdicts.deciders(decision),
        "signatures": [verdicts.signature(v) for v in decision["verdicts"]],
        "stages": [verdicts.stage(stage, snapshot) for stage in decision.get("stages", [])],
        "routing": routing(snapshot),
        "conditions": decision.get("conditions", []),
        "criteria": _criteria(snapshot, results, names),
        "has_open": has_open,
        "criteria_columns": 4 + has_least + has_open,
        "has_least": has_least,
        "risk_class": law.risk_class(snapshot),
        "obligations": (owed := law.obligations(snapshot, names, proposed["id"])),
        "unverified": sum(1 for o in owed if o["doubt"]),
        "findings": _findings(snapshot, names, proposed["id"]),
        "blockers": len({f["id"] for f in snapshot["findings"] if f["blocker"]}),
        **brief.facts(snapshot, decision, proposed["id"]),
        "reasons": brief.reasons(evaluation),
        "price": price_text(brief.price(snapshot, proposed["id"]), names, evaluation["currency"]),
        "acceptances": [a | {"option_name": names.get(a["option"], a["option"])} for a in decision["acceptances"]],
        "cost_groups": _costs(snapshot, results, options),
        "demand": _demand(snapshot),
        "paid": costing.as_paid(snapshot, names),
        "entered": costing.entered(snapshot, names),
        "cost_ranges": sure.cost_ranges(snapshot, names),
        "break_even": sure.break_even(snapshot, names),
        "sure": sure.how_sure(snapshot, names),
        "firmness": firmness(snapshot),
        "losses": losses(snapshot, names),
        "change": sure.what_would_change_it(snapshot),
        "scenarios": sure.scenarios(snapshot, names),
        "questionnaires": list(questions.questionnaires(snapshot, names)),
        "answer_counts": questions.answer_counts(snapshot),
        "bases": questions.bases(snapshot, proposed["id"]),
        "evidence": questions.evidence(snapshot),
        "trail": _trail(decision, titles),
        "log_proof": (proof := json.loads(records.log_proof) if records.log_proof else None),
        "decided": _decided(proof, decision) if proof else None,
        "sources": sources.by_verification(used),
        "sources_tally": sources.tally(used),
        "weights_text": _weights_text(snapshot),
        "derivation": derivation(titles.of_trace(evaluation["trace"]) if evaluation.get("trace") else None),
    }
    register = _register(snapshot, proposed["id"], shown["findings"]["proposed"])
    shown["register"] = [f for f in register if f["treatment"] or f["owner"]]
    shown["left"] = [f for f in register if not (f["treatment"] or f["owner"])]
    return shown | {"glossary": glossary(shown)}


def _register(snapshot: dict[str, Any], option: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is done about the option's findings, in their order and with their numbers."""
    numbers = {f["id"]: number for number, f in enumerate(findings, start=1)}
    entries = [f | {"number": numbers.get(f["finding"], "")} for f in snapshot.get("register", []) if f["option"] == option]
    return sorted(entries, key=lambda f: numbers.get(f["finding"], len(numbers) + 1))


def in_catalogue_order(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The evaluation with criteria and cost categories in the catalogue's order, which canonical JSON replaces by that of their names."""
    evaluation = snapshot["evaluation"]
    options = []
    for option in evaluation["options"]:
        costs = option["costs"]
        if "by_category" in costs:
            costs = costs | {"by_category": ordered(costs["by_category"], [c["id"] for c in snapshot["cost_categories"]])}
        options.append(option | {"values": ordered(option["values"], [c["id"] for c in snapshot["criteria"]]), "costs": costs})
    return evaluation | {"options": options}


def _option(option: dict[str, Any], result: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any]:
    evaluation = snapshot["evaluation"]
    costs = result["costs"]
    severities = Counter(f["severity"] for f in snapshot["findings"] if f["option"] == option["id"])
    rank = evaluation["ranking"].index(option["id"]) + 1 if option["id"] in evaluation["ranking"] else None
    return {
        **option,
        "name": wording.shortened(option["name"] or option["id"], LONGEST_NAME),
        "full_name": option["name"] or option["id"],
        "sourcing_text": word(option["sourcing"], wording.SOURCINGS),
        "fallback_text": _fallback(option.get("fallback")),
        "result": result,
        "rank": rank,
        "is_proposed": option["id"] == snapshot["proposal"]["option"],
        "score": result["score"],
        "score_best": result["score_best"],
        "completeness": percent(result["completeness"]),
        "total": amount(costs.get("total", {}).get("likely")),
        "per_million": amount(costs.get("per_million_tokens")),
        "replicas": costs.get("replicas_at_end"),
        "costs_complete": costs["complete"],
        "findings_text": ", ".join(f"{severities[s]} {s}" for s in brief.SEVERITIES if severities[s]) or "none",
        "blockers": result["blockers"],
        "open_questions": len(evaluation["unanswered"]["options"].get(option["id"], [])),
    }


def _fallback(held: dict[str, str] | None) -> str:
    return ", ".join(part for part in (word(held["sourcing"], wording.SOURCINGS), held["provider"], held["model"]) if part) if held else ""


def _criteria(snapshot: dict[str, Any], results: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for criterion in snapshot["criteria"]:
        values: list[dict[str, Any]] = []
        for option in snapshot["options"]:
            value = results[option["id"]]["values"].get(criterion["id"])
            values.append(
                {
                    "name": names[option["id"]],
                    "value": wording.fixed(value["value"]) if value else None,
                    "best": wording.fixed(value["best"]) if value else None,
                    "least": wording.fixed(value.get("least", value["value"])) if value else None,
                    "completeness": percent(value["completeness"]) if value else "",
                    "bar": _bar(value["value"]) if value else 0,
                    "gap": _bar(value["best"]) - _bar(value["value"]) if value else 0,
                    "weight": value["weight"] if value else None,
                }
            )
        weight = next((v["weight"] for v in values if v["weight"]), None)
        rows.append(criterion | {"values": values, "weight": percent(weight)})
    return rows


def _bar(share: str) -> int:
    value = wording.number(share)
    return 0 if value is None else max(0, min(100, int(value * 100)))


def _sure_text(evaluation: dict[str, Any], option: str) -> str:
    """How often the option comes first, nearby weights drawn; "" where that wasn't computed."""
    shares = evaluation.get("robustness", {}).get("stated_weights", {}).get("rank_acceptability", {}).get(option)
    return f"first in {of_hundred(shares[0])} draws near the weights" if shares and Decimal(shares[0]) else ""


def _findings(snapshot: dict[str, Any], names: dict[str, str], option: str) -> dict[str, list[dict[str, Any]]]:
    """``proposed``: those of the proposed option, the gravest first, numbered; ``others``: those that other options alone have."""
    merged: dict[str, dict[str, Any]] = {}
    for finding in snapshot["findings"]:
        row = merged.setdefault(finding["id"], finding | {"options": [], "owned": False})
        row["options"].append(names.get(finding["option"], finding["option"]))
        row["owned"] = row["owned"] or finding["option"] == option
    references = {o["id"]: wording.cited(o["instrument"], o["reference"]) for o in snapshot["obligations"]}
    for row in merged.values():
        row["for_all"] = len(row["options"]) == len(names)
        row["references"] = [references[o] for o in row["obligations"] if o in references]
        row["acceptable_text"] = (row["acceptable_by"] or "").replace("_", " ")
    rows = sorted(merged.values(), key=lambda f: (not f["blocker"], brief.ORDER.get(f["severity"], 9), f["id"]))
    return {"proposed": [f for f in rows if f["owned"]], "others": [f for f in rows if not f["owned"]]}


def _costs(snapshot: dict[str, Any], results: dict[str, Any], options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One table for each group of options that fits a page's width."""
    groups = []
    for i in range(0, len(options), COLUMNS):
        group = options[i : i + COLUMNS]
        rows = []
        for category in snapshot["cost_categories"]:
            cells = []
            for option in group:
                by_category = results[option["id"]]["costs"].get("by_category", {})
                cells.append(amount(by_category[category["id"]]) if category["id"] in by_category else None)
            rows.append({"title": category["title"], "cells": cells})
        groups.append({"options": group, "rows": rows})
    return groups


def _demand(snapshot: dict[str, Any]) -> list[dict[str, str]]:
    demand = snapshot["file"].get("demand") or {}
    rows = [{"text": "Currency", "value": snapshot["evaluation"]["currency"]}]
    for key, text in wording.DEMAND.items():
        value = demand.get(key)
        if value is None:
            shown = "not given"
        else:
            shown = percent(str(value)) if key in wording.SHARES else count(str(value)) + wording.TIMES.get(key, "")
        rows.append({"text": text, "value": shown})
    budget = demand.get("budget") or {}
    for key, text in (("target_per_month", "Budget: target a month"), ("limit_per_month", "Budget: limit a month")):
        if key in budget:
            rows.append({"text": text, "value": f"{demand.get('currency') or ''} {amount(str(budget[key]))}".strip()})
    return rows


def _trail(decision: dict[str, Any], titles: Titles) -> list[dict[str, Any]]:
    """The entries in order; a run of entries that each save an answer or a figure is told in one line, since the answers stand in the report
    with person and time, and each entry with its hash in the embedded record."""
    lines: list[dict[str, Any]] = []
    run: list[dict[str, Any]] = []
    for entry in [*decision["trail"], None]:
        if entry is not None and entry["action"] in SAVED:
            run.append(entry)
            continue
        if len(run) >= SHORTEST_RUN:
            lines.append({"first": run[0], "last": run[-1], "count": len(run)})
        else:
            lines += run
        run = []
        if entry is not None:
            lines.append(entry)
    return [line | {"sentence": titles.of_sentence(line["action"], line["sentence"])} if "sentence" in line else line for line in lines]


def _decided(proof: dict[str, Any], decision: dict[str, Any]) -> dict[str, Any]:
    """The entry of the decision itself, which the decision record can't hold: it names the record's digest."""
    entry = json.loads(proof["decision"]["entry"])
    people = {v["person"]["reference"]: v["person"]["name"] for v in decision["verdicts"]}
    did = "approved" if decision["decision"]["outcome"] == "approved" else "rejected"
    return {
        "index": entry["index"],
        "at": entry["at"],
        "sentence": f"{people.get(entry['actor'], 'The last signature')} {did} {decision['assessment']['title']}: the decision itself",
        "leaf_hash": leaf_hash(proof["decision"]["entry"].encode()).hex(),
    }


def _weights_text(snapshot: dict[str, Any]) -> str:
    weights = snapshot["file"].get("weights", "archetype")
    if weights == "archetype":
        kind = snapshot["use_case"].get("archetype_title") or snapshot["use_case"]["archetype"]
        return f"the weights that the catalogue sets for the kind of use “{kind}”"
    return f"the weights of the profile {weights}" if isinstance(weights, str) else "weights that were set for this assessment alone"
