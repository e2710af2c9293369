"""What whoever signs must see first: what is open at the time of signing, what speaks for the proposal and against it, the gravest first. Pure."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from reports import wording
from reports.wording import amount, number

SEVERITIES = ("critical", "high", "medium", "low")
ORDER = {severity: place for place, severity in enumerate(SEVERITIES)}


def facts(snapshot: dict[str, Any], decision: dict[str, Any], option: str) -> dict[str, Any]:
    """``brief_findings``: register entries of the option; ``obligation_counts`` by status, and ``brief_gaps``: those with a gap, by day;
    ``proposed_range``: P10 and P90 of its costs in words, empty where they weren't drawn; ``proposed_scores``: the same of its score;
    ``open``: what is open at the time of signing."""
    register = [f for f in snapshot.get("register", []) if f["option"] == option]
    owed = [(o, status_for(o, option)) for o in snapshot["obligations"]]
    counts = Counter(status for _, status in owed if status)
    gaps = sorted((o for o, status in owed if status == "gap"), key=lambda o: (o["applies_from"], o["id"]))
    gaps = [o | {"cited": wording.cited(o["instrument"], o["reference"])} for o in gaps]
    result = next(o for o in snapshot["evaluation"]["options"] if o["id"] == option)
    total = result["costs"].get("total", {})
    return {
        "brief_findings": [f | {"said": said(f)} for f in sorted(register, key=_gravest)],
        "obligation_counts": {"total": counts.total(), **{status: counts[status] for status in wording.STATUSES}},
        "brief_gaps": gaps,
        "proposed_range": {key: amount(total[key]) for key in ("p10", "p90") if total.get(key)},
        "proposed_scores": result.get("score_range"),
        "open": _open(snapshot, decision, result, gaps, sum(1 for o, status in owed if status and o["in_force"])),
    }


def _gravest(entry: dict[str, Any]) -> tuple[bool, int, str]:
    return not entry["blocker"], ORDER.get(entry["inherent"], 9), entry["finding"]


def status_for(obligation: dict[str, Any], option: str) -> str | None:
    """The obligation's status for one option; None where it isn't owed with that option."""
    status: str | None = obligation["by_option"].get(option) if "by_option" in obligation else obligation["status"]
    return status


def said(finding: dict[str, Any]) -> str:
    """What a finding says, up to the end of its first clause."""
    message: str = finding.get("message") or ""
    return re.split(r"(?<!\bArt)(?<!\bArts)(?<!\bNo)[.;:]\s", message, maxsplit=1)[0].rstrip(".")


def _open(
    snapshot: dict[str, Any], decision: dict[str, Any], result: dict[str, Any], gaps: list[dict[str, Any]], owed: int
) -> dict[str, Any]:
    """``words``: the same in half a sentence, "" where nothing is open."""
    found = [f for f in snapshot["findings"] if f["option"] == result["id"]]
    severities = Counter(f["severity"] for f in found)
    register = [f for f in snapshot.get("register", []) if f["option"] == result["id"]]
    untreated = [f for f in register if not f["treatment"]]
    unmet = [o for o in gaps if o["in_force"]]
    loss = result.get("loss", {})
    demand = snapshot["file"].get("demand") or {}
    return {
        "unmet": unmet,
        "owed": owed,
        "findings": len(found),
        "findings_text": wording.listed([f"{severities[s]} {s}" for s in SEVERITIES if severities[s]]),
        "untreated": len(untreated),
        "has_register": "register" in snapshot,
        "accepted": len(decision["acceptances"]),
        "conditions": len(decision.get("conditions", [])),
        "owner": snapshot["use_case"].get("owner", ""),
        "loss": amount(loss.get("expected_per_year")),
        "bad_year": amount(loss.get("p95")),
        "months": demand.get("horizon_months"),
        "review_on": decision["decision"].get("review_on"),
        "words": wording.listed([_gaps_text(len(unmet)), _findings_text(len(found), len(untreated))]),
    }


def _gaps_text(count: int) -> str:
    return f"{count} obligation not met" if count == 1 else f"{count} obligations not met" if count else ""


def _findings_text(count: int, untreated: int) -> str:
    if not untreated:
        return ""
    if untreated == count:
        return "its one finding not treated" if count == 1 else f"none of its {count} findings treated"
    return f"{untreated} of its {count} findings not treated"


def reasons(evaluation: dict[str, Any]) -> dict[str, list[str]]:
    """The sentences of the recommendation, those that speak against the leader apart. What a sentence rests on tells which it is; a record of
    before that was kept has all of them under ``pro``."""
    found = evaluation["recommendation"]
    results = {o["id"]: o for o in evaluation["options"]}
    backed = found.get("backed_by") or [[] for _ in found["reasons"]]
    parted: dict[str, list[str]] = {"pro": [], "contra": []}
    for sentence, keys in zip(found["reasons"], backed, strict=False):
        parted["contra" if _against(found["option"], keys, results) else "pro"].append(sentence)
    return parted


def _against(leader: str | None, keys: list[str], results: dict[str, dict[str, Any]]) -> bool:
    rests = [(parts[1], parts[2:]) for key in keys if (parts := key.split("."))[0] == "options" and parts[1] in results]
    if not rests or leader not in results:
        return False
    (first, path), *more = rests
    if path == ["completeness"]:  # of the leader, or of another that could still overtake it
        return first != leader or results[first]["completeness"] != "1.0000"
    if path == ["costs", "total", "likely"] and more:
        ours, theirs = (number(results[id_]["costs"].get("total", {}).get("likely")) for id_ in (first, more[0][0]))
        return ours is not None and theirs is not None and ours > theirs
    if path[:1] == ["values"]:
        if not more:  # alone: what it is worth on cost, since it can't serve the demand
            return first == leader
        return _points(results[first], path[1]) < _points(results[more[0][0]], path[1])
    return False


def _points(result: dict[str, Any], criterion: str) -> Decimal:
    value = result["values"].get(criterion)
    return Decimal(value["weight"] or 0) * Decimal(value["value"]) if value else Decimal(0)


def price(snapshot: dict[str, Any], option: str) -> dict[str, str] | None:
    """What was computed of the option's price and loss against the one to compare it with: the recommended one where another was proposed, else
    the next in the ranking. None where it wasn't."""
    evaluation = snapshot["evaluation"]
    others = [id_ for id_ in [evaluation["recommendation"]["option"], *evaluation["ranking"]] if id_ and id_ != option]
    for found in evaluation.get("accountability", []) if others else []:
        if (found["option"], found["against"]) == (option, others[0]):
            return dict(found)
        if (found["against"], found["option"]) == (option, others[0]):
            turned = {key: f"{-Decimal(value)}" for key, value in found.items() if key.endswith("_per_year")}
            return turned | {"option": option, "against": others[0]}
    return None
