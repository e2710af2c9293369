"""The service as the run starts it: the project's own, with shorter waits before somebody else takes over lost work (``tests.chaos.waits``).

Nothing else differs, unless the run with many reports asks for faults (``tests.chaos.faults``). ``app`` is what Celery runs,
``application()`` what gunicorn runs.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery.signals import worker_process_init

from config.celery import app
from jobs import timing
from tests.chaos import faults, waits

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


@worker_process_init.connect
def _install_faults(**_given: Any) -> None:
    if faults.FOLDER in os.environ:
        faults.install()


def application() -> Any:
    """The WSGI application; called by gunicorn, since Celery loads this module before Django is ready for it."""
    from config.wsgi import application as project

    if not waits.AS_IN_SERVICE:
        from accounts import reauthentication

        if not hasattr(reauthentication, "UNANSWERED"):
            raise AttributeError("accounts.reauthentication has no UNANSWERED any more; put what took its place into tests/chaos/waits.py")
        reauthentication.UNANSWERED = timedelta(seconds=waits.UNANSWERED)
    return project
