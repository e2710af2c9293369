"""The trail's part of a bundle: what happened to the assessment, each entry with its proof to one signed checkpoint."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from assessments.models import Assessment
from audit import checkpoints, keys, merkle, note, places
from audit.models import AuditCheckpoint, AuditEvent
from audit.proofs import InclusionProof, NoProof, consistency, inclusions
from audit.sentences import person_named_by
from audit.trail import PERSON_ERASED, stored_bytes
from reports.bundle.bag import Part, part_of
from reports.bundle.errors import BundleRefused
from reports.models import Report
from reports.reading import salted_texts

SEALS = ("seal.made", "seal.rotated")


def about(assessment: Assessment) -> QuerySet[AuditEvent]:
    """The events of an assessment and its reports, those by which its organisation began to seal with each certificate, and those by which
    people whom these events name were erased: without the latter nobody could tell an erased name from one that was taken out of the file."""
    organisation = assessment.organisation
    reports = [str(pk) for pk in Report.objects.filter(assessment=assessment).values_list("pk", flat=True)]
    which = (
        Q(object_type="assessment", object_id=str(assessment.pk))
        | Q(object_type="report", object_id__in=reports)
        | Q(object_type="organisation", object_id=str(organisation.uuid), action__in=SEALS)
    )
    in_log = AuditEvent.objects.filter(stream=organisation.stream)
    erasures = in_log.filter(action=PERSON_ERASED, object_type="person")
    erased = set(erasures.values_list("object_id", flat=True))
    if erased:
        named = set().union(*map(_people, in_log.filter(which)))
        which |= Q(pk__in=erasures.filter(object_id__in=[one for one in erased if f"person:{one}" in named]))
    return in_log.filter(which).order_by("index")


def _people(event: AuditEvent) -> set[str]:
    """The references of those whom its private texts name or named; nobody's where its bytes were changed, which ``entries_of`` tells."""
    try:
        return {person_named_by(key, event.body) for key in event.body["private"]}
    except (ValueError, KeyError, TypeError):
        return set()


def entries_of(assessment: Assessment, size: int) -> list[AuditEvent]:
    """Those of ``about`` among the first ``size`` entries, in order. Raises BundleRefused for one whose bytes don't have its hash, and where
    somebody was erased since, which a checkpoint of that size can't prove."""
    events = list(about(assessment).prefetch_related("private"))
    covered = [event for event in events if event.index < size]
    for event in covered:
        if merkle.leaf_hash(stored_bytes(event.canonical)).hex() != event.leaf_hash:
            said = _("Entry %(index)d of the trail isn't what was written: run verify_audit to see what else was changed.")
            raise BundleRefused(said % {"index": event.index})
    for event in events[len(covered) :]:
        if event.action == PERSON_ERASED:
            said = _(
                "Since then a person's name was erased, as entry %(index)d of the trail tells: a checkpoint of %(size)d entries can't prove it. "
                "Take a newer one."
            )
            raise BundleRefused(said % {"index": event.index, "size": size})
    return covered


def covering(assessment: Assessment) -> AuditCheckpoint:
    """The newest checkpoint, which holds every event of ``about``; one is signed where none does yet. Call it outside a transaction.

    Raises BundleRefused.
    """
    stream = assessment.organisation.stream
    last = about(assessment).values_list("index", flat=True).last()
    found = checkpoints.latest(stream)
    if last is not None and (found is None or found.size <= last):
        try:
            checkpoints.publish(stream)
        except checkpoints.Inconsistent as error:
            said = _("The trail isn't what was signed before, so nothing can be proved from it: %(error)s.")
            raise BundleRefused(said % {"error": error}) from error
        except (places.PlaceUnavailable, keys.LogKeyUnreadable) as error:
            said = _("No checkpoint can be signed now that covers the whole trail of this assessment. %(error)s")
            raise BundleRefused(said % {"error": error}) from error
        found = checkpoints.latest(stream)
    if found is None:
        raise BundleRefused(_("The trail has no entry of this assessment, so nothing can be proved of it."))
    return found


def trail_parts(events: list[AuditEvent], row: AuditCheckpoint, log: dict[str, Any]) -> list[Part]:
    """Entries, checkpoint, proofs and keys. ``events``: in order, all within the checkpoint ``row``; ``log``: the place of the log that the
    decision record names. Raises BundleRefused where the trail isn't what was signed."""
    signers = _signers(row)
    try:
        proofs = inclusions(row.stream, [event.index for event in events], row.size)
        grown = consistency(row.stream, log["size"], row.size)
    except NoProof as error:
        raise BundleRefused(_("The trail can't be proved: %(error)s.") % {"error": error}) from error
    if grown.first_root.hex() != log["root"]:
        raise BundleRefused(_("The trail no longer begins with what the decision record names: run verify_audit to see what was changed."))
    lines = [_line(event, proof) for event, proof in zip(events, proofs, strict=True)]
    place: dict[str, Any] = {"size": row.size, "root": row.root}
    parts = [
        part_of("trail/entries.jsonl", b"".join(lines), "Entries of the trail, one a line, each with its proof", entries=len(lines)),
        part_of("trail/checkpoint.note", row.note.encode(), "The signed checkpoint that all proofs lead to", **place),
        part_of(
            "trail/consistency.json",
            _json({"path": [step.hex() for step in grown.path]}),
            "Proof that the log only grew since the decision",
        ),
        part_of("trail/log-keys.txt", "".join(f"{v.text}\n" for v in signers).encode(), "The public keys that signed the checkpoint"),
    ]
    if row.token is not None:
        token = bytes(row.token)
        parts.append(part_of("trail/checkpoint.tsr", token, "A timestamp authority's answer over the checkpoint (RFC 3161)", packed=False))
    return parts


def _signers(row: AuditCheckpoint) -> tuple[note.Verifier, ...]:
    """Whose signatures on the checkpoint hold. Raises BundleRefused where none does, or the row says something else than was signed."""
    try:
        opened = note.opened(row.note, keys.verifiers_of(row.stream))
        head = note.tree_head(opened.text)
    except (note.BadNote, keys.LogKeyUnreadable) as error:
        said = _("The checkpoint of %(n)d entries can't be relied on: %(error)s.") % {"n": row.size, "error": error}
        raise BundleRefused(said) from error
    if (head.size, head.root.hex()) != (row.size, row.root):
        raise BundleRefused(_("The checkpoint of %(n)d entries isn't what was signed: run verify_audit.") % {"n": row.size})
    return opened.by


def _line(event: AuditEvent, proof: InclusionProof) -> bytes:
    """One entry: ``hashed``, the exact text whose bytes were hashed; its proof; the private texts that haven't been erased, with their salts;
    and the service's sentence for it, which proves nothing."""
    try:
        hashed, sentence = stored_bytes(event.canonical).decode(), event.sentence()
    except (ValueError, KeyError, TypeError) as error:
        raise BundleRefused(_("Entry %(index)d of the trail can't be read: run verify_audit.") % {"index": event.index}) from error
    texts = salted_texts(event)
    value = {
        "index": event.index, "leaf_hash": event.leaf_hash, "path": [step.hex() for step in proof.path], "hashed": hashed, "texts": texts,
        "sentence": sentence,
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
