"""Asking for work, and seeing to it that a worker gets it.

A job and its outbox row are written in the transaction that asks for the work, so there is no job without the change
that it belongs to, and the other way round. On commit the job is published; what that misses (a broker that was down,
a process that died in between, a worker that was killed) the relay finds and publishes again.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from jobs import broker, timing
from jobs.models import Job, Outbox

__all__ = ["Job", "cancel", "enqueue", "fail", "relay", "retry"]

log = logging.getLogger(__name__)


def enqueue(*, task: str, key: str, stream: str, args: dict[str, Any], label: str, requested_by: str | None) -> Job:
    """Ask for work in the caller's transaction; it is published when that commits, and not at all if it doesn't.

    ``task``: name of the Celery task; it gets the job's id as its one argument and hands it to ``jobs.work.run``.
    ``key``: what the work is, such as ``report:<snapshot digest>``; the same key gives the same job, whatever became
    of it. ``args``: JSON values, read back as ``progress.args``. ``label``: what people call the work.
    ``requested_by``: a person's reference.

    Raises TransactionManagementError outside a transaction, and ValueError where the key belongs to another task.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            f"the job {key!r} must be asked for in the transaction that needs it; use transaction.atomic()"
        )
    job, created = Job.objects.get_or_create(
        key=key, defaults={"task": task, "stream": stream, "args": args, "label": label[:200], "requested_by": requested_by or ""}
    )
    if job.task != task:
        raise ValueError(f"the key {key!r} belongs to a job of {job.task}; choose another for {task}")
    if created:
        Outbox.objects.create(job=job, due_at=timezone.now() + timing.PUBLISH_GRACE)
        transaction.on_commit(partial(_publish, job.id, job.task))
    return job


def retry(job_id: uuid.UUID | str) -> Job:
    """Give a job that failed or was cancelled a fresh set of attempts, in a transaction; any other is left as it is.
    Raises Job.DoesNotExist.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.status in (Job.Status.FAILED, Job.Status.CANCELLED):
            job.status, job.attempts, job.step, job.steps = Job.Status.QUEUED, 0, 0, 0
            job.message, job.error, job.claim, job.started_at, job.finished_at = "", "", None, None, None
            job.save()
            Outbox.objects.create(job=job, due_at=timezone.now() + timing.PUBLISH_GRACE)
            transaction.on_commit(partial(_publish, job.id, job.task))
        return job


def cancel(job_id: uuid.UUID | str) -> bool:
    """End a job that isn't over, in a transaction, and return whether it was ended.

    A worker that is busy with it notices at its next step, and what it would have written at the end isn't written;
    a message that is still with the broker does nothing. Raises Job.DoesNotExist.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.over:
            return False
        job.status, job.claim, job.message, job.finished_at = Job.Status.CANCELLED, None, "", timezone.now()
        job.save(update_fields=["status", "claim", "message", "finished_at"])
        Outbox.objects.filter(job=job).delete()
        log.info("job %s was cancelled at attempt %s", job.id, job.attempts)
        return True


def relay(limit: int = 100) -> int:
    """Publish what is owed, at most ``limit`` jobs, the longest waiting first; return how many were published.

    Owed are jobs that weren't published, that were and have waited too long for a start, and those whose worker has
    fallen silent. One that only waits its turn, since workers are busy with its like and none that was asked for after
    it has begun, isn't owed, however long that takes. Several relays may run at once: each takes rows that no other
    holds. A broker that is down ends the round.
    """
    owed = _take_owed(limit)
    for position, (job_id, task) in enumerate(owed):
        if not _publish(job_id, task):
            rest = [pk for pk, _ in owed[position:]]
            Outbox.objects.filter(pk__in=rest).update(published_at=None, due_at=timezone.now() + timing.REPUBLISH_AFTER)
            return position
    return len(owed)


def fail(job: Job, error: str) -> None:
    """End a locked job as failed, inside a transaction. ``error``: a sentence for people."""
    job.status, job.error, job.finished_at = Job.Status.FAILED, error, timezone.now()
    job.claim = None
    job.save(update_fields=["status", "error", "finished_at", "claim", "attempts"])
    Outbox.objects.filter(job=job).delete()
    log.error("job %s failed after %s attempts: %s", job.id, job.attempts, error)


