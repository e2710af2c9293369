"""Making the sign-off report of a decision record: from the frozen bytes to a sealed PDF in the store and an event in the trail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

from accounts.seal import SealUnreadable, signer_for, warm
from assessments.models import DecisionRecord
from audit.canonical import sha256_hex
from audit.trail import record
from jobs.work import Progress, WorkRefused
from reports import pdf
from reports.charts import draw_charts
from reports.document import TEMPLATE_VERSION, Records, UnknownRecord
from reports.models import Kind, Report
from reports.seal import seal
from reports.storing import publish

STEPS = ("Reading the record", "Drawing the charts", "Laying out the pages", "Embedding the records", "Sealing", "Storing the report")


def sign_off(progress: Progress) -> Callable[[], None] | None:
    """The work of the job: returns what is to be done in the transaction that ends it, None where the report is there already.

    Raises WorkRefused where the stored records aren't those that were signed, or can't be printed or sealed.
    """

    def step(number: int) -> None:
        progress.step(number, len(STEPS), STEPS[number - 1])

    step(1)
    row = _row(progress.args.get("decision_record"))
    if Report.objects.filter(decision_record=row, kind=Kind.SIGN_OFF, template_version=TEMPLATE_VERSION).exists():
        return None
    records = frozen(row)
    assessment = row.snapshot.assessment
    organisation = assessment.organisation
    try:
        step(2)
        charts = draw_charts(records)
        step(3)
        laid_out = pdf.lay_out(pdf.page(records, charts), records, charts)
        step(4)
        unsigned = pdf.finish(laid_out)
        step(5)
        warm(organisation)
        sealed = seal(unsigned, signer_for(organisation), reason="Sign-off report as made by the service")
    except (UnknownRecord, SealUnreadable) as error:
        raise WorkRefused(str(error)) from error
    step(6)
    digest = hashlib.sha256(sealed).hexdigest()
    name = publish(sealed, folder=f"reports/{organisation.uuid}", name=f"{row.digest.removeprefix('sha256:')[:16]}-{digest[:16]}.pdf")

    def finish() -> None:
        report, made = Report.objects.get_or_create(
            decision_record=row, kind=Kind.SIGN_OFF, template_version=TEMPLATE_VERSION,
            defaults={
                "organisation": organisation, "assessment": assessment, "file": name, "size": len(sealed), "sha256": digest,
                "unsigned_sha256": hashlib.sha256(unsigned).hexdigest(),
            },
        )  # fmt: skip
        if made:
            record(
                stream=organisation.stream, action="report.made", actor="system", object_type="report", object_id=str(report.pk),
                changes={
                    "assessment": str(assessment.pk), "decision_record": row.digest, "kind": report.kind, "sha256": report.sha256,
                    "size": report.size, "template_version": TEMPLATE_VERSION, "unsigned_sha256": report.unsigned_sha256,
                },
                personal={"object_label": assessment.title},
            )  # fmt: skip

    return finish


def frozen(row: DecisionRecord) -> Records:
    """The exact bytes of a decision record and its snapshot. Raises WorkRefused where they don't have the digests they were signed under."""
    records = Records(bytes(row.snapshot.content), row.snapshot.digest, bytes(row.content), row.digest)
    for name, content, digest in (
        ("snapshot", records.snapshot, records.snapshot_digest),
        ("decision record", records.decision, records.decision_digest),
    ):
        if sha256_hex(content) != digest:
            raise WorkRefused(f"The stored {name} isn't the one that was signed: its bytes no longer have the digest {digest}.")
    return records


def _row(pk: str | None) -> DecisionRecord:
    try:
        return DecisionRecord.objects.select_related("snapshot__assessment__organisation").get(pk=uuid.UUID(str(pk)))
    except (DecisionRecord.DoesNotExist, ValueError):
        raise WorkRefused(f"There is no decision record {pk}.") from None
