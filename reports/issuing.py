"""What this service itself knows of a report: whether it issued exactly this file, under its own seal, and whether the trail bears it out."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from accounts.models import Organisation, SealCertificate
from accounts.seal import SealUnreadable, known_certificates, known_fingerprint
from assessments.models import DecisionRecord
from audit.canonical import sha256_hex
from audit.models import AuditEvent
from audit.trail import Checkpoint
from audit.verify import verify_stream
from reports.actions import CORRECTED, MADE
from reports.models import Report
from reports.verifier import Check, Verification

_STREAM = re.compile(r"org:([0-9a-f-]{36})")
_ROOT = re.compile(r"[0-9a-f]{64}")


def check_issued(data: bytes, verification: Verification) -> list[Check]:
    """The checks that need the database, on the file's bytes and what ``verify_pdf`` found. Raises DatabaseError where there is none."""
    digest = hashlib.sha256(data).hexdigest()
    report = Report.objects.filter(sha256=digest).select_related("organisation", "decision_record", "snapshot").first()
    if report is None:
        return [_unknown(digest, verification)]
    organisation = report.organisation
    at = f"{report.created_at:%Y-%m-%d %H:%M:%S} UTC"
    checks = [Check("issued", True, f"This service issued exactly this file, SHA-256 {digest}, for {organisation.name} on {at}.")]
    checks.append(_check_rows(report))
    if (later := report.later) is not None:
        message = f"A later edition has taken its place since {later.created_at:%Y-%m-%d}, SHA-256 {later.sha256}: {later.reason}"
        checks.append(Check("superseded", None, message))
    checks.append(_check_certificate(organisation, verification))
    checks += _check_trail(report, verification)
    return checks


def _unknown(digest: str, verification: Verification) -> Check:
    """Not issued here; a failure where the file says that it was."""
    decision = verification.decision or {}
    try:
        stream, assessment = str(decision["log"]["stream"]), str(decision["assessment"]["id"])
        snapshot = str(decision["snapshot"]["digest"])
    except (KeyError, TypeError):
        return Check("issued", False, f"This service has not issued this file, SHA-256 {digest}.")
    if DecisionRecord.objects.filter(snapshot__digest=snapshot).exists():
        return Check("issued", False, f"This service knows the decision, but has not issued this file, SHA-256 {digest}: it was changed.")
    found = _STREAM.fullmatch(stream)
    if found and Organisation.objects.filter(uuid=found[1]).exists():
        message = f"The organisation is one of this service's, but no such decision on the assessment {assessment} was ever taken here."
        return Check("issued", False, message)
    return Check(
        "issued", None, "The organisation isn't one of this service's, so nothing more can be said here about who issued the file."
    )


def _check_rows(report: Report) -> Check:
    """The stored records still have the digests under which they were signed."""
    row, snapshot = report.decision_record, report.snapshot
    stored = [("snapshot", snapshot.content, snapshot.digest), *([("decision record", row.content, row.digest)] if row else [])]
    wrong = [name for name, content, digest in stored if sha256_hex(bytes(content)) != digest]
    if wrong:
        return Check(
            "stored records",
            False,
            f"The {' and the '.join(wrong)} stored by this service no longer have their digests: they were changed.",
        )
    return Check("stored records", True, "The records stored by this service have the digests that were signed.")


def _check_certificate(organisation: Organisation, verification: Verification) -> Check:
    """Whether the organisation ever sealed with this certificate, by this service's table and by the trail both."""
    known = known_certificates(organisation)
    row = next((row for row in known if row.fingerprint == verification.certificate), None)
    if row is None:
        return _check_present(organisation, verification, known)
    if not _told(organisation, row.fingerprint):
        message = (
            f"The certificate is listed as one of {organisation.name}'s, but the trail has no entry that says so: it was added by hand."
        )
        return Check("own certificate", False, message)
    if row.retired_at is None:
        return Check("own certificate", True, f"The certificate is the one that {organisation.name} seals with here.")
    return Check(
        "own certificate",
        True,
        f"The certificate is one that {organisation.name} sealed with here until {row.retired_at:%Y-%m-%d %H:%M:%S} UTC, when another took its "
        "place.",
    )


def _check_present(organisation: Organisation, verification: Verification, known: list[SealCertificate]) -> Check:
    """Of a certificate that the table doesn't have: the key at hand may have been made before there was a table."""
    try:
        present = known_fingerprint(organisation)
    except SealUnreadable as error:
        if not known:
            return Check("own certificate", None, str(error))
        present = None
    if present is None and not known:
        return Check(
            "own certificate", None, f"The key of {organisation.name}'s seal isn't on this machine, so its certificate can't be compared."
        )
    if present == verification.certificate:
        return Check("own certificate", True, f"The certificate is the one that {organisation.name} seals with here.")
    theirs = ", ".join(dict.fromkeys([*(row.fingerprint for row in known), *([present] if present else [])]))
    return Check(
        "own certificate",
        False,
        f"The certificate isn't the one that {organisation.name} seals with here, nor a former one: SHA-256 {theirs}.",
    )


def _told(organisation: Organisation, fingerprint: str) -> bool:
    """Whether the trail says that the organisation began to seal with a certificate."""
    events = AuditEvent.objects.filter(
        stream=organisation.stream, action__in=("seal.made", "seal.rotated"), object_type="organisation", object_id=str(organisation.uuid)
    )
    told = (event.changes.get("certificate") for event in events)
    return any(fingerprint == (said.get("to") if isinstance(said, dict) else said) for said in told)


def _check_trail(report: Report, verification: Verification) -> list[Check]:
    stream = report.organisation.stream
    event = AuditEvent.objects.filter(
        stream=stream, action__in=(*MADE.values(), CORRECTED), object_type="report", object_id=str(report.pk)
    ).first()
    if event is None:
        checks = [Check("event", False, "The trail has no entry that says that this report was made.")]
    elif event.changes.get("sha256") != report.sha256 or event.changes.get("decision_record") != (
        report.decision_record.digest if report.decision_record else ""
    ):
        checks = [Check("event", False, f"Entry {event.index} of the trail says that another report was made.")]
    else:
        checks = [Check("event", True, f"Entry {event.index} of the trail says that this report was made.")]
    result = verify_stream(stream, known=_checkpoint(verification.decision))
    if result.ok:
        checks.append(
            Check("trail", True, f"The trail is what was written: {result.size} entries, and it begins with what the record states.")
        )
    else:
        checks.append(Check("trail", False, f"The trail is NOT what was written: {result.problems[0].message}."))
    return checks


def _checkpoint(decision: dict[str, Any] | None) -> Checkpoint | None:
    try:
        size, root = (decision or {})["log"]["size"], (decision or {})["log"]["root"]
    except (KeyError, TypeError):
        return None
    if not isinstance(size, int) or not isinstance(root, str) or not _ROOT.fullmatch(root):
        return None
    return Checkpoint(size, root)
