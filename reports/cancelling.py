"""Cancelling a report that waits or is being made, and asking for it again; by page and API alike."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import roles_of
from accounts.models import Organisation, Role, User
from assessments.errors import WrongStatus
from assessments.models import Assessment
from audit.trail import record
from jobs import queue
from jobs.models import Job
from reports.health import job_restart
from reports.standing import ReportStanding, job_key, standing_of_report


def may_cancel(person: User, roles: frozenset[str], standing: ReportStanding) -> bool:
    """Whether a person may cancel the report: a risk officer, and whoever gave the signature that asked for it, as long as they are a member.

    ``roles``: the person's in the organisation.
    """
    if Role.RISK_OFFICER in roles:
        return True
    if not roles or standing.decision is None:
        return False
    if standing.job is not None:
        return standing.job.requested_by == person.reference
    return Job.objects.filter(key=job_key(standing.decision), requested_by=person.reference).exists()


def report_cancel(*, actor: User, assessment: Assessment) -> None:
    """Cancel the report of the latest decision while it waits or is being made, and record it.

    Raises PermissionDenied for who may not, and WrongStatus where there is nothing to cancel.
    """
    standing = standing_of_report(assessment)
    organisation = assessment.organisation
    if not may_cancel(actor, roles_of(actor, organisation), standing):
        raise PermissionDenied(
            _("To cancel a report one must be a risk officer in %(organisation)s, or have given the signature that asked for it.")
            % {"organisation": organisation.name}
        )
    with transaction.atomic():
        if standing.job is None or not standing.under_way or not queue.cancel(standing.job.pk):
            raise WrongStatus(_("There is no report to cancel: none waits or is being made."))
        _record("report.cancelled", actor, organisation, assessment, standing.job)


def report_again(*, actor: User, assessment: Assessment) -> None:
    """Give the report of the latest decision another set of attempts, and record it: one that failed, or that was cancelled.

    A failed one is an administrator's to start; a cancelled one also theirs who may cancel it. Raises PermissionDenied, and WrongStatus where
    it neither failed nor was cancelled.
    """
    standing = standing_of_report(assessment)
    organisation = assessment.organisation
    roles = roles_of(actor, organisation)
    if Role.ADMINISTRATOR not in roles and (standing.failed or not may_cancel(actor, roles, standing)):
        raise PermissionDenied(
            _("Only an administrator of %(organisation)s may start its work again.") % {"organisation": organisation.name}
        )
    if standing.failed and standing.job is not None:
        job_restart(actor=actor, organisation=organisation, job=standing.job)
        return
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=standing.job.pk) if standing.cancelled and standing.job is not None else None
        if job is None or job.status != Job.Status.CANCELLED:
            raise WrongStatus(_("The report can't be asked for again: it neither failed nor was cancelled."))
        queue.retry(job.pk)
        _record("report.asked_again", actor, organisation, assessment, job)


def _record(action: str, actor: User, organisation: Organisation, assessment: Assessment, job: Job) -> None:
    record(
        stream=organisation.stream, action=action, actor=actor.reference, object_type="assessment", object_id=str(assessment.pk),
        changes={"job": str(job.pk)}, personal={"actor_name": actor.name, "object_label": assessment.title},
    )  # fmt: skip
