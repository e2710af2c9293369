"""The embedded proof that the decision is in the organisation's log: checked with nothing else at hand."""

from __future__ import annotations

import json
from typing import Any

from audit import merkle, note
from audit.canonical import sha256_hex
from reports.verifier.checks import Check

FORMAT = "countersign/log-proof@1"
DECIDED = ("assessment.approved", "assessment.rejected")


def check_log(proof: dict[str, Any], decision: dict[str, Any], decision_digest: str) -> list[Check]:
    """The checks of ``log-proof.json`` against the decision record beside it. ``decision_digest``: ``sha256:`` and 64 hexadecimal digits.

    Raises KeyError, TypeError or ValueError where the proof isn't built as its format says.
    """
    size, root = proof["size"], bytes.fromhex(proof["root"])
    return [
        _check_entry(proof, decision, decision_digest, size, root),
        _check_trail(proof, decision, size, root),
        _check_growth(proof, decision, size, root),
        _check_note(proof, decision, size, root),
    ]


def _check_entry(proof: dict[str, Any], decision: dict[str, Any], digest: str, size: int, root: bytes) -> Check:
    told = proof["decision"]
    body = json.loads(told["entry"])
    name = "log entry of the decision"
    if (
        body["action"] not in DECIDED
        or body["changes"].get("decision_record") != digest
        or body["object"]["id"] != decision["assessment"]["id"]
    ):
        return Check(name, False, "The log's entry that comes with the report tells another decision.")
    if (body["stream"], body["index"]) != (proof["stream"], told["index"]) or proof["stream"] != decision["log"]["stream"]:
        return Check(name, False, "The log's entry that comes with the report stands in another place of the log than the proof says.")
    if not merkle.verify_inclusion(merkle.leaf_hash(told["entry"].encode()), told["index"], size, _path(told), root):
        return Check(name, False, f"The path of entry {told['index']} doesn't lead to the root of the log's {size} entries.")
    return Check(
        name, True, f"Entry {told['index']} of the log tells this decision with its digest, and is among the {size} of the checkpoint."
    )


def _check_trail(proof: dict[str, Any], decision: dict[str, Any], size: int, root: bytes) -> Check:
    name = "log entries of the trail"
    if [(e["index"], e["leaf_hash"]) for e in proof["trail"]] != [(e["index"], e["leaf_hash"]) for e in decision["trail"]]:
        return Check(name, False, "The proof is of other entries than the decision record's trail has.")
    wrong = [
        str(e["index"]) for e in proof["trail"]
        if not merkle.verify_inclusion(bytes.fromhex(e["leaf_hash"]), e["index"], size, _path(e), root)
    ]  # fmt: skip
    if wrong:
        return Check(name, False, f"These entries of the trail aren't in the log of the checkpoint: {', '.join(wrong[:10])}.")
    return Check(name, True, f"The {len(proof['trail'])} entries of the trail are in the log of the checkpoint, each at its place.")


def _check_growth(proof: dict[str, Any], decision: dict[str, Any], size: int, root: bytes) -> Check:
    before, log = proof["grown_from"], decision["log"]
    if (before["size"], before["root"]) != (log["size"], log["root"]):
        return Check("log", False, "The proof goes out from another state of the log than the decision record states.")
    if not merkle.verify_consistency(before["size"], size, bytes.fromhex(before["root"]), root, _path(before)):
        return Check("log", False, f"The log of {size} entries doesn't go on from the {before['size']} that the decision record states.")
    return Check("log", True, f"The log of {size} entries goes on from the {before['size']} that the decision record states.")


def _check_note(proof: dict[str, Any], decision: dict[str, Any], size: int, root: bytes) -> Check:
    try:
        opened = note.opened(proof["checkpoint"], [note.verifier(key) for key in proof["keys"]])
        head = note.tree_head(opened.text)
    except note.BadNote as error:
        return Check("checkpoint", False, f"The checkpoint doesn't hold: {error}.")
    if (head.size, head.root) != (size, root) or not head.origin.endswith(f"/{decision['log']['stream']}"):
        return Check("checkpoint", False, "The checkpoint is of another log, or of another state of it, than the proof says.")
    keys = " and ".join(f"{key.name}+{key.key_id.hex()}" for key in opened.by)
    return Check(
        "checkpoint", True,
        f"The checkpoint of {size} entries is signed by {keys}. Compare that key with the one that the organisation publishes; the second place "
        f"keeps the same note, SHA-256 {sha256_hex(proof['checkpoint'].encode()).removeprefix('sha256:')}.",
    )  # fmt: skip


def _path(of: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(step) for step in of["path"]]
