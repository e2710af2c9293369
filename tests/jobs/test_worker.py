"""With a real broker and a real worker: what is asked for is done once, even when the worker is killed."""

import signal

import pytest

from audit.trail import events_of
from config.celery import app
from jobs.models import Job, Outbox
from tests.jobs.conftest import fall_silent
from tests.workers import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def status_of(job):
    job.refresh_from_db()
    return job.status


def test_a_worker_does_what_is_asked_for(ask, start_worker, tmp_path):
    start_worker()
    jobs = [ask(task="tests.jobs.note", args={"path": str(tmp_path / f"lines-{number}")}) for number in range(5)]
    for job in jobs:
        wait_for(lambda job=job: status_of(job) == "done")
    assert [(job.attempts, job.step, job.steps, job.percent) for job in jobs] == [(1, 2, 2, 100)] * 5
    assert sorted(event.object_id for event in events_of("system")) == sorted(str(job.id) for job in jobs)
    assert not Outbox.objects.exists()


def test_a_killed_worker_loses_nothing_and_does_nothing_twice(ask, start_worker, tmp_path):
    lines = tmp_path / "lines"
    first = start_worker()
    job = ask(task="tests.jobs.note", args={"path": str(lines), "hang_at": 1})
    wait_for(lines.exists)
    wait_for(lambda: status_of(job) == "running" and job.step == 1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not events_of("system").exists()

    fall_silent(job)  # what time would do
    start_worker()
    app.send_task("jobs.relay", connection=app.connection_for_write())  # what beat does
    wait_for(lambda: status_of(job) == "done")
    assert job.attempts == 2
    assert lines.read_text() == "1\n2\n"
    assert [event.object_id for event in events_of("system")] == [str(job.id)]


def test_a_job_of_a_task_that_no_worker_knows_stays_queued(ask, start_worker, tmp_path):
    start_worker()
    unknown = ask(task="tests.jobs.misspelt")
    known = ask(task="tests.jobs.note", args={"path": str(tmp_path / "lines")})
    wait_for(lambda: status_of(known) == "done")
    assert status_of(unknown) == "queued"
    assert Job.objects.get(pk=unknown.pk).attempts == 0
