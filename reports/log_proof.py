"""The proof that goes into a sign-off report: that the decision and what led to it are in the organisation's log, under a signed checkpoint."""

from __future__ import annotations

import json
from typing import Any

from assessments.models import DecisionRecord
from audit import checkpoints
from audit.canonical import canonical_bytes
from audit.keys import verifiers_of
from audit.models import AuditCheckpoint, AuditEvent
from audit.proofs import consistency, inclusions
from audit.trail import events_of, stored_bytes
from reports.verifier.log import DECIDED, FORMAT


def log_proof(row: DecisionRecord) -> bytes:
    """The proof of a decision record, in canonical bytes; the same for one record at any later time.

    It holds the first checkpoint that covers the decision (one is signed now where there is none yet) with the keys that sign the log, the
    entry that tells the decision as it was hashed, the path from it and from each entry of the record's trail to the checkpoint's root, and the
    path from the root that the record states. Raises audit.places.PlaceUnavailable, audit.checkpoints.Inconsistent and audit.proofs.NoProof.
    """
    decision = json.loads(bytes(row.content))
    stream = decision["log"]["stream"]
    entry = _entry_of(row, stream)
    checkpoint = _covering(stream, entry.index)
    trail = decision["trail"]
    proofs = inclusions(stream, [entry.index, *(e["index"] for e in trail)], checkpoint.size)
    grown = consistency(stream, decision["log"]["size"], checkpoint.size)
    content: dict[str, Any] = {
        "format": FORMAT,
        "stream": stream,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": checkpoint.note,
        "keys": [key.text for key in verifiers_of(stream)],
        "decision": {
            "index": entry.index,
            "entry": stored_bytes(entry.canonical).decode(),
            "path": [step.hex() for step in proofs[0].path],
        },
        "trail": [
            {"index": proof.index, "leaf_hash": proof.leaf.hex(), "path": [step.hex() for step in proof.path]} for proof in proofs[1:]
        ],
        "grown_from": {"size": grown.first, "root": grown.first_root.hex(), "path": [step.hex() for step in grown.path]},
    }
    return canonical_bytes(content)


def _entry_of(row: DecisionRecord, stream: str) -> AuditEvent:
    """The entry of the transaction that made the record."""
    told = events_of(stream, object_type="assessment", object_id=str(row.snapshot.assessment_id)).filter(action__in=DECIDED)
    for event in told.order_by("-index"):
        if event.changes.get("decision_record") == row.digest:
            return event
    raise checkpoints.Inconsistent(f"{stream} has no entry that tells the decision {row.digest}")


def _covering(stream: str, index: int) -> AuditCheckpoint:
    covering = AuditCheckpoint.objects.filter(stream=stream, size__gt=index).order_by("size")
    found = covering.first()
    if found is None:
        checkpoints.publish(stream)
        found = covering.first()
    assert found is not None  # publishing signs the stream as it stands, with the entry in it
    return found
