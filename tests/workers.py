"""A real worker on the test's own database and a corner of a real broker, for the tests that need both."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.db import connection

from config.celery import app
from tests.jobs.worker import PREFIX

ROOT = Path(__file__).resolve().parents[1]
BROKER = os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/15")


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
        environment = on_the_tests_database() | {PREFIX: prefix}
        options = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        command = [sys.executable, "-m", "celery", "-A", "tests.jobs.worker", "worker", "-n", f"{uuid.uuid4()}@localhost", *options]
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def on_the_tests_database():
    """The environment of a process that works on the test's database."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"BROKER_URL": BROKER, "DATABASE_URL": database_url(), "PYTHONPATH": path}


def manage(*arguments):
    """Run a management command as a person would, in a process of its own; returns its exit code and all that it said."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=on_the_tests_database(), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


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
