"""What was said of a snapshot and what was decided on it, as data: the signed record of one verdict, and the decision record."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from accounts.formats import as_recorded
from accounts.models import Organisation, User
from accounts.seal import certificate_of
from assessments.models import Acceptance, Condition, PartSeen, Snapshot, Stage, Verdict
from assessments.routing import standings
from assessments.snapshots import content_of, day_text, sealed, utc
from audit.trail import checkpoint, events_of

DECISION_FORMAT, SIGNATURE_FORMAT = "countersign/decision@2", "countersign/signature@1"


def person_data(person: User) -> dict[str, str]:
    return {"reference": person.reference, "name": person.name, "email": person.email}


def stage_data(stage: Stage) -> dict[str, Any]:
    return {"position": stage.position, "key": stage.key, "title": stage.title, "meaning": stage.meaning}


def signature_record(verdict: Verdict, acceptances: Iterable[Acceptance], conditions: Iterable[Condition]) -> bytes:
    """What the organisation's key seals of a verdict: all that it says and everything that it belongs to, so that it proves nothing anywhere
    else. Canonical bytes; ``verdict`` isn't stored yet."""
    snapshot, person = verdict.participation.snapshot, verdict.participation.person
    content = content_of(snapshot)
    assert verdict.stage is not None
    assert verdict.seat_of is not None
    seen = PartSeen.objects.filter(snapshot=snapshot, person=person)
    return sealed(
        {
            "format": SIGNATURE_FORMAT,
            "id": str(verdict.pk),
            "organisation": content["organisation"],
            "assessment": content["assessment"],
            "snapshot": {"number": snapshot.number, "digest": snapshot.digest},
            "stage": stage_data(verdict.stage),
            "verdict": verdict.verdict,
            "person": person_data(person),
            "on_behalf_of": person_data(verdict.seat_of) if verdict.seat_of != person else None,
            "role": verdict.role,
            "meaning": verdict.meaning,
            "statement": verdict.statement,
            "reason": verdict.reason,
            "acceptances": [acceptance_data(a) for a in acceptances],
            "conditions": [condition_data(c) for c in conditions],
            "parts_read": [{"part": one.part, "at": utc(one.at)} for one in seen],
            "at": utc(verdict.at),
            "authentication": verdict.authentication,
            "address": verdict.address,
            "client": verdict.client,
        }
    )[0]


def acceptance_data(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "option": acceptance.option_key,
        "finding": acceptance.blocker,
        "title": acceptance.title,
        "message": acceptance.message,
        "inherent": acceptance.inherent,
        "residual": acceptance.residual,
        "reason": acceptance.reason,
        "accepted_by": acceptance.accepted_by,
        "expires_on": day_text(acceptance.expires_on),
    }


def condition_data(condition: Condition) -> dict[str, Any]:
    return {
        "number": condition.number,
        "text": condition.text,
        "owner": {"reference": condition.owner.reference, "name": condition.owner_name},
        "due_on": day_text(condition.due_on),
    }


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict as it stands in records, pages and the API. ``signed``: the record that was sealed, None in verdicts of before there were
    any; ``seal``: algorithm, SHA-256 of the certificate, and the signature in base64."""
    person = verdict.participation.person
    content = bytes(verdict.content)
    signed = json.loads(content) if content else None
    # Names are as they were when it was signed: somebody may be called otherwise by the time of the decision.
    frozen = signed or {
        "person": person_data(person),
        "on_behalf_of": person_data(verdict.seat_of) if verdict.seat_of and verdict.seat_of != person else None,
        "conditions": [condition_data(c) for c in verdict.conditions.all()],
    }
    return {
        "id": str(verdict.pk),
        "verdict": verdict.verdict,
        "stage": stage_data(verdict.stage) if verdict.stage else None,
        "person": frozen["person"],
        "on_behalf_of": frozen["on_behalf_of"],
        "role": verdict.role,
        "meaning": verdict.meaning,
        "statement": verdict.statement,
        "reason": verdict.reason,
        "conditions": frozen["conditions"],
        "at": utc(verdict.at),
        "snapshot_digest": verdict.snapshot_digest,
        "authentication": verdict.authentication,
        "address": verdict.address,
        "client": verdict.client,
        "signed": signed,
        "seal": {
            "algorithm": verdict.seal_algorithm,
            "certificate": verdict.seal_certificate,
            "signature": base64.b64encode(bytes(verdict.seal)).decode(),
        }
        if content
        else None,
    }


def verdicts_on(snapshot: Snapshot) -> list[Verdict]:
    """Every verdict on a snapshot in order, with all that ``verdict_data`` reads."""
    found = Verdict.objects.filter(participation__snapshot=snapshot).order_by("at", "id")
    return list(
        found.select_related("participation__person", "participation__snapshot", "stage", "seat_of").prefetch_related(
            "acceptances", "conditions__owner"
        )
    )


@as_recorded()
def build_decision(*, snapshot: Snapshot, outcome: str, at: datetime, review_on: date | None) -> tuple[bytes, str]:
    """The decision record on ``snapshot``: stages, every verdict given on it with its seal and certificate, acceptances and conditions, when
    it is to be reviewed, and the trail up to the decision; canonical bytes and digest."""
    data = content_of(snapshot)
    verdicts = verdicts_on(snapshot)
    organisation = snapshot.assessment.organisation
    log = checkpoint(organisation.stream)
    return sealed(
        {
            "format": DECISION_FORMAT,
            "organisation": data["organisation"],
            "assessment": data["assessment"],
            "snapshot": {"number": snapshot.number, "digest": snapshot.digest},
            "decision": {
                "outcome": outcome,
                "option": data["proposal"]["option"],
                "option_name": data["proposal"]["option_name"],
                "at": utc(at),
                "review_on": day_text(review_on),
                "with_conditions": any(v.conditions.all() for v in verdicts),
            },
            "stages": [
                stage_data(s.stage) | {"quorum": s.stage.quorum, "needed": s.stage.needed, "given": s.given, "opened_at": utc(s.opened_at)}
                for s in standings(snapshot)
            ],
            "verdicts": [verdict_data(verdict) for verdict in verdicts],
            "acceptances": [
                {"blocker": a.blocker, "option": a.option_key, "message": a.message, "person": v.participation.person.name, "reason": a.reason,
                 "at": utc(v.at), "title": a.title, "inherent": a.inherent, "residual": a.residual, "expires_on": day_text(a.expires_on)}
                for v in verdicts
                for a in v.acceptances.all()
            ],
            "conditions": [condition_data(c) | {"set_by": v.participation.person.name} for v in verdicts for c in v.conditions.all()],
            "certificates": _certificates(organisation, verdicts),
            "log": {"stream": organisation.stream, "size": log.size, "root": log.root_hex},
            "trail": [
                {"index": e.index, "at": utc(e.at), "sentence": e.sentence(), "action": e.action, "leaf_hash": e.leaf_hash}
                for e in events_of(organisation.stream, object_type="assessment", object_id=str(snapshot.assessment_id))
            ],
        }
    )  # fmt: skip


def _certificates(organisation: Organisation, verdicts: list[Verdict]) -> dict[str, str]:
    """SHA-256 -> DER in base64 of every certificate that a verdict is sealed with."""
    found = {}
    for fingerprint in sorted({v.seal_certificate for v in verdicts if v.seal_certificate}):
        der = certificate_of(organisation, fingerprint)
        if der is not None:
            found[fingerprint] = base64.b64encode(der).decode()
    return found
