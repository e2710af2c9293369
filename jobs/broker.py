"""Handing one message to the broker, without ever making the caller wait for a broker that is down."""

from __future__ import annotations

import uuid

from celery import current_app

_SECONDS_TO_CONNECT = 2
_SECONDS_TO_ANSWER = 5


def send(task: str, job_id: uuid.UUID) -> None:
    """Publish a task by its name, with the job's id as its one positional argument.

    Raises whatever the transport raises where the broker can't be reached: at once if it refuses, after a few seconds
    if it is silent.
    """
    conf = current_app.conf
    # Left to itself kombu connects again for ever; the relay does that job here.
    options = dict(conf.broker_transport_options or {}, max_retries=0)
    if conf.broker_write_url.startswith(("redis", "valkey")):
        options |= {"socket_connect_timeout": _SECONDS_TO_CONNECT, "socket_timeout": _SECONDS_TO_ANSWER}
    with current_app.connection_for_write(connect_timeout=_SECONDS_TO_CONNECT, transport_options=options) as connection:
        current_app.signature(task, args=(str(job_id),)).apply_async(connection=connection, retry=False)
