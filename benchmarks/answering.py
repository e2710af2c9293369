"""How fast an answer is saved: by page and by API, where the time goes, and how many a second two web processes save for four people at once.

    python benchmarks/answering.py [--write]

On PostgreSQL, in a database of its own on the server at TEST_DATABASE_URL or on this machine. The case is the bank's chatbot with every
answer. The rate is that of a real gunicorn with two workers, started as `make run` starts it, and four clients with sessions of their own, who
keep their connection as browsers do and wait for each answer.
"""

from __future__ import annotations

import functools
import getpass
import http.client
import json
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
SAVES, LIMIT_MS, LIMIT_QUERIES = 200, 10.0, 8
CLIENTS, WORKERS, SECONDS, LEAST = 4, 2, 10.0, 150
PORT = int(os.environ.get("BENCH_PORT", "8391"))


@contextmanager
def database() -> Iterator[str]:
    """The address of an empty database, which goes away."""
    import psycopg

    server = os.environ.get("TEST_DATABASE_URL") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"
    name = f"bench_answering_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.rsplit("/", 1)[0] + "/" + name
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main() -> None:
    with tempfile.TemporaryDirectory() as var, database() as url:
        os.environ.update(VAR_DIR=var, DATABASE_URL=url, LOG_LEVEL="ERROR", BROKER_URL="memory://", SECRET_KEY=uuid.uuid4().hex * 2)
        tables = []
        for found in measure():
            print(found, end="\n\n", flush=True)
            tables.append(found)
    table = "\n\n".join(tables)
    if "--write" in sys.argv:
        keep("answering", table)


def measure() -> Iterator[str]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    call_command("migrate", verbosity=0)
    from tests.fixtures import make_cast, make_complete

    cast = make_cast()
    cases = [make_complete(cast) for _ in range(CLIENTS)]
    saves = {"page": by_page(cast, cases[0]), "API": by_api(cast, cases[0])}
    rows = [
        "| save by | median | 95th percentile | of the limit of 10 ms | against nothing | statements (limit 8) |",
        "|---|---|---|---|---|---|",
    ]
    found = {name: timed(save) for name, save in saves.items()}
    found["nothing"] = timed(by_nothing(saves["page"], found["page"][1]))
    floor = statistics.median(found["nothing"][0])
    for name, (times, statements) in found.items():
        middle, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        rows.append(f"| {name} | {middle:.1f} ms | {p95:.1f} ms | {middle / LIMIT_MS:.2f} | {middle / floor:.2f} × | {statements} |")
    yield "\n".join(rows)
    yield profile(saves["page"])
    yield rate(cast, cases)


def question_of(case: Any) -> tuple[str, list[str]]:
    """A question about the use case on which no other hangs, with two of its answers."""
    from assessments.evaluation import release_of
    from compliance.catalogue.index import index

    known = index(release_of(case))
    found = next(
        q
        for q in known.questions.values()
        if q.scope == "use_case" and q.type == "choice" and q.when is None and q.id not in known.deciders
    )
    return found.id, [choice.id for choice in found.choices][:2]


Request = dict[str, Any]


def by_page(cast: Any, case: Any) -> Callable[[int], Request]:
    """As htmx sends a field."""
    from django.test import Client, RequestFactory
    from django.urls import reverse

    client, (question, values) = Client(), question_of(case)
    client.force_login(cast.risk_officer)
    factory, token = RequestFactory(), "a" * 32
    factory.cookies["countersign_session"] = client.cookies["countersign_session"].value
    factory.cookies["csrftoken"] = token
    address = reverse("assessments:response_save", kwargs={"org": cast.organisation.slug, "assessment": case.pk})

    def request(n: int) -> Request:
        body = urlencode({"question": question, "option": "", f"value:{question}@": values[n % 2]})
        headers = {"HX-Request": "true", "X-CSRFToken": token}
        return factory.post(address, body, content_type="application/x-www-form-urlencoded", headers=headers).environ

    return request


def by_api(cast: Any, case: Any) -> Callable[[int], Request]:
    from django.test import RequestFactory
    from django.urls import reverse

    from accounts.services import token_create

    question, values = question_of(case)
    _row, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="Benchmark")
    address = reverse("api:response", kwargs={"org": cast.organisation.slug, "assessment": case.pk, "question": question})

    def request(n: int) -> Request:
        body = json.dumps({"value": values[n % 2]})
        headers = {"Authorization": f"Bearer {plain}"}
        return RequestFactory().put(address, body, content_type="application/json", headers=headers).environ

    return request


