"""Mail and reports wait in queues of their own, each message in one."""

from __future__ import annotations

import uuid

import pytest
import redis

from config.celery import app
from jobs import broker
from tests.workers import BROKER


@pytest.mark.parametrize(
    ("task", "queue"), [("accounts.send_mail", "mail"), ("reports.make_sign_off", "reports"), ("reports.publish_checkpoint", "celery")]
)
def test_a_message_lies_in_one_queue_alone(prefix: str, task: str, queue: str) -> None:
    with app.connection_for_write(transport_options={"global_keyprefix": prefix}) as connection:
        for known in app.amqp.queues.values():  # as a worker does when it starts
            known(connection.default_channel).declare()
    broker.send(task, uuid.uuid4())
    client = redis.Redis.from_url(BROKER)
    assert {name: client.llen(prefix + name) for name in app.amqp.queues} == {
        name: int(name == queue) for name in ("celery", "mail", "reports")
    }
