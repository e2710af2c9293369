from celery import shared_task

from jobs import queue


@shared_task(name="jobs.relay", acks_late=False)
def relay() -> int:
    """Publish what is owed; beat asks for it every few seconds."""
    return queue.relay()
