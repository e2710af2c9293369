"""How the service itself stands: database, broker, workers, the scheduler, the outbox and the disk. It names no organisation."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.formats import moment
from jobs.models import Outbox, Sign

GOOD, WARN, BAD = "good", "warn", "bad"
SIGNED_WITHIN = timedelta(minutes=5)  # each queue is asked every minute
BEHIND = timedelta(minutes=2)  # the relay looks every five seconds
FREE_SHARE, FREE_BYTES = 0.1, 2 * 1024**3
SECONDS_TO_CONNECT = 2
PACKAGES = ("Django", "celery", "weasyprint", "pyHanko", "numpy")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``state``: good, warn or bad; ``words``: a sentence, or for what can't be good or bad a fact."""

    name: str
    state: str
    words: str


def checks() -> list[Check]:
    """Everything, each looked at now: two queries, a greeting of the broker and a look at the disk."""
    return [database(), broker(), *queues(), outbox(), disk()]


def database() -> Check:
    """Which one it is, and how large."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
            number, size = cursor.fetchone()
            name = f"PostgreSQL {number.split()[0]}"
        else:
            cursor.execute(
                "SELECT sqlite_version(), (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())"
            )
            number, size = cursor.fetchone()
            name = f"SQLite {number}"
    return Check(_("Database"), GOOD, _("%(name)s answers; it holds %(size)s.") % {"name": name, "size": filesizeformat(size)})


def broker() -> Check:
    """Whether it answers within two seconds."""
    name = _("Broker")
    options = dict(current_app.conf.broker_transport_options or {}, max_retries=0)
    if current_app.conf.broker_read_url.startswith(("redis", "valkey")):
        options |= {"socket_connect_timeout": SECONDS_TO_CONNECT, "socket_timeout": SECONDS_TO_CONNECT}
    try:
        with current_app.connection_for_read(connect_timeout=SECONDS_TO_CONNECT, transport_options=options) as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS_TO_CONNECT)
            channel: Any = link.channel()  # opening it greets the broker
            channel.close()
    except Exception as error:  # each transport has its own
        words = _("It can't be reached (%(why)s). What is asked for is kept, and done once it is back.") % {"why": type(error).__name__}
        return Check(name, BAD, words)
    return Check(name, GOOD, _("It answers."))


QUEUE_NAMES = {
    "celery": gettext_lazy("Worker, everyday work"), "mail": gettext_lazy("Worker, mail"), "reports": gettext_lazy("Worker, reports"),
}  # fmt: skip


def queues() -> Iterator[Check]:
    """When each queue was last worked on, which takes the scheduler, the broker and a worker."""
    signs = {sign.queue: sign for sign in Sign.objects.all()}
    now = timezone.now()
    for queue in settings.QUEUES:
        name, sign = str(QUEUE_NAMES.get(queue, queue)), signs.get(queue)
        if sign is None:
            yield Check(
                name, WARN, _("No sign yet. See whether the scheduler (beat) and a worker for the queue %(queue)s run.") % {"queue": queue}
            )
        elif sign.at < now - SIGNED_WITHIN:
            words = _("The last sign was on %(at)s. It is busy with long work, or the scheduler (beat) or the worker has stopped.")
            yield Check(name, BAD, words % {"at": moment(sign.at, seconds=True)})
        else:
            yield Check(
                name,
                GOOD,
                _("The last sign was on %(at)s, from %(worker)s.") % {"at": moment(sign.at, seconds=True), "worker": sign.worker or "-"},
            )


def outbox() -> Check:
    """Whether what was asked for reaches the broker."""
    due = Outbox.objects.filter(due_at__lte=timezone.now()).aggregate(at=Min("due_at"))["at"]
    late = timezone.now() - due if due else timedelta()
    if late < BEHIND:
        return Check(_("Outbox"), GOOD, _("Everything that was asked for has reached the broker."))
    words = _("It is behind by %(n)s minutes. The relay runs with the scheduler (beat) and a worker.") % {
        "n": int(late.total_seconds() // 60)
    }
    return Check(_("Outbox"), BAD, words)


def disk() -> Check:
    """How much room is left where files, keys and logs lie."""
    name, folder = _("Disk"), Path(settings.VAR_DIR)
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return Check(name, BAD, _("The folder where files, keys and logs lie can't be read (%(why)s).") % {"why": error.strerror})
    words = _("%(free)s of %(total)s are free where files, keys and logs lie.") % {
        "free": filesizeformat(usage.free),
        "total": filesizeformat(usage.total),
    }
    tight = usage.free < FREE_BYTES or usage.free < FREE_SHARE * usage.total
    return Check(name, WARN if tight else GOOD, words)


def versions() -> list[tuple[str, str]]:
    """What runs here, by name."""
    found = [("Countersign", settings.VERSION), ("Python", platform.python_version())]
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found.append((package, version(package)))
    return found
