"""Asking for reports besides the one that a decision makes: the executive summary, a draft, and a later edition of what is there."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.formats import as_recorded
from accounts.models import User
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, DecisionRecord, Snapshot
from assessments.permissions import require
from audit.trail import record
from jobs import queue
from jobs.models import Job
from reports.models import ON_REQUEST, Kind, Report

TASK = "reports.make_report"


def jobs_of(assessment: Assessment, decision: DecisionRecord | None) -> dict[str, Job | None]:
    """By kind the work that was asked for last. ``decision``: the assessment's newest."""
    snapshot = assessment.latest_snapshot
    prefixes = {Kind.EXECUTIVE_SUMMARY: decision, Kind.DRAFT: snapshot}
    wanted = {kind: f"{kind}:{of.digest}:" for kind, of in prefixes.items() if of is not None}
    found = Job.objects.filter(task=TASK, stream=assessment.organisation.stream).order_by("created_at")
    jobs = list(found.filter(reduce(or_, (Q(key__startswith=prefix) for prefix in wanted.values())))) if wanted else []
    return {kind: next((j for j in reversed(jobs) if kind in wanted and j.key.startswith(wanted[kind])), None) for kind in prefixes}


def report_ask(*, actor: User, assessment: Assessment, kind: str) -> Job:
    """Have an executive summary or a draft made; asked twice it is made once, and the work there is comes back.

    Raises PermissionDenied, Refused for another kind, and WrongStatus where there is no decision yet, nothing was submitted, or a draft's
    record has been decided on.
    """
    if kind not in dict(ON_REQUEST):
        raise Refused(
            _("Ask for an executive summary or a draft; the sign-off report is made by itself."), {"kind": _("Choose one of them.")}
        )
    require(actor, assessment.organisation, "ask_report")
    of = _subject(assessment, kind)
    if of is None:
        raise WrongStatus(_("Nothing has been submitted yet.") if kind == Kind.DRAFT else _("Nothing has been decided yet."))
    if isinstance(of, Snapshot) and DecisionRecord.objects.filter(snapshot=of).exists():
        raise WrongStatus(_("This has been decided: the sign-off report takes the place of a draft."))
    return _enqueue(actor, assessment, kind, of, None, "")


def report_correct(*, actor: User, report: Report, reason: str) -> Job:
    """Have a later edition of a report made, from the same records by today's template and style; it takes the place of the former one, which
    stays in the store.

    Raises PermissionDenied, Refused without a reason, and WrongStatus where there is a later edition already.
    """
    require(actor, report.organisation, "correct_report")
    if not reason.strip():
        raise Refused(_("Say why the report is made again; the new edition prints it."), {"reason": _("Give the reason.")})
    if Report.objects.filter(supersedes=report).exists():  # asked anew: the report in hand may be older than the edition
        raise WrongStatus(_("A later edition has taken its place already."))
    of = report.decision_record or report.snapshot
    return _enqueue(actor, report.assessment, report.kind, of, report, reason.strip()[:1000])


def _enqueue(actor: User, assessment: Assessment, kind: str, of: DecisionRecord | Snapshot, former: Report | None, reason: str) -> Job:
    with as_recorded():
        title = str(Kind(kind).label)
    edition = former.edition + 1 if former else 1
    args = {"kind": kind, "decision_record" if isinstance(of, DecisionRecord) else "snapshot": str(of.pk)}
    if former is not None:
        args |= {"supersedes": str(former.pk), "reason": reason}
    with transaction.atomic():
        key = f"{kind}:{of.digest}:{edition}"
        there = Job.objects.filter(key=key).first()
        if there is not None and there.status not in (Job.Status.FAILED, Job.Status.CANCELLED):
            return there
        job = queue.retry(there.pk) if there else queue.enqueue(
            task=TASK, key=key, stream=assessment.organisation.stream, args=args, label=f"{title} of {assessment.title}",
            requested_by=actor.reference,
        )  # fmt: skip
        record(
            stream=assessment.organisation.stream, action="report.asked", actor=actor.reference, object_type="assessment",
            object_id=str(assessment.pk), changes={"kind": kind, "title": title.lower(), "edition": edition, "of": of.digest}, reason=reason,
            personal={"actor_name": actor.name, "object_label": assessment.title},
        )  # fmt: skip
    return job


def _subject(assessment: Assessment, kind: str) -> DecisionRecord | Snapshot | None:
    if kind == Kind.DRAFT:
        return assessment.latest_snapshot
    return DecisionRecord.newest_of(assessment)