def by_nothing(save: Callable[[int], Request], statements: int) -> Callable[[int], Request]:
    """The same request to a view with so many statements, in a transaction and for a person who is signed in, that does nothing else: the least
    that any such save takes in Django on this machine."""
    from django.conf import settings
    from django.db import connection, transaction
    from django.http import HttpResponse
    from django.urls import clear_url_caches, include, path

    def nothing(request: Any) -> Any:
        assert request.user.is_authenticated
        with transaction.atomic(), connection.cursor() as cursor:
            for _ in range(statements - 1):  # one was the session's
                cursor.execute("SELECT 1")
        return HttpResponse()

    here = ModuleType("answering_urls")
    here.urlpatterns = [path("nothing/", nothing), path("", include("config.urls"))]  # type: ignore[attr-defined]
    sys.modules[here.__name__] = here
    settings.ROOT_URLCONF = here.__name__
    clear_url_caches()
    return lambda n: save(n) | {"PATH_INFO": "/nothing/"}


@functools.cache
def service() -> Callable[..., Any]:
    from config.wsgi import application

    return application


def answered(request: Request) -> float:
    """Milliseconds from the request to the end of the answer in the server, with everything that stands between; making the request isn't
    counted."""
    told: list[str] = []
    start = time.perf_counter()
    response = service()(request, lambda status, _headers: told.append(status))
    body = b"".join(response)
    response.close()
    took = (time.perf_counter() - start) * 1000
    assert told == ["200 OK"], (told, body)
    return took


def timed(save: Callable[[int], Request]) -> tuple[list[float], int]:
    """Milliseconds of each save in this process, and the statements of one; each save changes the answer."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for n in range(6):
        answered(save(n))
    with CaptureQueriesContext(connection) as captured:
        answered(save(0))
    statements = sum(not q["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")) for q in captured)
    return [answered(save(n)) for n in range(1, SAVES + 1)], statements


STEPS = {
    "session, person and their places": "accounts.sessions.read_person",
    "lock, roles, options and answers": "assessments.views.saving.hold",
    "which questions are asked, counts": ("assessments.tally.shown", "assessments.tally.count"),
    "the answer's row and the trail": "assessments.answering.note_change",
    "commit": "django.db.backends.base.base.BaseDatabaseWrapper.commit",
    "template": "assessments.views.saving.fragment",
}


def profile(save: Callable[[int], Request]) -> str:
    """Where a save's time goes: each step by a clock around it, the rest as what is left."""
    spent = dict.fromkeys(STEPS, 0.0)

    def clocked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] += time.perf_counter() - start

        return inner

    with ExitStack() as stack:
        for name, places in STEPS.items():
            for place in (places,) if isinstance(places, str) else places:
                target, attribute = place.rsplit(".", 1)
                held = getattr(pkgutil.resolve_name(target), attribute)
                stack.enter_context(mock.patch(place, clocked(name, held)))
        whole = sum(answered(save(n)) for n in range(SAVES)) / 1000
    spent["middleware, routes and the rest"] = whole - sum(spent.values())
    rows = ["| step of a save by page | took | of the whole |", "|---|---|---|"]
    rows += [f"| {name} | {1000 * took / SAVES:.2f} ms | {took / whole:.0%} |" for name, took in spent.items()]
    return "\n".join(rows)


def rate(cast: Any, cases: list[Any]) -> str:
    """Saves a second through gunicorn, every client with a session and an assessment of its own in the one organisation."""
    from django.db import connections
    from django.test import Client
    from django.urls import reverse

    jobs = []
    for case in cases:
        client, (question, values) = Client(), question_of(case)
        client.force_login(cast.risk_officer)
        address = reverse("assessments:response_save", kwargs={"org": cast.organisation.slug, "assessment": case.pk})
        jobs.append((address, client.cookies["countersign_session"].value, question, values))
    connections.close_all()
    gunicorn = str(Path(sys.executable).parent / "gunicorn")
    command = [gunicorn, "config.wsgi", "-b", f"127.0.0.1:{PORT}", "-w", str(WORKERS), "--threads", "4", "--preload"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        _wait()
        for job in jobs:
            _saves(job, 3.0 / CLIENTS)  # warm
        done = [0] * CLIENTS

        def work(n: int) -> None:
            done[n] = _saves(jobs[n], SECONDS)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        a_second = sum(done) / (time.perf_counter() - start)
    finally:
        server.terminate()
        server.wait(20)
    head = f"| {WORKERS} workers, {CLIENTS} clients | of the {LEAST} asked for |\n|---|---|"
    return f"{head}\n| {a_second:.0f} saves a second | {a_second / LEAST:.2f} |"


def _wait() -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/health/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.3)
    sys.exit("gunicorn didn't start")


def _saves(job: tuple[str, str, str, list[str]], seconds: float) -> int:
    """How many answers one client had saved in so long; each is a change, and each is waited for."""
    address, session, question, values = job
    token = "a" * 32
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"countersign_session={session}; csrftoken={token}",
        "X-CSRFToken": token,
        "HX-Request": "true",
    }
    n, end = 0, time.perf_counter() + seconds
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)  # which it opens again where the server closed it
    while time.perf_counter() < end:
        body = urlencode({"question": question, "option": "", f"value:{question}@": values[n % 2]})
        connection.request("POST", address, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        n += 1
    connection.close()
    return n


if __name__ == "__main__":
    main()
