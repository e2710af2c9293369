"""How long the run lets lost work lie before somebody else takes it over: shorter than in service, in seconds. How often each is tried stays."""

from __future__ import annotations

import os

QUICK = {"PUBLISH_GRACE": 2, "UNSTARTED": 10, "HEARTBEAT_EVERY": 1, "STALE_AFTER": 4, "REPUBLISH_AFTER": 2}  # of jobs.timing
RETRY = 2  # after a fault that may pass, of every task
RELAY = 2  # between two looks for what is owed
AS_IN_SERVICE = bool(os.environ.get("CHAOS_REAL_TIMING"))


def text() -> str:
    """The waits in words."""
    if AS_IN_SERVICE:
        return "as in service"
    return ", ".join(f"{name} {seconds} s" for name, seconds in {**QUICK, "RETRY_AFTER": RETRY, "relay": RELAY}.items())
