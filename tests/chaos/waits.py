"""How long the run lets lost work lie before somebody else takes it over: shorter than in service, in seconds. How often each is tried stays."""

from __future__ import annotations

import os

QUICK = {"PUBLISH_GRACE": 2, "UNSTARTED": 6, "HEARTBEAT_EVERY": 1, "STALE_AFTER": 3, "REPUBLISH_AFTER": 1}  # of jobs.timing
UNANSWERED = 3  # of accounts.reauthentication: how long an attempt to sign counts whose process was killed
RETRY = 1  # after a fault that may pass, of every task
RELAY = 1  # between two looks for what is owed
AS_IN_SERVICE = bool(os.environ.get("CHAOS_REAL_TIMING"))


def text() -> str:
    """The waits in words."""
    if AS_IN_SERVICE:
        return "as in service"
    return ", ".join(
        f"{name} {seconds} s" for name, seconds in {**QUICK, "UNANSWERED": UNANSWERED, "RETRY_AFTER": RETRY, "relay": RELAY}.items()
    )
