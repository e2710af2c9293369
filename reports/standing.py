"""Where the report of an assessment stands: not asked for, waiting, being made, made, failed, or cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from assessments.models import Assessment, DecisionRecord
from jobs.models import Job
from reports.models import Kind, Report


@dataclass(frozen=True)
class ReportStanding:
    """``decision`` None: nothing has been decided yet. ``report`` once it is made; until then ``job``, if one was asked for."""

    decision: DecisionRecord | None
    report: Report | None = None
    job: Job | None = None

    @property
    def under_way(self) -> bool:
        return self.report is None and self.job is not None and not self.job.over

    @property
    def failed(self) -> bool:
        return self.report is None and self.job is not None and self.job.status == Job.Status.FAILED

    @property
    def cancelled(self) -> bool:
        return self.report is None and self.job is not None and self.job.status == Job.Status.CANCELLED


def job_key(decision: DecisionRecord) -> str:
    """What the signature that took a decision asked for its report as."""
    return f"sign_off:{decision.digest}"


def standing_of_report(assessment: Assessment) -> ReportStanding:
    """Of the assessment's latest decision; the newest template's report counts."""
    decision = DecisionRecord.newest_of(assessment)
    if decision is None:
        return ReportStanding(None)
    report = Report.objects.filter(decision_record=decision, kind=Kind.SIGN_OFF).order_by("-edition").first()
    job = None if report else Job.objects.filter(key=job_key(decision)).first()
    return ReportStanding(decision, report, job)
