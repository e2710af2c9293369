"""How the service stands, for an organisation's administrators and auditors: its trail, checkpoints, work, mail and seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mailing
from accounts.access import roles_of
from accounts.ids import uuid_in
from accounts.models import Organisation, Role, User
from accounts.seal import SealUnreadable, known_fingerprint, seal_of
from audit import places
from audit.models import AuditCheck, AuditCheckpoint, AuditEvent, StreamHead
from audit.trail import record
from jobs import queue
from jobs.models import Job

SYSTEM = "system"
SIGNED_WITHIN = timedelta(hours=2)  # checkpoints are hourly: twice that is a missed one
CHECKED_WITHIN = timedelta(hours=36)  # the check is nightly: one missed shows in the course of the next day
SEAL_ENDS_SOON = timedelta(days=60)
MOST_SHOWN = 50


@dataclass(frozen=True)
class Checkpoints:
    """``unsigned``: how many entries no checkpoint holds, and ``unsigned_since`` the time of the oldest; None where every entry is under one.

    ``second_place``: where checkpoints lie besides, for people; ``unreachable`` says why it can't be read, else is empty. ``kept``: the
    number of entries under the newest checkpoint there, None where there is none or it can't be read.
    """

    latest: AuditCheckpoint | None
    unsigned: int
    unsigned_since: datetime | None
    second_place: str
    kept: int | None
    unreachable: str

    @property
    def late(self) -> bool:
        return self.unsigned_since is not None and self.unsigned_since < timezone.now() - SIGNED_WITHIN

    @property
    def missing_there(self) -> bool:
        """Whether the second place lacks the newest checkpoint, although it can be read."""
        return not self.unreachable and self.latest is not None and (self.kept or 0) < self.latest.size


@dataclass(frozen=True)
class Work:
    """``failed`` without mail, ``mail`` the mail that failed: the newest of each, at most ``MOST_SHOWN``, with how many there are."""

    waiting: int
    running: int
    oldest_waiting: datetime | None
    failed: list[Job]
    failed_count: int
    mail: list[Job]
    mail_count: int

    @property
    def failed_not_shown(self) -> int:
        return self.failed_count - len(self.failed)

    @property
    def mail_not_shown(self) -> int:
        return self.mail_count - len(self.mail)


@dataclass(frozen=True)
class SealStanding:
    """``fingerprint`` is empty where nothing was sealed yet; ``problem`` says why the key can't be opened, else is empty."""

    fingerprint: str = ""
    until: datetime | None = None
    problem: str = ""

    @property
    def over(self) -> bool:
        return self.until is not None and self.until < timezone.now()

    @property
    def ends_soon(self) -> bool:
        return self.until is not None and self.until < timezone.now() + SEAL_ENDS_SOON


@dataclass(frozen=True)
class Standing:
    check: AuditCheck | None
    nightly: AuditCheck | None
    service_check: AuditCheck | None
    checkpoints: Checkpoints
    work: Work
    seal: SealStanding

    @property
    def check_late(self) -> bool:
        """Whether a night passed without a check: one on demand doesn't stand in for it, or nobody would see that the scheduler is down."""
        latest = self.nightly or self.check
        return latest is None or latest.at < timezone.now() - CHECKED_WITHIN


def standing_of(organisation: Organisation) -> Standing:
    """Everything the page shows. The second place is asked too, which may be over a network."""
    stream = organisation.stream
    return Standing(
        last_check(stream), last_check(stream, nightly=True), last_check(SYSTEM), _checkpoints(stream), _work(stream),
        seal_standing(organisation),
    )  # fmt: skip


def last_check(stream: str, *, nightly: bool = False) -> AuditCheck | None:
    """What the last check of a stream found, of the night or on demand; None where there was none yet."""
    checks = AuditCheck.objects.filter(stream=stream, **({"by": ""} if nightly else {}))
    return checks.order_by("-at", "-id").first()


