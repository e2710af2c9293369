"""Handing a stored report out: only the bytes that were sealed, and recorded before the first of them leaves."""

from __future__ import annotations

from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.access import Rights
from accounts.models import Organisation, User
from assessments.permissions import require, visible
from audit.trail import record
from reports.models import Report
from reports.storing import digest_of


class Withheld(Exception):
    """The stored file can't be read, or isn't what was sealed; the text says so to people."""


def file_name(report: Report) -> str:
    """What a downloaded report is called."""
    kind = report.kind.replace("_", "-")
    edition = f"-edition-{report.edition}" if report.edition > 1 else ""
    return f"{kind}-{slugify(report.assessment.title)[:60] or report.pk}{edition}.pdf"


def check_stored(report: Report) -> None:
    """Raises Withheld unless the store holds exactly the bytes that were sealed."""
    try:
        unchanged = digest_of(str(report.file.name), report.file.storage) == report.sha256
    except OSError:
        raise Withheld(_("The stored file can't be read now. Try again later; if it stays so, tell an administrator.")) from None
    if not unchanged:
        raise Withheld(_("The stored file isn't the one that was sealed any more, so it isn't handed out. Tell an administrator."))


def reports_seen(person: User, organisation: Organisation, rights: Rights | None = None) -> QuerySet[Report]:
    """The organisation's reports of the assessments that the person may see. ``rights``: the person's, where they are known already."""
    return Report.objects.filter(organisation=organisation, assessment__in=visible(person, organisation, rights).order_by().values("pk"))


def report_open(*, actor: User, report: Report) -> File:
    """The sealed PDF, open for reading; the download is an event of the trail. Raises PermissionDenied and Withheld."""
    require(actor, report.organisation, "report")
    check_stored(report)
    with transaction.atomic():
        record_download(actor, report)
    return report.file.open("rb")


def record_download(actor: User, report: Report, **more: Any) -> None:
    """Tell the trail, in the caller's transaction, that the report is handed out; ``more`` goes into what changed."""
    record(
        stream=report.organisation.stream, action="report.downloaded", actor=actor.reference,
        object_type="report", object_id=str(report.pk),
        changes={"assessment": str(report.assessment_id), "sha256": report.sha256, "kind": report.kind, **more},
        personal={"actor_name": actor.name, "object_label": report.assessment.title},
    )  # fmt: skip
