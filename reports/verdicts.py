"""The signatures of a decision and the stages that they were given in, as the report shows them."""

from __future__ import annotations

from typing import Any

from assessments.policy_conditions import in_words
from audit.canonical import canonical_bytes, sha256_hex
from reports import wording
from reports.wording import word

MOST_NAMED = 3  # of those who decided, in a sentence; all of them stand under Signatures


def outcome(decision: dict[str, Any]) -> str:
    """The outcome's code, with whether it holds under conditions."""
    found: str = decision["decision"]["outcome"]
    return "approved_with_conditions" if decision["decision"].get("with_conditions") else found


def deciders(decision: dict[str, Any]) -> str:
    """The names of those whose verdicts made the outcome, in the order of their signatures; who abstained or returned isn't among them."""
    deciding = ("approve", "approve_with_conditions") if decision["decision"]["outcome"] == "approved" else ("reject",)
    names = [v["person"]["name"] for v in decision["verdicts"] if v["verdict"] in deciding]
    more = len(names) - MOST_NAMED
    return wording.listed([*names[:MOST_NAMED], f"{more} more"] if more > 0 else names)


def stage(standing: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any]:
    """A stage with whom it asked and why it was there."""
    asked: dict[str, Any] = next((s for s in snapshot.get("routing", {}).get("stages", []) if s["key"] == standing["key"]), {})
    people = ", ".join(person["name"] for person in asked.get("people", []))
    return standing | {
        "people": people or "any approver",
        "when": in_words(asked["when"]) if asked.get("when") else "",
        "meaning_text": word(standing["meaning"], wording.MEANINGS),
    }


def signature(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict in words, with the digest of the record that was sealed."""
    return verdict | {
        "signed_digest": sha256_hex(canonical_bytes(verdict["signed"])) if verdict.get("signed") else "",
        "verdict_text": word(verdict["verdict"], wording.VERDICTS),
        "meaning_text": word(verdict["meaning"], wording.MEANINGS),
        "identity_text": identity(verdict),
        "more": _more(verdict),
        "role_text": verdict["role"].replace("_", " ").capitalize(),
    }


def _more(verdict: dict[str, Any]) -> list[str]:
    """What the cover says beside the verdict, without saying the same in other words: a signature is an approval, and so is mostly its stage."""
    stage = (verdict.get("stage") or {}).get("title", "")
    meaning = "" if verdict["meaning"] == "approval" else word(verdict["meaning"], wording.MEANINGS)
    return [text for text in (meaning, f"at the stage “{stage}”" if stage and stage.lower() != verdict["meaning"] else "") if text]


def identity(verdict: dict[str, Any]) -> str:
    """How it was made sure who gave a verdict: anew at a signature; a return or an abstention takes none."""
    if verdict["verdict"] in ("return", "abstain"):
        return f"the {_known_by(verdict)}; to return or to abstain nobody is asked again"
    return f"{_known_by(verdict)}, at the time of signing"


def _known_by(verdict: dict[str, Any]) -> str:
    first, _, second = verdict["authentication"].partition("+")
    first = f"sign-in through {first.removeprefix('provider:')}" if first.startswith("provider:") else first
    return f"{first} and {word(second, wording.FACTORS)}" if second else first
