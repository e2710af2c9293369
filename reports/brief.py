"""What the executive summary says besides the rest: the proposed option's findings, obligations and range of costs, the gravest first."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reports import wording
from reports.wording import amount

_ORDER = {severity: place for place, severity in enumerate(("critical", "high", "medium", "low"))}


def facts(snapshot: dict[str, Any], option: str) -> dict[str, Any]:
    """``brief_findings``: register entries of the option; ``obligation_counts`` by status, and ``brief_gaps``: those with a gap, by day;
    ``proposed_range``: P10 and P90 of its costs in words, empty where they weren't drawn."""
    register = [f for f in snapshot.get("register", []) if f["option"] == option]
    owed = [(o, o["by_option"].get(option) if "by_option" in o else o["status"]) for o in snapshot["obligations"]]
    counts = Counter(status for _, status in owed if status)
    gaps = sorted((o for o, status in owed if status == "gap"), key=lambda o: (o["applies_from"], o["id"]))
    costs = next(o["costs"] for o in snapshot["evaluation"]["options"] if o["id"] == option)
    total = costs.get("total", {})
    return {
        "brief_findings": sorted(register, key=lambda f: (not f["blocker"], _ORDER.get(f["inherent"], 9), f["finding"])),
        "obligation_counts": {"total": counts.total(), "met": counts["met"], "gap": counts["gap"], "unknown": counts["unknown"]},
        "brief_gaps": [o | {"instrument_text": wording.INSTRUMENTS.get(o["instrument"], o["instrument"])} for o in gaps],
        "proposed_range": {key: amount(total[key]) for key in ("p10", "p90") if total.get(key)},
    }
