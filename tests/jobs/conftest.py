import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from jobs import broker
from jobs.models import Job, Outbox
from jobs.queue import enqueue


@pytest.fixture
def ask() -> Callable[..., Job]:
    """Ask for a job, in a transaction of its own."""

    def ask(key: str = "", **given: object) -> Job:
        arguments = {
            "task": "tests.jobs.work",
            "key": key or f"job:{uuid.uuid4()}",
            "stream": "system",
            "args": {"n": 1},
            "label": "The report",
            "requested_by": None,
        }
        with transaction.atomic():
            return enqueue(**{**arguments, **given})

    return ask


class FakeBroker:
    """Takes messages, or refuses them while it is down."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, uuid.UUID]] = []
        self.down = False

    def send(self, task: str, job_id: uuid.UUID) -> None:
        if self.down:
            raise ConnectionRefusedError("nobody listens")
        self.sent.append((task, job_id))

    @property
    def ids(self) -> list[uuid.UUID]:
        return [job_id for _, job_id in self.sent]


@pytest.fixture
def fake_broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    fake = FakeBroker()
    monkeypatch.setattr(broker, "send", fake.send)
    return fake


def make_due(job: Job) -> None:
    """Let the outbox row's waiting time be over."""
    Outbox.objects.filter(job=job).update(due_at=timezone.now() - timedelta(seconds=1))


def fall_silent(job: Job) -> None:
    """Let the job's worker have been lost a while ago."""
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    make_due(job)