def gave_up(job: Job, why: str) -> str:
    """Return the sentence for a job that has used up its attempts."""
    return f"{job.label} was given up after {job.attempts} attempts: {why}. An administrator can start it again."


def _publish(job_id: uuid.UUID, task: str) -> bool:
    """Hand a job to the broker; never raises, since what isn't published now the relay publishes later."""
    now = timezone.now()
    try:
        # Said before it is done: a worker may have the job finished before the next line, and must find the row as it leaves it.
        row = Outbox.objects.filter(pk=job_id)
        attempts = Job.objects.filter(pk=job_id).values_list("attempts", flat=True).first() or 0
        row.update(published_at=now, due_at=now + timing.doubled(timing.UNSTARTED, attempts + 1))
        try:
            broker.send(task, job_id)
        except Exception as error:
            row.filter(published_at=now).update(published_at=None, due_at=timezone.now())
            log.warning("the broker didn't take job %s (%s: %s); the relay will try again", job_id, type(error).__name__, error)
            return False
    except Exception:
        log.exception("job %s couldn't be published; the relay will try again", job_id)
        return False
    return True


def _take_owed(limit: int) -> list[tuple[uuid.UUID, str]]:
    """Decide what is to be published, in one short transaction; the row's next due time keeps other relays off until then."""
    owed = []
    now = timezone.now()
    lines: dict[str, _Line] = {}
    with transaction.atomic():
        # Skipping locked rows also means never waiting for a worker that holds the job and is about to delete its row.
        rows = Outbox.objects.select_for_update(skip_locked=True, of=("self", "job")).select_related("job")
        for row in rows.filter(due_at__lte=now).order_by("due_at")[:limit]:
            job = row.job
            if job.over:
                row.delete()
                continue
            if job.status == Job.Status.RUNNING:
                alive_until = (job.heartbeat_at or now) + timing.STALE_AFTER
                if alive_until > now:
                    row.due_at = alive_until
                    row.save(update_fields=["due_at"])
                    continue
                why = "each worker that began it was lost on the way"
            else:
                why = "no worker began it"
                if row.published_at is not None and _line(lines, job.task, now).still_waits(row.published_at):
                    row.due_at = now + timing.UNSTARTED
                    row.save(update_fields=["due_at"])
                    continue
                job.attempts += row.published_at is not None
            if job.attempts >= timing.patience(job.task).attempts:
                fail(job, gave_up(job, why))
                continue
            if job.status == Job.Status.RUNNING:
                log.warning("the worker of job %s was lost at attempt %s; it is published again", job.id, job.attempts)
                job.message = "The work was interrupted and starts again"
            job.status, job.claim = Job.Status.QUEUED, None
            job.save(update_fields=["status", "claim", "attempts", "message"])
            row.published_at, row.due_at = None, now + timing.PUBLISH_GRACE
            row.save(update_fields=["published_at", "due_at"])
            owed.append((job.id, job.task))
    return owed


@dataclass(frozen=True)
class _Line:
    """Those who wait for the same task. ``moving``: whether a worker has been at one of them lately; ``newest_begun``: when the one was asked
    for that was asked for last of those that were begun."""

    moving: bool
    newest_begun: datetime | None

    def still_waits(self, published_at: datetime) -> bool:
        """Whether a message from then may well be in the line. One that was overtaken is lost, since the broker keeps their order."""
        return self.moving and (self.newest_begun is None or self.newest_begun <= published_at)


def _line(known: dict[str, _Line], task: str, now: datetime) -> _Line:
    if task not in known:
        jobs = Job.objects.filter(task=task)
        seen = jobs.aggregate(beat=Max("heartbeat_at"), begun=Max("created_at", filter=Q(started_at__isnull=False)))
        known[task] = _Line(seen["beat"] is not None and seen["beat"] > now - timing.UNSTARTED, seen["begun"])
    return known[task]
