from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_noop

from audit.context import request_id
from jobs.work import Progress, run


@shared_task(name="reports.make_sign_off")
def make_sign_off(job_id: str) -> bool:
    """Make the sign-off report of the job's decision record, once; return whether this call made it."""
    return _make(job_id)


@shared_task(name="reports.make_report")
def make_report(job_id: str) -> bool:
    """Make what somebody asked for: an executive summary, a draft, or a later edition; once; return whether this call made it."""
    return _make(job_id)


def _make(job_id: str) -> bool:
    from reports.making import make  # the layout engine is loaded by workers alone

    with request_id(f"job:{job_id}"):
        return run(job_id, make)


@shared_task(name="reports.publish_checkpoint")
def publish_checkpoint(job_id: str) -> bool:
    """Sign where the job's stream stands (``args``: ``{"stream": …}``) and keep it in the second place, once; return whether this call did.

    A second place that can't be reached is tried again as any fault of the network; a stream that was cut or changed fails the job, which
    the administrator's page shows.
    """
    from audit import checkpoints
    from audit.places import PlaceUnavailable
    from jobs.work import WorkRefused

    def work(progress: Progress) -> None:
        progress.step(1, 1, gettext_noop("Signing where the trail stands"))
        try:
            checkpoints.publish(progress.args["stream"])
        except PlaceUnavailable as error:
            raise ConnectionError(str(error)) from error
        except checkpoints.Inconsistent as error:
            raise WorkRefused(f"No checkpoint was signed, since the trail isn't what was signed before: {error}.") from error

    with request_id(f"job:{job_id}"):
        return run(job_id, work)


@shared_task(name="reports.publish_checkpoints", acks_late=False)
def publish_checkpoints() -> int:
    """Sign every stream that has grown; beat asks for it hourly. Returns how many were signed; the log tells of those that couldn't be."""
    from audit import checkpoints

    return len(checkpoints.publish_all())


@shared_task(name="reports.watch_trail", acks_late=False)
def watch_trail() -> int:
    """Verify every stream, and ask for a mail to the administrators of each organisation whose trail isn't sound; beat asks for it nightly.

    Returns how many aren't.
    """
    from reports.alarm import watch

    return len(watch())
