"""The signatures of a decision and the stages that they were given in, as the report shows them."""

from __future__ import annotations

from typing import Any

from audit.canonical import canonical_bytes, sha256_hex
from reports import wording
from reports.wording import word


def outcome(decision: dict[str, Any]) -> str:
    """The outcome's code, with whether it holds under conditions."""
    found: str = decision["decision"]["outcome"]
    return "approved_with_conditions" if decision["decision"].get("with_conditions") else found


def stage(standing: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any]:
    """A stage with whom it asked and why it was there."""
    asked: dict[str, Any] = next((s for s in snapshot.get("routing", {}).get("stages", []) if s["key"] == standing["key"]), {})
    people = ", ".join(person["name"] for person in asked.get("people", []))
    return standing | {
        "people": people or "any approver",
        "when": asked.get("when", ""),
        "meaning_text": word(standing["meaning"], wording.MEANINGS),
    }


def signature(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict in words, with the digest of the record that was sealed."""
    return verdict | {
        "signed_digest": sha256_hex(canonical_bytes(verdict["signed"])) if verdict.get("signed") else "",
        "verdict_text": word(verdict["verdict"], wording.VERDICTS),
        "meaning_text": word(verdict["meaning"], wording.MEANINGS),
        "role_text": verdict["role"].replace("_", " ").capitalize(),
    }