def asked_by(check: AuditCheck) -> str:
    """The name of whoever asked for a check, or the reference where the person is gone; nothing for the nightly one."""
    uuid = uuid_in(check.by.removeprefix("person:"))
    return (User.objects.filter(uuid=uuid).values_list("name", flat=True).first() if uuid else None) or check.by


def unsigned_since(stream: str, signed: int) -> datetime | None:
    """The time of the first entry after the first ``signed``; None where there is none."""
    return AuditEvent.objects.filter(stream=stream, index=signed).values_list("at", flat=True).first()


def second_place() -> str:
    """Where checkpoints are kept besides the database, for people."""
    options: dict[str, Any] = settings.STORAGES[places.ALIAS].get("OPTIONS", {})  # type: ignore[attr-defined]
    if "bucket_name" in options:
        return _("The bucket %(name)s, with object lock") % {"name": options["bucket_name"]}
    return _("A folder; it protects only while whoever runs the database can't write there")


def job_restart(*, actor: User, organisation: Organisation, job: Job) -> bool:
    """Give one of the organisation's failed or cancelled jobs another set of attempts, and record it; return whether it still was one.

    Raises PermissionDenied unless the actor is an administrator there, and Job.DoesNotExist for another organisation's job.
    """
    if Role.ADMINISTRATOR not in roles_of(actor, organisation):
        raise PermissionDenied(
            _("Only an administrator of %(organisation)s may start its work again.") % {"organisation": organisation.name}
        )
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk, stream=organisation.stream)
        if job.status not in (Job.Status.FAILED, Job.Status.CANCELLED):
            return False
        queue.retry(job.pk)
        # A job's label may name somebody, so it stands beside the hashed bytes.
        record(
            stream=organisation.stream, action="job.restarted", actor=actor.reference, object_type="job", object_id=str(job.pk),
            changes={"task": job.task}, personal={"actor_name": actor.name, "object_label": job.label},
        )  # fmt: skip
    return True


def _checkpoints(stream: str) -> Checkpoints:
    latest = AuditCheckpoint.objects.filter(stream=stream).order_by("-size").defer("token", "frontier").first()
    size = StreamHead.objects.filter(stream=stream).values_list("size", flat=True).first() or 0
    signed = latest.size if latest else 0
    since = unsigned_since(stream, signed) if signed < size else None
    kept, unreachable = None, ""
    try:
        there = places.listed(stream, above=max(signed - 1, 0))
    except places.PlaceUnavailable as error:
        unreachable = str(error)
    else:
        kept = there[-1].size if there else None
    return Checkpoints(latest, max(size - signed, 0), since, second_place(), kept, unreachable)


def _work(stream: str) -> Work:
    """One query where nothing failed, three at most."""
    jobs = Job.objects.filter(stream=stream)
    is_mail, queued, has_failed = Q(task=mailing.TASK), Q(status=Job.Status.QUEUED), Q(status=Job.Status.FAILED)
    found = jobs.aggregate(
        waiting=Count("pk", filter=queued), oldest=Min("created_at", filter=queued), running=Count("pk", filter=Q(status=Job.Status.RUNNING)),
        failed=Count("pk", filter=has_failed & ~is_mail), mail=Count("pk", filter=has_failed & is_mail),
    )  # fmt: skip
    failed = jobs.filter(has_failed).order_by("-finished_at")
    return Work(
        found["waiting"], found["running"], found["oldest"], list(failed.exclude(is_mail)[:MOST_SHOWN]) if found["failed"] else [],
        found["failed"], list(failed.filter(is_mail)[:MOST_SHOWN]) if found["mail"] else [], found["mail"],
    )  # fmt: skip


def seal_standing(organisation: Organisation) -> SealStanding:
    """How the key stands that the organisation seals with."""
    try:
        fingerprint = known_fingerprint(organisation)
        if fingerprint is None:
            return SealStanding()
        return SealStanding(fingerprint, seal_of(organisation).certificate.not_valid_after_utc)
    except (SealUnreadable, OSError) as error:
        return SealStanding(problem=str(error))
