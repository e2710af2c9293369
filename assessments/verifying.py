"""Whether the stored records of sign-offs are what was signed: rows, seals, digests, statuses and the trail held against each other.

What the triggers refuse can be done by whoever owns the tables; this finds it afterwards, as far as the trail bears witness.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounts.models import Organisation
from accounts.seal import certificate_of
from accounts.signatures import check_signed
from assessments.models import Assessment, DecisionRecord, Snapshot, Status, Verdict
from assessments.records import stage_data
from assessments.snapshots import utc
from audit.canonical import sha256_hex
from audit.models import AuditEvent

SPOKEN = ("assessment.signed", "assessment.approved", "assessment.rejected", "assessment.returned", "assessment.abstained")
DECIDED = {"approved": (Status.APPROVED, Status.EXPIRED, Status.SUPERSEDED), "rejected": (Status.REJECTED,)}


@dataclass(frozen=True)
class RecordProblem:
    """``kind``: ``snapshot``, ``verdict``, ``seal``, ``decision``, ``status`` or ``missing``; ``message``: a sentence without its full stop."""

    kind: str
    assessment: str
    message: str


def verify_records(organisation: Organisation) -> list[RecordProblem]:
    """Every snapshot, verdict, decision and status of one organisation; no problem: they are what was signed. That the trail is what was
    written is ``audit.verify``'s to say, and this rests on it."""
    told = _Told(organisation)
    problems: list[RecordProblem] = []
    for snapshot in Snapshot.objects.filter(assessment__organisation=organisation).iterator(chunk_size=50):
        problems += _snapshot(snapshot, told)
    verdicts = Verdict.objects.filter(participation__snapshot__assessment__organisation=organisation)
    for verdict in verdicts.select_related("participation__snapshot", "participation__person", "stage").iterator(chunk_size=50):
        problems += _verdict(verdict, organisation, told)
    decisions = DecisionRecord.objects.filter(snapshot__assessment__organisation=organisation).select_related("snapshot")
    for decision in decisions.iterator(chunk_size=50):
        problems += _decision(decision, told)
    problems += _statuses(organisation)
    problems += [RecordProblem("missing", found, f"the trail tells of {what} {digest}, and there is no such row") for digest, (what, found) in
                 sorted(told.unseen().items())]  # fmt: skip
    return problems


class _Told:
    """What the trail says was submitted, signed and decided: digest -> assessment."""

    def __init__(self, organisation: Organisation) -> None:
        self.snapshots: dict[str, str] = {}
        self.signatures: dict[str, str] = {}
        self.decisions: dict[str, str] = {}
        self.seen: set[str] = set()
        actions = ("assessment.submitted", *SPOKEN)
        events = AuditEvent.objects.filter(stream=organisation.stream, action__in=actions).order_by("index")
        for action, found, canonical in events.values_list("action", "object_id", "canonical").iterator():
            changes = json.loads(bytes(canonical))["changes"]
            if action == "assessment.submitted":
                self.snapshots[changes["digest"]] = found
            elif "signature" in changes:  # verdicts of before they were sealed have none
                self.signatures[changes["signature"]] = found
            if "decision_record" in changes:
                self.decisions[changes["decision_record"]] = found

    def unseen(self) -> dict[str, tuple[str, str]]:
        kinds = (("a snapshot", self.snapshots), ("a signature", self.signatures), ("a decision", self.decisions))
        return {digest: (what, found) for what, known in kinds for digest, found in known.items() if digest not in self.seen}


def _snapshot(snapshot: Snapshot, told: _Told) -> Iterator[RecordProblem]:
    of, name = str(snapshot.assessment_id), f"snapshot {snapshot.number}"
    told.seen.add(snapshot.digest)
    if sha256_hex(bytes(snapshot.content)) != snapshot.digest:
        yield RecordProblem("snapshot", of, f"the content of {name} isn't the one that its digest was made of: it was changed")
    elif told.snapshots.get(snapshot.digest) != of:
        yield RecordProblem("snapshot", of, f"the trail doesn't tell that {name} was submitted: it was put in, moved or changed")


