"""Doing a job: exactly once, visibly, and failing in words."""

import errno
import logging
import uuid
from datetime import timedelta
from threading import Barrier, Event, Thread
from unittest import mock

import pytest
from celery.exceptions import Reject, SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from config.celery import app
from jobs import timing
from jobs.models import Job, Outbox
from jobs.queue import enqueue, relay
from jobs.work import TryLater, WorkRefused, run
from tests.jobs.conftest import fall_silent, make_due

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake_broker")]


def leave_mark(name="effect"):
    """A database effect that shows how often it happened."""
    Job.objects.create(task="effect", key=f"{name}:{uuid.uuid4()}", stream="system", label=name)


def marks(name="effect"):
    return Job.objects.filter(task="effect", label=name).count()


def test_the_work_sees_its_arguments_and_its_effects_come_with_the_end(ask):
    job = ask(args={"record": "r-1"})
    seen = []

    def work(progress):
        seen.append((progress.args, progress.attempt, connection.in_atomic_block))

        def finish():
            seen.append(connection.in_atomic_block)
            leave_mark()

        return finish

    assert run(str(job.id), work)
    assert seen == [({"record": "r-1"}, 1, False), True]
    job.refresh_from_db()
    assert (job.status, job.attempts, job.percent, job.claim) == ("done", 1, 100, None)
    assert job.started_at <= job.finished_at
    assert marks() == 1
    assert not Outbox.objects.exists()


def test_a_job_that_is_done_is_not_done_again(ask):
    job = ask()
    assert run(job.id, lambda progress: leave_mark)
    assert not run(job.id, lambda progress: leave_mark)
    assert marks() == 1


def test_a_job_that_nobody_asked_for_is_an_error():
    with pytest.raises(Job.DoesNotExist):
        run(uuid.uuid4(), lambda progress: None)


def test_progress_is_visible_while_the_work_runs(ask):
    job = ask()
    states = []

    def look():
        try:
            states.append(Job.objects.get(pk=job.id).as_dict())
        finally:
            connection.close()

    def work(progress):
        for number in (1, 2, 3):
            progress.step(number, 4, f"Page {number}")
            elsewhere = Thread(target=look)
            elsewhere.start()
            elsewhere.join()
        progress.step(4, 4, "x" * 500)

    assert run(job.id, work)
    assert [(state["status"], state["step"], state["steps"], state["percent"], state["message"]) for state in states] == [
        ("running", 1, 4, 25, "Page 1"),
        ("running", 2, 4, 50, "Page 2"),
        ("running", 3, 4, 75, "Page 3"),
    ]


def test_a_step_beyond_the_last_fails_the_job(ask):
    job = ask()
    assert not run(job.id, lambda progress: progress.step(3, 2, "x"))
    assert Job.objects.get(pk=job.id).status == "failed"


def test_an_unexpected_error_fails_the_job_in_words_and_its_traceback_is_logged(ask, caplog):
    job = ask(label="The report")

    def work(progress):
        raise KeyError("secret detail")

    with caplog.at_level(logging.ERROR):
        assert not run(job.id, work)
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.error == f"The report failed because of an unexpected error. The log has the details under job {job.id}."
    assert any(record.exc_info and record.exc_info[0] is KeyError for record in caplog.records)
    assert not Outbox.objects.exists()


def test_work_can_refuse_with_its_own_words(ask):
    job = ask()

    def work(progress):
        raise WorkRefused("The record is empty: sign it first.")

    assert not run(job.id, work)
    assert Job.objects.get(pk=job.id).error == "The record is empty: sign it first."


def test_an_error_at_the_end_takes_its_effects_back(ask):
    job = ask()

    def finish():
        leave_mark()
        raise ValueError

    assert not run(job.id, lambda progress: finish)
    assert marks() == 0
    assert Job.objects.get(pk=job.id).status == "failed"


@pytest.mark.parametrize("fault", [OperationalError("gone"), ConnectionResetError(), OSError(28, "No space left on device")])
def test_a_fault_that_may_pass_is_tried_again_later_each_time(ask, fault):
    job = ask()

    def finish():
        leave_mark()
        raise fault

    waits = []
    for attempt in (1, 2, 3, 4):
        assert not run(job.id, lambda progress: finish)
        job.refresh_from_db()
        assert (job.status, job.attempts) == ("queued", attempt)
        waits.append(round((Outbox.objects.get(job=job).due_at - timezone.now()).total_seconds()))
        make_due(job)
        assert relay() == 1
    assert waits == [5, 10, 20, 40]
    assert marks() == 0
    assert not run(job.id, lambda progress: finish)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 5)
    assert "was given up after 5 attempts" in job.error


def test_what_takes_longer_than_its_task_may_fails_at_once_and_says_so(ask):
    app.loader.import_default_modules()  # as a worker does when it starts: the task knows its limit
    job = ask(task="reports.make_sign_off", label="The report of Chatbot")

    def work(progress):
        raise SoftTimeLimitExceeded

    assert not run(job.id, work)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 1)
    assert job.error == "The report of Chatbot took longer than 4 minutes, and was stopped. An administrator can start it again."


def test_what_needs_more_memory_than_its_task_may_have_fails_at_once_and_says_so(ask):
    job = ask(label="The report of Chatbot")

    def work(progress):
        raise MemoryError

    assert not run(job.id, work)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 1)
    assert job.error == "The report of Chatbot needed more memory than it may have, and was stopped. An administrator can start it again."


def test_a_full_disk_is_called_that(ask):
    job = ask()

    def work(progress):
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/files/secret-name.pdf")

    assert not run(job.id, work)
    job.refresh_from_db()
    assert job.message == "It will be tried again: the last attempt met a fault of the system (No space left on device)"


