"""Asking for work: written with the caller's change, published when that commits."""

import json
import logging

import pytest
from django.db import IntegrityError, transaction

from config.celery import app
from jobs.models import Job, Outbox
from jobs.queue import enqueue, fail, relay, retry
from tests.jobs.conftest import make_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_is_published_when_the_transaction_commits(fake_broker, ask):
    with transaction.atomic():
        job = ask("report:1")
        assert fake_broker.sent == []
        assert Outbox.objects.filter(job=job, published_at=None).exists()
    assert fake_broker.sent == [("tests.jobs.work", job.id)]
    assert Outbox.objects.get().published_at is not None
    assert (job.status, job.attempts, job.args) == ("queued", 0, {"n": 1})


def test_what_is_rolled_back_leaves_neither_job_nor_message(fake_broker, ask):
    with transaction.atomic():
        ask("report:1")
        transaction.set_rollback(True)
    assert fake_broker.sent == []
    assert not Job.objects.exists()
    assert not Outbox.objects.exists()


def test_the_same_key_gives_the_same_job(fake_broker, ask):
    first, again = ask("report:1"), ask("report:1", args={"n": 2})
    assert first.id == again.id
    assert again.args == {"n": 1}
    assert fake_broker.ids == [first.id]
    with pytest.raises(ValueError, match=r"the key 'report:1' belongs to a job of tests\.jobs\.work; choose another for other\.task"):
        ask("report:1", task="other.task")


def test_asking_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError, match="the job 'report:1' must be asked for in the transaction"):
        enqueue(task="tests.jobs.work", key="report:1", stream="system", args={}, label="x", requested_by=None)
    assert not Job.objects.exists()


def test_a_broker_that_is_down_neither_fails_the_request_nor_loses_the_job(fake_broker, ask, caplog):
    fake_broker.down = True
    with caplog.at_level(logging.WARNING):
        job = ask("report:1")
    assert f"the broker didn't take job {job.id}" in caplog.text
    assert Outbox.objects.get(job=job).published_at is None
    fake_broker.down = False
    assert relay() == 1
    assert fake_broker.ids == [job.id]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//", "nonsense://"])
def test_a_real_address_where_nobody_listens(ask, monkeypatch, url):
    monkeypatch.setitem(app.conf, "broker_url", url)
    job = ask("report:1")
    assert Outbox.objects.get(job=job).published_at is None
    assert relay() == 0
    assert Job.objects.get().status == "queued"


def test_a_failed_job_can_be_started_again_and_no_other(fake_broker, ask):
    job = ask("report:1")
    assert retry(job.id).status == "queued"
    assert fake_broker.ids == [job.id]
    with transaction.atomic():
        fail(job, "It didn't work.")
    assert Job.objects.get().error == "It didn't work."
    make_due(job)
    assert relay() == 0

    again = retry(job.id)
    assert (again.status, again.attempts, again.error, again.finished_at) == ("queued", 0, "", None)
    assert fake_broker.ids == [job.id, job.id]


def test_the_state_is_json(fake_broker, ask):
    job = ask("report:1", label="Sign-off report", requested_by="person:1")
    state = json.loads(json.dumps(job.as_dict()))
    assert state.pop("created_at").endswith("+00:00")
    assert state == {
        "id": str(job.id),
        "label": "Sign-off report",
        "status": "queued",
        "attempts": 0,
        "step": 0,
        "steps": 0,
        "percent": 0,
        "message": "",
        "error": "",
        "started_at": None,
        "finished_at": None,
    }


@pytest.mark.parametrize(
    "fields", [{"status": "lost"}, {"step": 2, "steps": 1}, {"status": "done"}, {"finished_at": "2026-11-23T00:00Z"}, {"status": "failed"}]
)
def test_the_database_refuses_impossible_states(fake_broker, ask, fields):
    job = ask("report:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**fields)
