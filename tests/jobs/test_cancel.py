"""A job that is cancelled: nothing more happens to it, unless somebody asks for it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Job, Outbox
from jobs.queue import cancel, relay, retry
from jobs.work import Progress, run
from tests.jobs.conftest import FakeBroker, fall_silent

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Job]


def test_a_waiting_job_that_is_cancelled_is_neither_published_nor_done(fake_broker: FakeBroker, ask: Ask) -> None:
    fake_broker.down = True
    job = ask()
    fake_broker.down = False
    assert cancel(job.pk)
    job.refresh_from_db()
    assert (job.status, job.over) == ("cancelled", True)
    assert job.finished_at is not None
    assert relay() == 0
    assert not Outbox.objects.exists()
    assert not run(job.pk, lambda progress: pytest.fail("it was begun"))
    assert not cancel(job.pk)


def test_work_under_way_stops_at_its_next_step_and_writes_nothing(fake_broker: FakeBroker, ask: Ask) -> None:
    job, steps = ask(), []

    def work(progress: Progress) -> None:
        for number in (1, 2, 3):
            progress.step(number, 3, "Working")
            steps.append(number)
            if number == 2:
                cancel(job.pk)

    assert not run(job.pk, work)
    assert steps == [1, 2]
    job.refresh_from_db()
    assert (job.status, job.step, job.message) == ("cancelled", 2, "")


def test_work_that_was_cancelled_at_its_end_leaves_no_effect(fake_broker: FakeBroker, ask: Ask) -> None:
    job = ask()

    def work(progress: Progress) -> Callable[[], None]:
        cancel(job.pk)
        return lambda: pytest.fail("its effect was written")

    assert not run(job.pk, work)
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_late_fault_of_cancelled_work_changes_nothing(fake_broker: FakeBroker, ask: Ask) -> None:
    job = ask()

    def work(progress: Progress) -> None:
        cancel(job.pk)
        raise OSError(28, "No space left on device")

    assert not run(job.pk, work)
    fall_silent(job)
    assert relay() == 0
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_cancelled_job_can_be_asked_for_again(fake_broker: FakeBroker, ask: Ask) -> None:
    job = ask()
    cancel(job.pk)
    assert retry(job.pk).status == "queued"
    assert fake_broker.ids == [job.pk, job.pk]
    assert run(job.pk, lambda progress: None)


def test_what_is_done_is_not_cancelled(fake_broker: FakeBroker, ask: Ask) -> None:
    job = ask()
    assert run(job.pk, lambda progress: None)
    assert not cancel(job.pk)
    job.refresh_from_db()
    assert job.status == "done"