def test_some_tasks_have_more_patience_and_say_what_they_wait_for(ask, monkeypatch):
    monkeypatch.setitem(timing.PATIENCE, "tests.jobs.patient", timing.Patience(attempts=7, retry_after=timedelta(minutes=1)))
    job = ask(task="tests.jobs.patient", label="The letter")

    def work(progress):
        raise TryLater("the post office is shut")

    waits = []
    for _ in range(6):
        assert not run(job.id, work)
        waits.append(round((Outbox.objects.get(job=job).due_at - timezone.now()).total_seconds() / 60))
        job.refresh_from_db()
        assert (job.status, job.message) == ("queued", "It will be tried again: the post office is shut")
        make_due(job)
        assert relay() == 1
    assert waits == [1, 2, 4, 8, 16, 32]
    assert not run(job.id, work)
    job.refresh_from_db()
    assert job.error == "The letter was given up after 7 attempts: the post office is shut. An administrator can start it again."


def test_a_fault_that_passed_leaves_the_effects_once(ask):
    job = ask()

    def work(progress):
        def finish():
            leave_mark()
            if progress.attempt == 1:
                raise OperationalError("deadlock detected")

        return finish

    assert not run(job.id, work)
    assert run(job.id, work)
    assert marks() == 1


def test_where_the_database_stays_away_the_message_goes_back_to_the_broker(ask, monkeypatch):
    job = ask()
    monkeypatch.setattr(timing, "LOOK_AGAIN", timedelta(milliseconds=1))
    monkeypatch.setattr(timing, "DATABASE_AWAY", timedelta(milliseconds=20))
    with monkeypatch.context() as away:
        away.setattr(connection, "ensure_connection", mock.Mock(side_effect=OperationalError("the database system is starting up")))
        connection.close()
        with pytest.raises(Reject) as back:
            run(job.id, lambda progress: None)
    assert back.value.requeue
    assert run(job.id, lambda progress: None)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 1)


@pytest.mark.databases
def test_of_workers_that_get_the_same_job_at_once_one_does_it(ask):
    jobs = [ask() for _ in range(10)]
    barrier, outcomes, begun = Barrier(4), [], []

    def worker():
        try:
            for job in jobs:
                barrier.wait(timeout=30)
                outcomes.append(run(job.id, work))
        finally:
            connection.close()

    def work(progress):
        begun.append(progress.job_id)
        return leave_mark

    threads = [Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun == [job.id for job in jobs]
    assert (outcomes.count(True), outcomes.count(False)) == (10, 30)
    assert marks() == 10
    assert set(Job.objects.filter(task="tests.jobs.work").values_list("status", "attempts")) == {("done", 1)}


def test_a_second_delivery_leaves_a_job_that_is_being_done(ask):
    job = ask()
    inner = []

    def work(progress):
        inner.append(run(job.id, lambda progress: leave_mark))
        return leave_mark

    assert run(job.id, work)
    assert inner == [False]
    assert marks() == 1


def test_a_worker_that_was_taken_for_lost_cannot_finish(ask, caplog):
    job = ask()

    def work(progress):
        fall_silent(job)  # the machine slept; another worker takes the job up
        assert run(job.id, lambda progress: lambda: leave_mark("second"))
        return lambda: leave_mark("first")

    with caplog.at_level(logging.WARNING):
        assert not run(job.id, work)
    assert (marks("first"), marks("second")) == (0, 1)
    assert Job.objects.get(pk=job.id).status == "done"
    assert "was taken over by another worker" in caplog.text


@pytest.mark.parametrize("last_words", ["a step", "the end", "a failure", "a fault"])
def test_a_worker_that_was_taken_for_lost_leaves_the_next_ones_running_job_alone(ask, last_words):
    job = ask()

    def next_one(progress):
        raise SystemExit  # it goes on for all the database knows

    def work(progress):
        fall_silent(job)
        with pytest.raises(SystemExit):
            run(job.id, next_one)
        if last_words == "a step":
            progress.step(1, 1, "Mine")
        elif last_words == "a failure":
            raise ValueError
        elif last_words == "a fault":
            raise ConnectionResetError
        return leave_mark

    assert not run(job.id, work)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.message, job.error) == ("running", 2, "", "")
    assert marks() == 0


def test_a_worker_that_was_taken_for_lost_stops_at_its_next_step(ask):
    job = ask()
    reached = []

    def work(progress):
        fall_silent(job)
        assert relay() == 1
        progress.step(1, 2, "goes on")
        reached.append("further")

    assert not run(job.id, work)
    assert reached == []
    assert Job.objects.get(pk=job.id).status == "queued"


def test_a_long_step_is_not_taken_for_a_lost_worker(ask, monkeypatch):
    monkeypatch.setattr(timing, "HEARTBEAT_EVERY", timing.HEARTBEAT_EVERY / 100)
    job = ask()
    seen = Event()

    def work(progress):
        fall_silent(job)
        before = Job.objects.get(pk=job.id).heartbeat_at
        for _ in range(200):
            if Job.objects.get(pk=job.id).heartbeat_at > before:
                seen.set()
                break
            seen.wait(0.05)
        make_due(job)
        assert relay() == 0

    assert run(job.id, work)
    assert seen.is_set()


def test_work_can_ask_for_more_work_at_its_end(ask, fake_broker):
    job = ask()

    def finish():
        enqueue(task="tests.jobs.more", key="more", stream="system", args={}, label="More", requested_by=None)

    assert run(job.id, lambda progress: finish)
    more = Job.objects.get(key="more")
    assert fake_broker.ids == [job.id, more.id]


def test_inside_somebody_elses_transaction_it_works_too(ask):
    with transaction.atomic():
        job = ask()
        assert run(job.id, lambda progress: leave_mark)
    assert marks() == 1
