from celery import shared_task

from audit.context import request_id
from jobs.work import run


@shared_task(name="reports.make_sign_off")
def make_sign_off(job_id: str) -> bool:
    """Make the sign-off report of the job's decision record, once; return whether this call made it."""
    from reports.making import sign_off  # the layout engine is loaded by workers alone

    with request_id(f"job:{job_id}"):
        return run(job_id, sign_off)
