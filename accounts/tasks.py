from celery import shared_task

from accounts.sessions import SessionStore
from audit.context import request_id
from jobs.work import run


@shared_task(name="accounts.send_mail")
def send_mail(job_id: str) -> bool:
    """Send the mail of a job, once; return whether this call sent it."""
    from accounts.mailing import send

    with request_id(f"job:{job_id}"):
        return run(job_id, send)


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Delete the sessions that are over: nothing else takes out those that nobody signed out of."""
    SessionStore.clear_expired()
