"""Making a report of a decision record, or the draft of one: from the frozen bytes to a sealed PDF in the store and an event in the trail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils.translation import gettext_noop

from accounts.formats import as_recorded
from accounts.seal import SealUnreadable, signer_for, warm
from assessments.models import DecisionRecord, Snapshot
from audit.canonical import sha256_hex
from audit.checkpoints import Inconsistent
from audit.places import PlaceUnavailable
from audit.proofs import NoProof
from audit.trail import record
from jobs.work import Progress, WorkRefused
from reports import pdf
from reports.actions import CORRECTED, MADE
from reports.charts import draw_charts
from reports.document import TEMPLATE_VERSION, Records, UnknownRecord
from reports.log_proof import log_proof
from reports.looks import Printing
from reports.models import Kind, Report
from reports.seal import seal
from reports.storing import publish
from reports.styling import style_of, style_row

_OF = ("assessment__organisation",)
_WHOSE = ("snapshot__assessment__organisation",)
STEPS = (
    gettext_noop("Reading the record"),
    gettext_noop("Drawing the charts"),
    gettext_noop("Laying out the pages"),
    gettext_noop("Embedding the records"),
    gettext_noop("Sealing"),
    gettext_noop("Storing the report"),
)


@dataclass(frozen=True)
class _Wanted:
    """What a job asks for. ``former``: the edition that this one takes the place of."""

    kind: str
    snapshot: Snapshot
    decision: DecisionRecord | None
    former: Report | None
    reason: str

    @property
    def edition(self) -> int:
        return self.former.edition + 1 if self.former else 1

    @property
    def key(self) -> dict[str, Any]:
        """The report that there is once."""
        return {"snapshot": self.snapshot, "decision_record": self.decision, "kind": self.kind, "edition": self.edition}


@as_recorded()
def make(progress: Progress) -> Callable[[], None] | None:
    """The work of the job: returns what is to be done in the transaction that ends it, None where the report is there already.

    ``args``: ``kind`` (the sign-off report without it), ``decision_record`` or, for a draft, ``snapshot``; for a later edition ``supersedes``
    and ``reason``. Raises WorkRefused where the stored records aren't those that were signed, or can't be printed or sealed.
    """

    def step(number: int) -> None:
        progress.step(number, len(STEPS), STEPS[number - 1])

    step(1)
    wanted = _wanted(progress.args)
    if Report.objects.filter(**wanted.key).exists():
        return None
    records = _records(wanted)
    assessment = wanted.snapshot.assessment
    organisation = assessment.organisation
    style = style_row(organisation)
    printing = Printing(wanted.kind, style_of(style), wanted.edition, wanted.former.sha256 if wanted.former else "", wanted.reason)
    try:
        step(2)
        charts = draw_charts(records)
        step(3)
        laid_out = pdf.lay_out(pdf.page(records, charts, printing), records, charts, printing)
        step(4)
        unsigned = pdf.finish(laid_out)
        step(5)
        warm(organisation)
        sealed = seal(unsigned, signer_for(organisation), reason=f"{Kind(wanted.kind).label} as made by the service")
    except (UnknownRecord, SealUnreadable) as error:
        raise WorkRefused(str(error)) from error
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        raise WorkRefused(f"The report's template can't be used: {error}. Once it is put right, start this again.") from error
    step(6)
    digest = hashlib.sha256(sealed).hexdigest()
    of = (records.decision_digest or records.snapshot_digest).removeprefix("sha256:")[:16]
    name = publish(sealed, folder=f"reports/{organisation.uuid}", name=f"{of}-{digest[:16]}.pdf")

    def finish() -> None:
        report, made = Report.objects.get_or_create(
            **wanted.key,
            defaults={
                "organisation": organisation, "assessment": assessment, "file": name, "size": len(sealed), "sha256": digest,
                "unsigned_sha256": hashlib.sha256(unsigned).hexdigest(), "template_version": TEMPLATE_VERSION, "style": style,
                "supersedes": wanted.former, "reason": wanted.reason,
            },
        )  # fmt: skip
        if made:
            _tell(report, records)

    return finish


def _tell(report: Report, records: Records) -> None:
    said: dict[str, Any] = {
        "assessment": str(report.assessment_id), "decision_record": records.decision_digest, "kind": report.kind, "sha256": report.sha256,
        "size": report.size, "template_version": report.template_version, "unsigned_sha256": report.unsigned_sha256,
        "snapshot": records.snapshot_digest, "edition": report.edition, "style": report.style.version if report.style else 0,
    }  # fmt: skip
    if report.supersedes:
        said["supersedes"] = report.supersedes.sha256
    record(
        stream=report.organisation.stream, action=MADE[report.kind] if report.edition == 1 else CORRECTED, actor="system",
        object_type="report", object_id=str(report.pk), changes=said, reason=report.reason,
        personal={"object_label": report.assessment.title},
    )  # fmt: skip


def _wanted(args: dict[str, Any]) -> _Wanted:
    kind, reason = str(args.get("kind", Kind.SIGN_OFF)), str(args.get("reason", ""))
    if kind not in Kind.values:
        raise WorkRefused(f"There is no report of the kind {kind!r}.")
    decision = (
        None
        if kind == Kind.DRAFT
        else _found(DecisionRecord.objects.select_related(*_WHOSE), args.get("decision_record"), "decision record")
    )
    snapshot = decision.snapshot if decision else _found(Snapshot.objects.select_related(*_OF), args.get("snapshot"), "snapshot")
    former = _found(Report.objects.filter(snapshot=snapshot, kind=kind), args["supersedes"], "report") if args.get("supersedes") else None
    return _Wanted(kind, snapshot, decision, former, reason)


def _records(wanted: _Wanted) -> Records:
    if wanted.decision is not None:
        return replace(frozen(wanted.decision), log_proof=_proof(wanted.decision))
    records = Records(bytes(wanted.snapshot.content), wanted.snapshot.digest, b"", "")
    _check(("snapshot", records.snapshot, records.snapshot_digest))
    return records


def frozen(row: DecisionRecord) -> Records:
    """The exact bytes of a decision record and its snapshot. Raises WorkRefused where they don't have the digests they were signed under."""
    records = Records(bytes(row.snapshot.content), row.snapshot.digest, bytes(row.content), row.digest)
    _check(("snapshot", records.snapshot, records.snapshot_digest), ("decision record", records.decision, records.decision_digest))
    return records


def _check(*parts: tuple[str, bytes, str]) -> None:
    for name, content, digest in parts:
        if sha256_hex(content) != digest:
            raise WorkRefused(f"The stored {name} isn't the one that was signed: its bytes no longer have the digest {digest}.")


def _proof(row: DecisionRecord) -> bytes:
    try:
        return log_proof(row)
    except PlaceUnavailable as error:  # passes, as any fault of the network
        raise ConnectionError(str(error)) from error
    except (Inconsistent, NoProof) as error:
        raise WorkRefused(f"The trail isn't what was signed before, so no report can rest on it: {error}.") from error


def _found(rows: QuerySet, pk: Any, what: str) -> Any:
    try:
        return rows.get(pk=uuid.UUID(str(pk)))
    except (rows.model.DoesNotExist, ValueError):
        raise WorkRefused(f"There is no {what} {pk}.") from None
