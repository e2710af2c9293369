"""The nightly check of the trail and of what was signed, and the mail that asks administrators to look where it isn't sound."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.formats import as_sent, moment
from accounts.mailing import mail_later
from accounts.models import Organisation, Role, User
from assessments.verifying import verify_records
from audit import watch as trail_watch
from audit.watch import StreamReport


def watch() -> list[StreamReport]:
    """Verify every stream and what was signed in it, and keep what was found; return those that aren't sound.

    The administrators of their organisations get a mail.
    That of the system's stream belongs to no organisation: it stands in the log, in the metrics and on every organisation's page. Where nothing
    was found wrong and something couldn't be checked (the second place was away), there is no mail: it would accuse somebody.
    """
    unsound = [report for report in trail_watch.watch(_records) if not report.ok]
    for report in unsound:
        if report.wrong:
            tell(report)
    return unsound


def check_now(organisation: Organisation, person: User) -> StreamReport:
    """Verify one organisation's trail because ``person`` asks, as the night does and kept as that is: what it finds takes the place of what
    the night found, so it must look at no less."""
    return trail_watch.verify_and_keep(organisation.stream, _records, person.reference)


def _records(stream: str) -> list[str]:
    organisation = _organisation(stream)
    return [] if organisation is None else [f"{p.message} (assessment {p.assessment})" for p in verify_records(organisation)]


def _organisation(stream: str) -> Organisation | None:
    return Organisation.objects.filter(uuid=stream.removeprefix("org:")).first() if stream.startswith("org:") else None


def tell(report: StreamReport) -> int:
    """Ask for a mail to each administrator of the stream's organisation, one a day; return to how many."""
    organisation = _organisation(report.stream)
    if organisation is None:
        return 0
    now = timezone.now()
    with as_sent():
        checked_at = moment(now)
    people = User.objects.filter(memberships__organisation=organisation, memberships__role=Role.ADMINISTRATOR, is_active=True)
    with transaction.atomic():
        for person in people:
            mail_later(
                kind="trail_alarm", to=person, organisation=organisation, key=f"{organisation.uuid}:{now.date()}",
                context={
                    "path": reverse("reports:health", args=[organisation.slug]), "stream": report.stream, "problem": report.problem,
                    "checked_at": checked_at,
                },
            )  # fmt: skip
    return len(people)
