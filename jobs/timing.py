"""How long things may take before somebody else sees to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MAX_ATTEMPTS = 5

# How long the direct publishing on commit has before the relay takes over.
PUBLISH_GRACE = timedelta(seconds=5)
# A published job that no worker has started: published again, each time after twice as long, since the queue may just be long.
UNSTARTED = timedelta(seconds=60)
# A worker tells that it is alive every so often, from a thread of its own; silent for longer, it counts as lost.
HEARTBEAT_EVERY = timedelta(seconds=5)
STALE_AFTER = timedelta(seconds=30)
# After a fault that may pass; doubled for each attempt.
RETRY_AFTER = timedelta(seconds=5)
# A worker that can't begin since the database is away looks again so often, and after so long hands the message back to the broker.
LOOK_AGAIN = timedelta(seconds=1)
DATABASE_AWAY = timedelta(seconds=60)
# When the broker couldn't be reached.
REPUBLISH_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class Patience:
    """``attempts`` at most; ``retry_after`` a fault that may pass, doubled for each attempt."""

    attempts: int = MAX_ATTEMPTS
    retry_after: timedelta = RETRY_AFTER


# Work that waits for others' machines, which may be away for hours. A mail's last attempt is 17 hours after the first.
PATIENCE = {"accounts.send_mail": Patience(attempts=11, retry_after=timedelta(minutes=1))}


def patience(task: str) -> Patience:
    """Return how long a task's faults are borne."""
    return PATIENCE.get(task, Patience())


def doubled(first: timedelta, attempts: int) -> timedelta:
    """Return the wait after ``attempts`` (from 1): first, twice as long, four times as long, and so on."""
    return first * 2 ** max(attempts - 1, 0)
