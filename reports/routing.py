"""Why these people were asked to sign. Pure."""

from __future__ import annotations

from typing import Any

from reports import wording
from reports.wording import amount, word

_FACTS = {
    "risk_class": "Class under the EU AI Act",
    "inherent_risk": "Gravest finding of the proposed option",
    "residual_risk": "Gravest finding after treatment",
    "blockers": "Blockers of the proposed option",
    "gaps": "Obligations that it doesn't meet",
    "cost_total": "Costs over the horizon",
    "archetype": "Kind of use",
    "sourcing": "Sourcing",
    "appetite": "The organisation's risk appetite",
    "as_recommended": "Proposed as recommended",
}


def routing(snapshot: dict[str, Any]) -> dict[str, Any] | None:
    """The policy that was applied and what it was asked of; None in records of before there were policies."""
    found = snapshot.get("routing")
    if not found:
        return None
    facts, kind = found["facts"], snapshot["use_case"].get("archetype_title")
    return {
        "policy": found["policy"],
        "facts": [
            # The facts hold the archetype's id.
            {"text": text, "value": kind if key == "archetype" and kind else _value(key, facts, snapshot)}
            for key, text in _FACTS.items()
            if key in facts
        ],
        "review_months": found["review_months"],
    }


def _value(key: str, facts: dict[str, Any], snapshot: dict[str, Any]) -> str:
    value = facts[key]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "cost_total":
        # Conditions compare the amount rounded up to whole units; told is the total as it stands elsewhere.
        option: dict[str, Any] = next((o for o in snapshot["evaluation"]["options"] if o["id"] == snapshot["proposal"]["option"]), {})
        total = option.get("costs", {}).get("total", {}).get("likely", str(value))
        return f"{facts.get('currency', '')} {amount(total)}".strip()
    words = {"risk_class": wording.CLASSES, "sourcing": wording.SOURCINGS, "appetite": wording.APPETITES}.get(key, {})
    return word(value, words) if isinstance(value, str) else str(value)
