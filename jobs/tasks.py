from typing import Any

from celery import shared_task
from django.utils import timezone

from jobs import queue
from jobs.models import Sign


@shared_task(name="jobs.relay", acks_late=False)
def relay() -> int:
    """Publish what is owed; beat asks for it every few seconds."""
    return queue.relay()


@shared_task(name="jobs.sign_of_life", bind=True, ignore_result=True, acks_late=False)
def sign_of_life(self: Any, name: str) -> None:
    """Note that the queue ``name`` is worked on; beat asks each queue for it every minute."""
    Sign.objects.update_or_create(queue=name, defaults={"at": timezone.now(), "worker": str(self.request.hostname or "")[:200]})