def _verdict(verdict: Verdict, organisation: Organisation, told: _Told) -> Iterator[RecordProblem]:
    snapshot = verdict.participation.snapshot
    of, name = str(snapshot.assessment_id), f"the verdict of {verdict.participation.person.name}"
    if verdict.snapshot_digest != snapshot.digest:
        yield RecordProblem("verdict", of, f"{name} is on another digest than its snapshot's")
    content = bytes(verdict.content)
    if not content:
        if verdict.stage_id is not None:
            yield RecordProblem("seal", of, f"{name} has no sealed record")
        return
    digest = sha256_hex(content)
    told.seen.add(digest)
    certificate = certificate_of(organisation, verdict.seal_certificate)
    if certificate is None or not check_signed(content, verdict.seal_algorithm, bytes(verdict.seal), certificate):
        yield RecordProblem("seal", of, f"the seal of {name} isn't the organisation's over its record: one of them was changed")
        return
    signed = json.loads(content)
    signed = signed | {"person": signed["person"]["reference"]}  # who is called otherwise since is the same person
    if wrong := [key for key, value in _stated(verdict).items() if signed[key] != value]:
        yield RecordProblem("verdict", of, f"{name} states another {', '.join(wrong)} than what was sealed: it was changed or moved")
    if told.signatures.get(digest) != of:
        yield RecordProblem("verdict", of, f"the trail doesn't tell of {name}: it was put in or moved here")


def _stated(verdict: Verdict) -> dict[str, Any]:
    """What the row says, in the shape of the sealed record."""

    snapshot = verdict.participation.snapshot
    assert verdict.stage is not None
    return {
        "id": str(verdict.pk), "snapshot": {"number": snapshot.number, "digest": snapshot.digest}, "stage": stage_data(verdict.stage),
        "verdict": verdict.verdict, "role": verdict.role, "meaning": verdict.meaning, "statement": verdict.statement,
        "reason": verdict.reason, "at": utc(verdict.at), "authentication": verdict.authentication, "address": verdict.address,
        "client": verdict.client, "person": verdict.participation.person.reference,
    }  # fmt: skip


def _decision(decision: DecisionRecord, told: _Told) -> Iterator[RecordProblem]:
    of = str(decision.snapshot.assessment_id)
    told.seen.add(decision.digest)
    content = bytes(decision.content)
    if sha256_hex(content) != decision.digest:
        yield RecordProblem("decision", of, "the content of the decision record isn't the one that its digest was made of: it was changed")
        return
    stated = json.loads(content)
    if (stated["snapshot"]["digest"], stated["decision"]["outcome"]) != (decision.snapshot.digest, decision.outcome):
        yield RecordProblem(
            "decision", of, "the decision record speaks of another snapshot or outcome than its row: it was moved or changed"
        )
    if told.decisions.get(decision.digest) != of:
        yield RecordProblem("decision", of, "the trail doesn't tell of the decision record: it was put in, moved or changed")


def _statuses(organisation: Organisation) -> Iterator[RecordProblem]:
    """A status that only a decision gives needs that decision, on the newest snapshot."""
    outcome = dict(
        DecisionRecord.objects.filter(snapshot__assessment__organisation=organisation)
        .order_by("created_at")
        .values_list("snapshot__assessment_id", "outcome")
    )
    for pk, status in Assessment.objects.filter(organisation=organisation).values_list("pk", "status"):
        decided = outcome.get(pk)
        needs = next((name for name, statuses in DECIDED.items() if status in statuses), None)
        if needs != decided:
            there = f"was {decided} by its decision record" if decided else "has no decision record"
            yield RecordProblem("status", str(pk), f"the assessment stands as {status}, and {there}")
