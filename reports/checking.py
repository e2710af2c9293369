"""Checking one stored report on demand: everything that the verifier looks at, and what this service knows of the file."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.permissions import require
from audit.trail import record
from reports.issuing import check_issued
from reports.models import Report
from reports.verifier import Check, verify_pdf


@dataclass(frozen=True)
class Checked:
    """``checks`` in the order in which a person would make them; a check whose ``ok`` is None couldn't be made here."""

    report: Report
    checks: list[Check]

    @property
    def failures(self) -> list[Check]:
        return [check for check in self.checks if check.ok is False]


def report_check(*, actor: User, report: Report) -> Checked:
    """Read the stored file and check it; what came of it is an event of the trail. Raises PermissionDenied.

    Reads the whole trail too, so it takes as long as that does. A file that can't be read is a failure like any other.
    """
    require(actor, report.organisation, "report")
    try:
        with report.file.open("rb") as file:
            data = file.read()
    except OSError:
        checks = [Check("document", False, _("The stored file can't be read now."))]
    else:
        verification = verify_pdf(data)
        checks = [*verification.checks, *check_issued(data, verification)]
    checked = Checked(report, checks)
    failed = sorted({check.name for check in checked.failures})
    with transaction.atomic():
        record(
            stream=report.organisation.stream, action="report.checked", actor=actor.reference, object_type="report", object_id=str(report.pk),
            changes={"sha256": report.sha256, "failed": failed, "result": "it doesn't hold" if failed else "it holds"},
            personal={"actor_name": actor.name, "object_label": report.assessment.title},
        )  # fmt: skip
    return checked
