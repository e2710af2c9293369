"""From the two frozen records to what the pages of the sign-off report show. Reads nothing else, so the same records give the same pages."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reports import sure, verdicts, wording
from reports.derivation import derivation, walk
from reports.fonts import covered
from reports.losses import losses
from reports.text import printable_data
from reports.wording import amount, count, percent, word

# What the pages look like is part of what is signed off: raise it with every change that shows on paper.
TEMPLATE_VERSION = 4
COLUMNS = 4
SAVED = frozenset({"response.saved", "figure.saved"})
SHORTEST_RUN = 4
SEVERITIES = ("critical", "high", "medium", "low")

FORMATS = {
    "snapshot": ("countersign/snapshot@1",),
    "decision": ("countersign/decision@1", "countersign/decision@2"),
}


class UnknownRecord(ValueError):
    """A record that this template doesn't know how to print."""


@dataclass(frozen=True)
class Records:
    """The exact bytes of both records and their digests (``sha256:`` and 64 hexadecimal digits)."""

    snapshot: bytes
    snapshot_digest: str
    decision: bytes
    decision_digest: str

    def data(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Snapshot and decision as data. Raises UnknownRecord."""
        snapshot, decision = json.loads(self.snapshot), json.loads(self.decision)
        for name, record in (("snapshot", snapshot), ("decision", decision)):
            if record.get("format") not in FORMATS[name]:
                known = " and ".join(FORMATS[name])
                raise UnknownRecord(f"The {name} is in the format {record.get('format')!r}; this report prints {known}.")
        return snapshot, decision


def context(records: Records) -> dict[str, Any]:
    """Everything that the template shows, in words. Raises UnknownRecord."""
    snapshot, decision = (printable_data(record, covered()) for record in records.data())
    evaluation = snapshot["evaluation"]
    names = {o["id"]: o["name"] or o["id"] for o in snapshot["options"]}
    results = {o["id"]: o for o in evaluation["options"]}
    proposed = results[snapshot["proposal"]["option"]]
    options = [_option(o, results[o["id"]], snapshot) for o in snapshot["options"]]
    return {
        "template_version": TEMPLATE_VERSION,
        "records": records,
        "snapshot": snapshot,
        "decision": decision,
        "evaluation": evaluation,
        "outcome": word(verdicts.outcome(decision), wording.OUTCOMES),
        "approved": decision["decision"]["outcome"] == "approved",
        "currency": evaluation["currency"],
        "names": names,
        "proposed": next(o for o in options if o["id"] == proposed["id"]),
        "recommended": names.get(evaluation["recommendation"]["option"] or ""),
        "confidence": word(evaluation["recommendation"]["outcome"], wording.CONFIDENCE),
        "follows_recommendation": snapshot["proposal"]["option"] == snapshot["proposal"]["recommended"],
        "options": options,
        "has_fallbacks": any(o["fallback_text"] for o in options),
        "option_groups": [options[i : i + COLUMNS] for i in range(0, len(options), COLUMNS)],
        "ranking": [next(o for o in options if o["id"] == key) for key in evaluation["ranking"]],
        "signatures": [verdicts.signature(v) for v in decision["verdicts"]],
        "stages": [verdicts.stage(stage, snapshot) for stage in decision.get("stages", [])],
        "conditions": decision.get("conditions", []),
        "register": [f for f in snapshot.get("register", []) if f["option"] == proposed["id"]],
        "criteria": _criteria(snapshot, results),
        "has_least": any("least" in v for o in evaluation["options"] for v in o["values"].values()),
        "risk_class": _class(snapshot),
        "obligations": [_obligation(o, names) for o in snapshot["obligations"]],
        "findings": _findings(snapshot, names),
        "acceptances": [a | {"option_name": names.get(a["option"], a["option"])} for a in decision["acceptances"]],
        "cost_groups": _costs(snapshot, results, options),
        "demand": _demand(snapshot),
        "figure_sources": _figure_sources(snapshot, names),
        "cost_ranges": sure.cost_ranges(snapshot, names),
        "break_even": sure.break_even(snapshot, names),
        "sure": sure.how_sure(snapshot, names),
        "losses": losses(snapshot, names),
        "change": sure.what_would_change_it(evaluation),
        "scenarios": sure.scenarios(snapshot, names),
        "questionnaires": list(_questionnaires(snapshot, names)),
        "answer_counts": _answer_counts(snapshot),
        "evidence": _evidence(snapshot),
        "trail": _trail(decision),
        "sources": _sources(snapshot),
        "weights_text": _weights_text(snapshot),
        "derivation": derivation(evaluation.get("trace")),
    }


def in_catalogue_order(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The evaluation with criteria and cost categories in the catalogue's order, which canonical JSON replaces by that of their names."""
    evaluation = snapshot["evaluation"]
    options = []
    for option in evaluation["options"]:
        costs = option["costs"]
        if "by_category" in costs:
            costs = costs | {"by_category": _ordered(costs["by_category"], [c["id"] for c in snapshot["cost_categories"]])}
        options.append(option | {"values": _ordered(option["values"], [c["id"] for c in snapshot["criteria"]]), "costs": costs})
    return evaluation | {"options": options}


def _ordered(mapping: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping} | mapping


def _option(option: dict[str, Any], result: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any]:
    evaluation = snapshot["evaluation"]
    costs = result["costs"]
    severities = Counter(f["severity"] for f in snapshot["findings"] if f["option"] == option["id"])
    rank = evaluation["ranking"].index(option["id"]) + 1 if option["id"] in evaluation["ranking"] else None
    return {
        **option,
        "name": option["name"] or option["id"],
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
        "findings_text": ", ".join(f"{severities[s]} {s}" for s in SEVERITIES if severities[s]) or "none",
        "blockers": result["blockers"],
        "open_questions": len(evaluation["unanswered"]["options"].get(option["id"], [])),
    }


def _fallback(held: dict[str, str] | None) -> str:
    return ", ".join(part for part in (word(held["sourcing"], wording.SOURCINGS), held["provider"], held["model"]) if part) if held else ""


def _criteria(snapshot: dict[str, Any], results: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for criterion in snapshot["criteria"]:
        values = []
        for option in snapshot["options"]:
            value = results[option["id"]]["values"].get(criterion["id"])
            values.append(
                {
                    "name": option["name"] or option["id"],
                    "value": value["value"] if value else None,
                    "best": value["best"] if value else None,
                    "least": value.get("least", value["value"]) if value else None,
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


def _class(snapshot: dict[str, Any]) -> dict[str, Any]:
    act = snapshot["evaluation"]["ai_act"]
    texts = {t["reference"]: t["text"] for t in snapshot["class_texts"]}
    asked = {q["id"]: q["text"] for q in _questions(snapshot)}
    return {
        "text": word(act["risk_class"], wording.CLASSES),
        "undetermined": act["risk_class"] == "undetermined",
        "at_least": word(act["at_least"], wording.CLASSES) if act["at_least"] else "",
        "roles": ", ".join(r.replace("-", " ") for r in act["roles"]) or "none",
        "basis": [b | {"text": texts.get(b["reference"], ""), "questions": [asked.get(q, q) for q in b["because"]]} for b in act["basis"]],
    }


def _obligation(obligation: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    role = obligation["role"].replace("-", " ")
    return obligation | {
        "status_text": word(obligation["status"], wording.STATUSES),
        "instrument_text": wording.INSTRUMENTS.get(obligation["instrument"], obligation["instrument"]),
        "role_text": "" if role == "anyone" else f"Duty of the {role}",
        "by_status": _by_status(_ordered(obligation.get("by_option", {}), list(names)), names),
    }


def _by_status(by_option: dict[str, str], names: dict[str, str]) -> list[dict[str, str]]:
    """For each status the options that have it, the worst first."""
    found: dict[str, list[str]] = {}
    for option, status in by_option.items():
        found.setdefault(status, []).append(names.get(option, option))
    return [
        {"status": status, "status_text": word(status, wording.STATUSES), "names": "; ".join(found[status])}
        for status in ("gap", "unknown", "met")
        if status in found
    ]


def _sources(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The sources of what was asked, found, owed and computed, with what rests on each; the record lists the whole catalogue's."""
    resting: dict[str, dict[str, None]] = defaultdict(dict)  # a dict keeps the order and each name once
    asked = (q for q in _questions(snapshot) if any(answer["state"] != "hidden" for answer in q["answers"].values()))
    named = [(q["id"], q.get("sources", [])) for q in asked]
    named += [
        (f"{wording.INSTRUMENTS.get(o['instrument'], o['instrument'])}, {o['reference']}", o["sources"]) for o in snapshot["obligations"]
    ]
    named += [(f"finding {f['id']}", f["sources"]) for f in snapshot["findings"]]
    if trace := snapshot["evaluation"].get("trace"):
        named += [(node["name"], node["source"]) for node in walk(trace) if node.get("source") and not node.get("question")]
    for name, sources in named:
        for source in sources:
            resting[source][name] = None
    return [
        s | {"verified_text": word(s["verified"], wording.VERIFIED), "resting": "; ".join(resting[s["id"]])}
        for s in snapshot["sources"]
        if s["id"] in resting
    ]


def _findings(snapshot: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """One row for each finding, with the options that have it; the gravest first."""
    merged: dict[str, dict[str, Any]] = {}
    for finding in snapshot["findings"]:
        row = merged.setdefault(finding["id"], finding | {"options": []})
        row["options"].append(names.get(finding["option"], finding["option"]))
    references = {o["id"]: o["reference"] for o in snapshot["obligations"]}
    for row in merged.values():
        row["for_all"] = len(row["options"]) == len(names)
        row["references"] = [references[o] for o in row["obligations"] if o in references]
        row["acceptable_text"] = (row["acceptable_by"] or "").replace("_", " ")
    order = {s: i for i, s in enumerate(SEVERITIES)}
    return sorted(merged.values(), key=lambda f: (not f["blocker"], order.get(f["severity"], 9), f["id"]))


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
    rows = []
    for key, text in wording.DEMAND.items():
        value = demand.get(key)
        if value is None:
            shown = "not given"
        else:
            shown = percent(str(value)) if key in wording.SHARES else count(str(value))
        rows.append({"text": text, "value": shown})
    budget = demand.get("budget") or {}
    for key, text in (("target_per_month", "Budget: target a month"), ("limit_per_month", "Budget: limit a month")):
        if key in budget:
            rows.append({"text": text, "value": f"{amount(str(budget[key]))} {demand.get('currency') or ''}".strip()})
    return rows


def _figure_sources(snapshot: dict[str, Any], names: dict[str, str]) -> list[dict[str, str]]:
    texts = {f"{c['id']}.{f['key']}": f"{c['title']}: {f['text']}" for c in snapshot["cost_categories"] for f in c["fields"]}
    return [
        f | {"option_name": names.get(f["option"], f["option"]), "text": texts.get(f["figure"], f["figure"])}
        for f in snapshot.get("figure_sources", [])
    ]


def _trail(decision: dict[str, Any]) -> list[dict[str, Any]]:
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
    return lines


def _weights_text(snapshot: dict[str, Any]) -> str:
    weights = snapshot["file"].get("weights", "archetype")
    if weights == "archetype":
        return f"the weights of the archetype {snapshot['use_case'].get('archetype_title') or snapshot['use_case']['archetype']}"
    return f"the weights of the profile {weights}" if isinstance(weights, str) else "weights that were set for this assessment"


def _questions(snapshot: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for questionnaire in snapshot["questionnaires"]:
        for section in questionnaire["sections"]:
            yield from section["questions"]


def _questionnaires(snapshot: dict[str, Any], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    titles = {c["id"]: c["title"] for c in snapshot["criteria"]}
    for questionnaire in snapshot["questionnaires"]:
        sections = []
        for section in questionnaire["sections"]:
            questions = []
            for question in section["questions"]:
                answers = _ordered(question["answers"], list(names))
                rows = [_answer(key, a, names, question["scope"]) for key, a in answers.items()]
                questions.append(
                    {
                        "id": question["id"],
                        "text": question["text"],
                        "criterion": titles.get(question.get("criterion") or "", ""),
                        "asked": any(r["state"] != "hidden" for r in rows),
                        "answers": rows,
                    }
                )
            sections.append(section | {"questions": questions})
        yield questionnaire | {"sections": sections}


def _answer(key: str, answer: dict[str, Any], names: dict[str, str], scope: str) -> dict[str, Any]:
    state = answer["state"]
    given = state == "answered"
    return {
        "owner": "Use case" if scope == "use_case" else names.get(key, key),
        "state": state,
        "given": given,
        "text": answer.get("display", "") if given else word(state, wording.STATES),
        "basis": word(answer.get("basis"), wording.BASES) if given else "",
        "note": answer.get("note", ""),
        "by": answer.get("answered_by") or "",
        "on": wording.short_day(answer.get("answered_at")),
        "evidence": answer.get("evidence", []),
    }


def _answer_counts(snapshot: dict[str, Any]) -> dict[str, int]:
    """How many answers there are, by what became of them; ``asked`` counts a question once for each option that it is asked of."""
    states = Counter(a["state"] for q in _questions(snapshot) for a in q["answers"].values())
    asked = sum(n for state, n in states.items() if state != "hidden")
    bases = Counter(a["basis"] for q in _questions(snapshot) for a in q["answers"].values() if a["state"] == "answered")
    return {"asked": asked, "answered": states["answered"], "hidden": states["hidden"], "unsupported": bases["unsupported"]}


def _evidence(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Every file once, with the questions that rest on it."""
    files: dict[str, dict[str, Any]] = {}
    for question in _questions(snapshot):
        for answer in question["answers"].values():
            for item in answer.get("evidence", []):
                row = files.setdefault(item["sha256"], item | {"questions": [], "size_text": wording.file_size(item["size"])})
                if question["text"] not in row["questions"]:
                    row["questions"].append(question["text"])
    return sorted(files.values(), key=lambda f: (f["name"], f["sha256"]))
