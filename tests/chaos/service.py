"""The service as the run starts it: the project's own, with shorter waits before somebody else takes over lost work (``tests.chaos.waits``).

Nothing else differs. ``app`` is what Celery runs, ``application()`` what gunicorn runs.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.celery import app
from jobs import timing
from tests.chaos import waits

__all__ = ["app", "application"]


def _shorten() -> None:
    for name, seconds in waits.QUICK.items():
        if not hasattr(timing, name):
            raise AttributeError(f"jobs.timing has no {name} any more; put what took its place into tests/chaos/waits.py")
        setattr(timing, name, timedelta(seconds=seconds))
    app.conf.beat_schedule["relay-outbox"] |= {"schedule": float(waits.RELAY), "options": {"expires": waits.RELAY}}
    patience = timing.patience
    timing.patience = lambda task: replace(patience(task), retry_after=timedelta(seconds=waits.RETRY))


if not waits.AS_IN_SERVICE:
    _shorten()


def application() -> Any:
    """The WSGI application; called by gunicorn, since Celery loads this module before Django is ready for it."""
    from config.wsgi import application as project

    return project
