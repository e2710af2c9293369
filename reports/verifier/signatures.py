"""The organisation's seal over each verdict: that it is whole, and that it belongs to this decision and no other."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from accounts.signatures import check_signed
from audit.canonical import canonical_bytes
from reports.verifier.checks import Check

# What a verdict states beside the record that was sealed must be what stands in it.
SAME = (
    "verdict",
    "person",
    "on_behalf_of",
    "role",
    "meaning",
    "statement",
    "reason",
    "conditions",
    "at",
    "authentication",
    "address",
    "client",
)


def check_signatures(decision: dict[str, Any]) -> list[Check]:
    """One check for each sealed verdict; a record of before verdicts were sealed has none. Raises KeyError or TypeError where it isn't built as
    its format says."""
    return [_check(verdict, decision) for verdict in decision["verdicts"] if verdict.get("signed")]


def _check(verdict: dict[str, Any], decision: dict[str, Any]) -> Check:
    name = f"signature of {verdict['person']['name']}"
    signed, seal = verdict["signed"], verdict["seal"]
    for key in ("organisation", "assessment", "snapshot"):
        if signed[key] != decision[key]:
            return Check(name, False, f"The {name} was given on another {key}: it was moved here.")
    if wrong := [key for key in SAME if signed[key] != verdict[key]]:
        return Check(name, False, f"The {name} states another {', '.join(wrong)} than the verdict does.")
    try:
        certificate = base64.b64decode(decision["certificates"][seal["certificate"]], validate=True)
        signature = base64.b64decode(seal["signature"], validate=True)
    except (KeyError, binascii.Error):
        return Check(name, False, f"The certificate that the {name} was sealed with isn't in the decision record, or can't be read.")
    if hashlib.sha256(certificate).hexdigest() != seal["certificate"]:
        return Check(name, False, f"The certificate of the {name} isn't the one that it names.")
    if not check_signed(canonical_bytes(signed), seal["algorithm"], signature, certificate):
        return Check(name, False, f"The {name} isn't what was sealed: it was changed.")
    return Check(name, True, f"The {name} is sealed as it stands ({seal['algorithm']}).")
