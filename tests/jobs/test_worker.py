"""With a real broker and a real worker: what is asked for is done once, even when the worker is killed."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.db import connection

from audit.trail import events_of
from config.celery import app
from jobs.models import Job, Outbox
from tests.jobs.conftest import fall_silent
from tests.jobs.worker import PREFIX

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ROOT = Path(__file__).resolve().parents[2]
BROKER = "redis://127.0.0.1:6379/15"


@pytest.fixture
def prefix(monkeypatch):
    """A corner of the broker for this test alone: all its keys begin with the same text, and go afterwards."""
    client = redis.Redis.from_url(BROKER, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Redis answers at {BROKER} ({error}), and under CI it must")
        pytest.skip(f"no Redis answers at {BROKER}")
    prefix = f"countersign-test-{uuid.uuid4()}:"
    monkeypatch.setitem(app.conf, "broker_url", BROKER)
    monkeypatch.setitem(app.conf, "broker_transport_options", {"global_keyprefix": prefix})
    yield prefix
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)


@pytest.fixture
def start_worker(prefix):
    """Start a worker on the test's database and broker; what is still running at the end is killed."""
    workers = []

    def start():
        environment = os.environ | {
            "BROKER_URL": BROKER,
            PREFIX: prefix,
            "DATABASE_URL": database_url(),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        options = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        command = [sys.executable, "-m", "celery", "-A", "tests.jobs.worker", "worker", "-n", f"{uuid.uuid4()}@localhost", *options]
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def database_url():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user = quote(database["USER"]) + (f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else "")
    return f"postgresql://{user}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not (result := what()):
        assert time.monotonic() < end, "it didn't happen"
        time.sleep(0.1)
    return result


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
