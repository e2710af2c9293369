"""Doing a job, inside a Celery task.

For example::

    @shared_task(name="reports.render")
    def render(job_id: str) -> None:
        def work(progress: Progress) -> Callable[[], None]:
            progress.step(1, 2, "Laying out the pages")
            pdf = lay_out(progress.args["record"])
            progress.step(2, 2, "Storing the report")
            return lambda: store(pdf)

        run(job_id, work)

The layout is slow and no transaction is open meanwhile; what ``store`` writes and the end of the job are one transaction.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import current_app
from celery.exceptions import Reject, SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from jobs import timing
from jobs.models import Job, Outbox
from jobs.queue import fail, gave_up

log = logging.getLogger(__name__)


class WorkRefused(Exception):
    """Raised by work that can't succeed; its text is shown to people as the job's error."""


class TryLater(Exception):
    """Raised by work that met a fault that may pass; its text, a clause such as "the mail server is busy", is shown to people."""


class Superseded(Exception):
    """This start of the job isn't the valid one any more: it was taken for lost and another has begun, or the job was cancelled."""


# What may pass by itself. TimeoutError and ConnectionError are OSErrors too.
TRANSIENT = (OperationalError, InterfaceError, OSError, TryLater)


@dataclass(frozen=True)
class Progress:
    """What the work sees of its job."""

    job_id: uuid.UUID
    task: str
    label: str
    args: dict[str, Any]
    attempt: int
    claim: uuid.UUID

    def step(self, number: int, total: int, text: str) -> None:
        """Tell people how far the work is: step ``number`` (from 1) of ``total``, and what is being done in it; visible at once.

        Raises ValueError where number is outside 0 to total, and Superseded where another worker has taken over or the
        job was cancelled: let it pass.
        """
        if not 0 <= number <= total:
            raise ValueError(f"step {number} of {total} can't be: number the steps from 1 to their total")
        self._update(step=number, steps=total, message=text[:300])

    def beat(self) -> None:
        """Tell that the work is alive; a thread does that by itself every few seconds. Raises Superseded."""
        self._update()

    def _update(self, **fields: Any) -> None:
        mine = Job.objects.filter(pk=self.job_id, claim=self.claim, status=Job.Status.RUNNING)
        if not mine.update(heartbeat_at=timezone.now(), **fields):
            raise Superseded(f"job {self.job_id} was taken over by another worker, or cancelled")


def run(job_id: uuid.UUID | str, work: Callable[[Progress], Any]) -> bool:
    """Do a job's work, if it is to be done; return whether this call finished it.

    ``work`` does the slow part outside of any transaction, and returns a callable (or anything else, which is
    ignored). The callable is run in the transaction that marks the job as done: its database effects happen exactly
    once, however often the job is delivered. What ``work`` itself writes may happen more than once.

    A job that is over, or that another worker is busy with, is left alone. A fault that may pass (of the database,
    the network, the file system, or ``TryLater``) queues the job again, later each time; ``WorkRefused`` fails it with
    its own text, more time or memory than the task may take with a sentence about that, anything else with a general
    sentence and the traceback in the log. After five attempts, or as many as ``timing.PATIENCE`` gives the task, it
    fails. Raises Job.DoesNotExist, and Reject, by which Celery hands the message back to the broker, where the database
    stays away before the job could begin.
    """
    progress = _begin(uuid.UUID(str(job_id)))
    if progress is None:
        return False
    try:
        with _heart(progress):
            finish = work(progress)
        _finish(progress, finish)
    except Superseded as superseded:
        log.warning("%s", superseded)
    except WorkRefused as refused:
        _end_attempt(progress, error=str(refused))
    except TRANSIENT as fault:
        log.warning("job %s: attempt %s met a fault that may pass", progress.job_id, progress.attempt, exc_info=fault)
        _end_attempt(progress, fault=fault)
    except (SoftTimeLimitExceeded, MemoryError) as beyond:
        log.error("job %s took more than it may", progress.job_id, exc_info=beyond)
        _end_attempt(progress, error=_beyond(progress, beyond))
    except Exception:
        log.exception("job %s failed", progress.job_id)
        _end_attempt(progress)
    else:
        return True
    return False


def _begin(job_id: uuid.UUID) -> Progress | None:
    """Claim the job once the database answers. A message that is let go while it is away counts, minutes later, as one that no worker began,
    and the workers would be through with all that wait within a moment."""
    end = time.monotonic() + timing.DATABASE_AWAY.total_seconds()
    while True:
        try:
            return _claim(job_id)
        except (OperationalError, InterfaceError) as fault:
            if connection.in_atomic_block:
                raise
            if time.monotonic() > end:
                raise Reject(f"the database is away ({fault})", requeue=True) from fault
            log.warning("job %s waits for the database (%s)", job_id, fault)
            connection.close()
            time.sleep(timing.LOOK_AGAIN.total_seconds())


