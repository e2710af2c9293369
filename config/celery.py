"""The Celery application: what a worker may take for a task, and a worker that outlives its broker."""

from __future__ import annotations

import os
import resource
from typing import Any

from celery import Celery
from celery.concurrency import asynpool, prefork
from celery.signals import worker_process_init
from kombu.transport import redis as redis_transport
from redis.exceptions import ConnectionError as BrokerAway

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MIB = 1024
# (soft, hard) in seconds. After the soft one the task is told to end, and its job fails and says so; after the hard one its process is
# killed, and the job is tried again as after any lost worker. All lie below the broker's visibility timeout.
LIMITS = {
    "reports.make_sign_off": (240, 300),
    "reports.publish_checkpoint": (120, 180),
    "accounts.send_mail": (90, 120),
    "jobs.relay": (60, 90),
}
# The nightly check of every stream and the like.
DEFAULT_LIMIT = (540, 600)
# A pool process that has grown beyond this is replaced when its task has ended, in MiB of resident memory. Making a report takes about 500.
REPLACED_ABOVE = 1024
# What a task may allocate at most, in MiB; 0 for any amount. Beyond it the allocation is refused, and the job fails and says so.
TASK_MEMORY = int(os.environ.get("TASK_MEMORY_MIB", "4096"))

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_soft_time_limit=DEFAULT_LIMIT[0],
    task_time_limit=DEFAULT_LIMIT[1],
    task_annotations={name: {"soft_time_limit": soft, "time_limit": hard} for name, (soft, hard) in LIMITS.items()},
    worker_max_memory_per_child=REPLACED_ABOVE * MIB,
)
app.autodiscover_tasks()


@worker_process_init.connect
def limit_memory(**_given: Any) -> None:
    """Let this pool process allocate no more than TASK_MEMORY; what it only reserves, as a script engine does, doesn't count."""
    if TASK_MEMORY:
        most = TASK_MEMORY * MIB * 1024
        _, ceiling = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if ceiling == resource.RLIM_INFINITY else min(most, ceiling), ceiling))


class Channel(redis_transport.Channel):
    """Says that the broker is away where kombu 5.7 stumbles over it: when the broker dies while a task runs, kombu closes the channel of the
    connection that it has given up already, asks that for its address to hand the task's message back, and the AttributeError ends the
    worker. What isn't handed back the outbox's relay, or the broker after its visibility timeout, delivers again."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise BrokerAway("the connection to the broker was given up")
        return super()._connparams(asynchronous)  # type: ignore[misc]


redis_transport.Transport.Channel = Channel


class Pool(asynpool.AsynPool):
    """Watches no process whose end it has seen already: when the broker comes back while such a process still counts among the pool, for up to
    five seconds, Celery 5.7 asks the event loop to watch nothing, and the ValueError ends the worker. The pool's own timer replaces it."""

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        if getattr(proc, "_sentinel_poll", 0) is not None:
            super()._track_child_process(proc, hub)  # type: ignore[misc]


prefork.TaskPool.Pool = Pool
