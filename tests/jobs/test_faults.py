"""Real processes that are killed or go beyond their limits: a worker with its pool, a relay, and a broker of the tests' own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections

from audit.trail import events_of
from config.celery import app
from jobs import broker
from jobs.models import Job, Outbox
from jobs.queue import relay
from tests.chaos import parts
from tests.chaos.parts import HOST, Part
from tests.jobs.conftest import fall_silent, make_due
from tests.workers import ROOT, database_url, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Job]


@dataclass
class House:
    """A broker and a worker with two pool processes; both outlive a test, so that they are started once."""

    broker: Part
    worker: Part
    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("faults"), parts.free_port()
    url = f"redis://{HOST}:{port}/0"
    environment = os.environ | {"BROKER_URL": url, "DATABASE_URL": database_url(), "TASK_MEMORY_MIB": "1024", "LOG_LEVEL": "INFO"}
    command = [sys.executable, "-m", "celery", "-A", "tests.jobs.worker", "worker", "-c", "2", "-l", "INFO", "-n", "worker@faults"]
    worker = Part(
        "worker", [*command, "--without-gossip", "--without-mingle"], environment, folder / "worker.log",
        lambda part: part.said("worker@faults ready."),
    )  # fmt: skip
    house = House(parts.broker(folder, port), worker, url, dict(environment))
    for part in (house.broker, house.worker):
        part.start()
        part.wait()
    yield house
    for part in (house.worker, house.broker):
        if part.ended() is None:
            part.kill()


@pytest.fixture
def house(processes: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setitem(app.conf, "broker_url", processes.url)
    said = processes.worker.log.stat().st_size
    yield processes
    # Shown where the test failed.
    sys.stdout.write(f"The worker (exit code {processes.worker.ended()}) said:\n{processes.worker.log.read_bytes()[said:].decode()}\n")


def became(job: Job, *statuses: str) -> Callable[[], bool]:
    def look() -> bool:
        job.refresh_from_db()
        return job.status in statuses

    return look


def note(ask: Ask, path: Path, **more: object) -> Job:
    return ask(task="tests.jobs.note", args={"path": str(path), **more})


def test_a_task_that_takes_too_long_or_too_much_fails_in_words_and_the_next_is_done(house: House, ask: Ask, tmp_path: Path) -> None:
    long = ask(task="tests.jobs.limited", label="The long one", args={"mib": 0, "seconds": 300})
    large = ask(task="tests.jobs.limited", label="The large one", args={"mib": 4000, "seconds": 0})
    after = note(ask, tmp_path / "lines")
    for job in (long, large):
        wait_for(became(job, "failed"))
    wait_for(became(after, "done"))
    assert (long.status, long.error) == (
        "failed",
        "The long one took longer than 1 second, and was stopped. An administrator can start it again.",
    )
    assert (large.status, large.error) == (
        "failed",
        "The large one needed more memory than it may have, and was stopped. An administrator can start it again.",
    )


def test_pool_processes_that_are_killed_lose_nothing_and_do_nothing_twice(house: House, ask: Ask, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    job = note(ask, lines, hang_at=1)
    wait_for(became(job, "running"))
    wait_for(lines.exists)
    pool = parts.descendants(house.worker.process.pid)
    for pid in pool:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: set(parts.descendants(house.worker.process.pid)) - set(pool))
    fall_silent(job)  # what time would do
    relay()
    wait_for(became(job, "done"))
    assert lines.read_text() == "1\n2\n"
    assert [event.object_id for event in events_of("system")] == [str(job.id)]


def test_a_worker_outlives_its_broker_and_what_was_asked_for_meanwhile_is_done(house: House, ask: Ask, tmp_path: Path) -> None:
    busy = note(ask, tmp_path / "busy", seconds=2)
    wait_for(became(busy, "running"))
    house.broker.kill()
    meanwhile = note(ask, tmp_path / "meanwhile")
    assert Outbox.objects.get(job=meanwhile).published_at is None
    assert relay() == 0
    wait_for(became(busy, "done"))
    house.broker.start()
    house.broker.wait()
    make_due(meanwhile)
    assert relay() == 1
    wait_for(became(meanwhile, "done"))
    assert house.worker.ended() is None
    assert [(job.attempts, job.error) for job in (busy, meanwhile)] == [(1, ""), (1, "")]


def test_a_worker_outlives_its_broker_while_a_pool_process_is_ending(house: House, ask: Ask, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    job = note(ask, lines, end_at=1)
    wait_for(lines.exists)
    time.sleep(0.5)  # until the worker has seen that the process has closed everything, though it isn't gone yet
    house.broker.kill()
    house.broker.start()
    house.broker.wait()
    fall_silent(job)
    wait_for(relay)
    wait_for(lambda: became(job, "done")() or house.worker.ended() is not None)
    assert house.worker.ended() is None
    assert lines.read_text() == "1\n2\n"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file of SQLite's is never away")
def test_a_worker_that_cannot_reach_the_database_keeps_the_message_until_it_can(house: House, ask: Ask, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as no_broker:
        no_broker.setitem(app.conf, "broker_url", f"redis://{HOST}:1/0")
        job = note(ask, tmp_path / "lines")
    name, beside = connection.settings_dict["NAME"], re.sub("/[^/]*$", "/postgres", database_url())
    connections.close_all()
    with psycopg.connect(beside, autocommit=True) as postgres:
        try:
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            broker.send(job.task, job.pk)
            wait_for(lambda: house.worker.said(f"job {job.pk} waits for the database"))
        finally:
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    wait_for(became(job, "done"))
    assert (job.attempts, job.error) == (1, "")


def test_what_a_relay_had_in_hand_when_it_was_killed_the_next_one_publishes(house: House, ask: Ask, tmp_path: Path) -> None:
    with socket.socket() as silent:  # a broker that takes the connection and says nothing
        silent.bind((HOST, 0))
        silent.listen()
        app.conf.broker_url = f"redis://{HOST}:1/0"
        jobs = [note(ask, tmp_path / f"lines-{number}") for number in range(3)]
        environment = house.environment | {"BROKER_URL": f"redis://{HOST}:{silent.getsockname()[1]}/0"}
        for job in jobs:
            make_due(job)
        killed = subprocess.Popen([sys.executable, "manage.py", "relay_outbox"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        silent.settimeout(60)
        connection, _ = silent.accept()
        time.sleep(0.2)
        killed.kill()
        killed.wait()
        connection.close()
    app.conf.broker_url = house.url
    assert {job.attempts for job in Job.objects.all()} == {0}
    for job in jobs:
        make_due(job)
    relay()
    for job in jobs:
        wait_for(became(job, "done"))
    assert [len((tmp_path / f"lines-{number}").read_text().splitlines()) for number in range(3)] == [1, 1, 1]
    connections.close_all()
