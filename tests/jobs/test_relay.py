"""What the relay publishes, what it leaves, and when it gives up."""

import logging
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from jobs import timing
from jobs.models import Job, Outbox
from jobs.queue import relay
from jobs.tasks import relay as relay_task
from jobs.work import run
from tests.jobs.conftest import fall_silent, make_due

pytestmark = pytest.mark.django_db(transaction=True)


def begin(job):
    """A worker begins the job and is killed."""

    def work(progress):
        raise SystemExit

    with pytest.raises(SystemExit):
        run(job.id, work)


def test_what_was_published_and_waits_is_left_for_a_while(fake_broker, ask):
    ask()
    assert relay() == 0
    assert len(fake_broker.sent) == 1


def test_what_the_process_never_published_is_published(fake_broker, ask):
    job = ask()
    fake_broker.sent.clear()
    Outbox.objects.update(published_at=None)  # it died between the commit and the publishing
    make_due(job)
    assert relay_task() == 1
    assert fake_broker.ids == [job.id]
    assert Job.objects.get().attempts == 0


def test_a_job_that_no_worker_begins_is_published_again_and_at_last_fails(fake_broker, ask, caplog):
    job = ask(label="The report of Chatbot")
    for published in range(2, 6):
        make_due(job)
        assert relay() == 1
        assert len(fake_broker.sent) == published
    waits = Outbox.objects.get().due_at - Outbox.objects.get().published_at
    assert waits.total_seconds() == 960  # twice as long each time: 60, 120, 240, 480, 960
    make_due(job)
    with caplog.at_level(logging.ERROR):
        assert relay() == 0
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 5)
    assert job.error == ("The report of Chatbot was given up after 5 attempts: no worker began it. An administrator can start it again.")
    assert str(job.id) in caplog.text
    assert not Outbox.objects.exists()
    assert len(fake_broker.sent) == 5


def work_through(*jobs):
    for job in jobs:
        assert run(job.id, lambda progress: None)


def test_a_job_that_waits_its_turn_behind_many_is_neither_published_again_nor_given_up(fake_broker, ask):
    first, _, last = ask(), ask(), ask()
    for _ in range(20):
        Job.objects.filter(pk=first.pk).update(status="running", heartbeat_at=timezone.now())  # a worker is busy all the while
        make_due(last)
        assert relay() == 0
    last.refresh_from_db()
    assert (last.status, last.attempts) == ("queued", 0)
    assert len(fake_broker.sent) == 3


def test_a_job_that_a_later_one_has_overtaken_is_published_again(fake_broker, ask):
    lost = ask()
    later = ask()
    work_through(later)
    make_due(lost)
    assert relay() == 1
    assert fake_broker.ids == [lost.id, later.id, lost.id]
    lost.refresh_from_db()
    assert lost.attempts == 1


def test_a_job_is_published_again_when_nobody_has_worked_in_its_line_for_a_while(fake_broker, ask):
    earlier, lost = ask(), ask()
    work_through(earlier)
    make_due(lost)
    assert relay() == 0
    Job.objects.filter(pk=earlier.pk).update(heartbeat_at=timezone.now() - timing.UNSTARTED)
    make_due(lost)
    assert relay() == 1


def test_work_in_another_line_says_nothing_of_this_one(fake_broker, ask):
    lost = ask()
    work_through(ask(task="tests.jobs.other"))
    make_due(lost)
    assert relay() == 1


def test_a_job_whose_worker_was_killed_is_published_again(fake_broker, ask):
    job = ask()
    begin(job)
    make_due(job)
    assert relay() == 0  # its last heartbeat is fresh: it may be alive
    fall_silent(job)
    assert relay() == 1
    job.refresh_from_db()
    assert (job.status, job.attempts, job.message) == ("queued", 1, "The work was interrupted and starts again")
    assert run(job.id, lambda progress: None)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)


def test_a_job_that_kills_each_worker_is_given_up(fake_broker, ask):
    job = ask()
    for _ in range(4):
        begin(job)
        fall_silent(job)
        assert relay() == 1
    begin(job)
    fall_silent(job)
    assert relay() == 0
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 5)
    assert "each worker that began it was lost on the way" in job.error
    assert not run(job.id, begin)


def test_a_job_that_kills_each_worker_is_given_up_by_redeliveries_too(fake_broker, ask):
    job = ask()
    for _ in range(5):
        begin(job)
        fall_silent(job)
    assert not run(job.id, begin)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 5)


def test_a_broker_that_is_down_costs_no_attempts(fake_broker, ask):
    fake_broker.down = True
    jobs = [ask() for _ in range(3)]
    for _ in range(10):
        for job in jobs:
            make_due(job)
        assert relay() == 0
    assert {(job.status, job.attempts) for job in Job.objects.all()} == {("queued", 0)}
    fake_broker.down = False
    for job in jobs:
        make_due(job)
    assert relay(limit=2) == 2
    assert relay() == 1
    assert sorted(fake_broker.ids) == sorted(job.id for job in jobs)


def test_a_row_that_outlived_its_job_goes(fake_broker, ask):
    job = ask()
    assert run(job.id, lambda progress: None)
    Outbox.objects.create(job=job, due_at=job.created_at)
    assert relay() == 0
    assert not Outbox.objects.exists()


@pytest.mark.databases
def test_relays_at_the_same_time_publish_each_job_once(fake_broker, ask):
    fake_broker.down = True
    jobs = [ask() for _ in range(20)]
    fake_broker.down = False
    barrier, counts = Barrier(4), []

    def work():
        try:
            barrier.wait(timeout=30)
            counts.append(relay(limit=20))
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert sorted(fake_broker.ids) == sorted(job.id for job in jobs)


def test_the_command_says_what_it_did(fake_broker, ask, capsys):
    fake_broker.down = True
    ask()
    with pytest.raises(CommandError, match="The broker took nothing: is it up"):
        call_command("relay_outbox")
    make_due(Job.objects.get())
    fake_broker.down = False
    call_command("relay_outbox")
    call_command("relay_outbox")
    assert capsys.readouterr().out.splitlines() == [
        "published: 0; jobs that are not over: 1",
        "published: 1; jobs that are not over: 1",
        "published: 0; jobs that are not over: 1",
    ]