def _claim(job_id: uuid.UUID) -> Progress | None:
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        now = timezone.now()
        if job.over:
            log.info("job %s is %s already", job_id, job.status)
            return None
        if job.status == Job.Status.RUNNING and job.heartbeat_at and job.heartbeat_at + timing.STALE_AFTER > now:
            log.info("job %s is with another worker", job_id)
            return None
        if job.attempts >= timing.patience(job.task).attempts:
            fail(job, gave_up(job, "each worker that began it was lost on the way"))
            return None
        job.status, job.claim = Job.Status.RUNNING, uuid.uuid4()
        job.attempts += 1
        job.step, job.steps, job.message = 0, 0, ""
        job.started_at = job.heartbeat_at = now
        job.save()
        Outbox.objects.filter(job=job).update(due_at=now + timing.STALE_AFTER)
    return Progress(job.id, job.task, job.label, job.args, job.attempts, job.claim)


def _finish(progress: Progress, finish: Any) -> None:
    with transaction.atomic():
        job = _locked(progress)
        job.status, job.finished_at, job.claim = Job.Status.DONE, timezone.now(), None
        job.step = job.steps
        job.message = ""
        job.save(update_fields=["status", "finished_at", "claim", "step", "message"])
        Outbox.objects.filter(job=job).delete()
        if callable(finish):
            finish()  # last, so that a lock on the audit trail is held as briefly as can be


def _end_attempt(progress: Progress, *, error: str = "", fault: BaseException | None = None) -> None:
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()  # the fault may have been this connection's end
    try:
        with transaction.atomic():
            job = _locked(progress)
            if fault is None:
                fail(
                    job,
                    error or f"{job.label} failed because of an unexpected error. The log has the details under job {job.id}.",
                )
            elif job.attempts >= timing.patience(job.task).attempts:
                fail(job, gave_up(job, _in_words(fault)))
            else:
                job.status, job.claim = Job.Status.QUEUED, None
                job.message = f"It will be tried again: {_in_words(fault)}"[:300]
                job.save(update_fields=["status", "claim", "message"])
                due = timezone.now() + timing.doubled(timing.patience(job.task).retry_after, job.attempts)
                Outbox.objects.filter(job=job).update(published_at=None, due_at=due)
    except Superseded as superseded:
        log.warning("%s", superseded)
    except TRANSIENT:
        # The database itself is away: the job stays as running, falls silent, and the relay takes it up.
        log.exception("the end of attempt %s of job %s couldn't be written", progress.attempt, progress.job_id)


def _in_words(fault: BaseException) -> str:
    if isinstance(fault, TryLater):
        return str(fault)
    # Not an OSError's own text, which names paths.
    what = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else type(fault).__name__
    return f"the last attempt met a fault of the system ({what})"


def _beyond(progress: Progress, fault: BaseException) -> str:
    """Return the sentence for work that was stopped at one of its task's limits."""
    if isinstance(fault, MemoryError):
        return f"{progress.label} needed more memory than it may have, and was stopped. An administrator can start it again."
    task = current_app.tasks.get(progress.task)
    seconds = getattr(task, "soft_time_limit", None) or current_app.conf.task_soft_time_limit
    return f"{progress.label} took longer than {_duration(seconds)}, and was stopped. An administrator can start it again."


def _duration(seconds: float | None) -> str:
    if not seconds:
        return "it may"
    if seconds < 120:
        return f"{seconds:.0f} second{'' if seconds == 1 else 's'}"
    return f"{seconds / 60:.0f} minutes"


def _locked(progress: Progress) -> Job:
    job = Job.objects.select_for_update().get(pk=progress.job_id)
    if job.claim != progress.claim or job.status != Job.Status.RUNNING:
        raise Superseded(f"job {progress.job_id} was taken over by another worker, or cancelled")
    return job


@contextmanager
def _heart(progress: Progress) -> Iterator[None]:
    """Beat from a thread while the work runs, so that one long step isn't taken for a lost worker."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(timing.HEARTBEAT_EVERY.total_seconds()):
                try:
                    progress.beat()
                except Superseded:
                    return
                except TRANSIENT as fault:
                    log.warning("job %s: a heartbeat couldn't be written (%s)", progress.job_id, fault)
                    connection.close()
        finally:
            connection.close()  # this thread's own

    thread = threading.Thread(target=beat, name=f"heart-of-{progress.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
