"""How fast the trail is: checking hashes and tree, reading from each database, verifying, appending, and eight writers at once.

    python benchmarks/trail.py [--write]

SQLite is measured in a file of its own, PostgreSQL in a database of its own on the server at TEST_DATABASE_URL or on this machine, where one
answers. Every claim is a ratio of two figures taken in this run; ``--write`` keeps the tables in benchmarks/README.md.
"""

from __future__ import annotations

import getpass
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SIZES = (1_000, 10_000, 100_000)
LEAST_HASHED = 100_000  # events a second, of hashes and tree alone
MOST_ADDED_MS = 2.0
WRITERS, EACH = 8, 125
APPENDS = 400
ORG = "org:11111111-1111-4111-8111-111111111111"
ANN = "person:aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
Row = tuple[str, str, str]


def event(number: int) -> dict[str, Any]:
    """The arguments of an event of the usual kind: a changed answer, with three personal texts."""
    return {
        "action": "bench.answered",
        "actor": ANN,
        "object_type": "assessment",
        "object_id": "6f1f1a52-6a52-4c0e-9c3e-5f2f5d0a7c11",
        "changes": {"question": f"q{number % 200}", "option": "hosted", "from": "yes", "to": "partly", "revision": number},
        "reason": "The contract says otherwise.",
        "personal": {"actor_name": "Ann Example", "object_label": "Chatbot for customers"},
    }


def prepare() -> None:
    import django

    django.setup()
    from audit import actions

    actions.register("bench.answered", "Answered", "{actor} answered {question} of {object}")


def fill(size: int) -> None:
    """Make a stream of ``size`` events in one go, each as ``record`` makes it."""
    from django.utils import timezone

    from audit import merkle
    from audit.canonical import canonical_bytes
    from audit.models import AuditEvent, AuditPrivate, StreamHead
    from audit.sentences import person_named_by
    from audit.trail import FORMAT, private_digest, time_text

    stream, now, frontier, salt = f"org:{size}", timezone.now(), [], bytes(16)
    for start in range(0, size, 5_000):
        made = []
        for index in range(start, min(start + 5_000, size)):
            given = event(index)
            texts = given["personal"] | {"reason": given["reason"]}
            body = {
                "format": FORMAT, "stream": stream, "actor": ANN, "action": given["action"],
                "object": {"type": given["object_type"], "id": given["object_id"]}, "changes": given["changes"],
                "private": {key: private_digest(salt, text) for key, text in texts.items()}, "request": None,
                "index": index, "at": time_text(now),
            }  # fmt: skip
            data = canonical_bytes(body)
            leaf = merkle.leaf_hash(data)
            merkle.extend(frontier, index, [leaf])
            row = AuditEvent(
                stream=stream, index=index, at=now, actor=ANN, action=given["action"], object_type=given["object_type"],
                object_id=given["object_id"], canonical=data, leaf_hash=leaf.hex(),
            )  # fmt: skip
            made.append((row, body, texts))
        AuditEvent.objects.bulk_create([row for row, _, _ in made], batch_size=1_000)
        AuditPrivate.objects.bulk_create(
            [
                AuditPrivate(event=row, key=key, text=text, salt=salt, about=person_named_by(key, body))
                for row, body, texts in made
                for key, text in texts.items()
            ],
            batch_size=5_000,
        )
    StreamHead.objects.create(stream=stream, size=size, frontier=b"".join(frontier), latest_at=now)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def verifying() -> dict[str, Any]:
    """Events a second, at each size and for each part."""
    from audit.models import AuditEvent
    from audit.trail import stored_bytes
    from audit.verify import check_hashes, verify_stream

    found: dict[str, Any] = {"full": {}}
    for size in SIZES:
        fill(size)
    rows = AuditEvent.objects.filter(stream=f"org:{SIZES[-1]}").order_by("index").values_list("canonical", "leaf_hash")

    def read() -> list[tuple[bytes, str]]:
        return [(stored_bytes(data), leaf) for data, leaf in rows.iterator(chunk_size=1_000)]

    entries = read()
    found["bytes"] = sum(len(data) for data, _ in entries) / len(entries)
    found["hash"] = len(entries) / seconds(lambda: check_hashes(entries, [], 0))  # noqa: F821
    found["read"] = len(entries) / seconds(read)
    del entries
    for size in SIZES:
        found["full"][str(size)] = size / seconds(lambda size=size: verify_stream(f"org:{size}"), 1 if size == SIZES[-1] else 3)
    return found


def memory(size: int) -> float:
    """Peak memory of a process that verifies one stream, in MB."""
    from audit.verify import verify_stream

    assert verify_stream(f"org:{size}").ok
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def appending() -> dict[str, float]:
    """The median time in milliseconds of a transaction that inserts one row of its own, with and without an event, taken in turns; and that of
    ``record`` itself, which leaves out how the disk takes the commit.
    """
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from audit.models import AuditCheck
    from audit.trail import record

    itself: list[float] = []

    def work(number: int, recorded: bool) -> float:
        start = time.perf_counter()
        with transaction.atomic():
            AuditCheck.objects.create(stream="bench", at=timezone.now(), ok=True, size=number, root="", seconds=0)
            if recorded:
                before = time.perf_counter()
                record(stream=ORG, **event(number))
                itself.append((time.perf_counter() - before) * 1000)
        return (time.perf_counter() - start) * 1000

    for number in range(20):
        work(number, True)
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(APPENDS):
        for recorded in (False, True):
            taken[recorded].append(work(number, recorded))
    with CaptureQueriesContext(connection) as queries:
        work(0, False)
    without = len(queries)
    with CaptureQueriesContext(connection) as queries:
        work(0, True)
    plain, both = statistics.median(taken[False]), statistics.median(taken[True])
    return {"without": plain, "with": both, "itself": statistics.median(itself), "queries": len(queries) - without}


def write_events(writer: int) -> None:
    from django.db import transaction

    from audit.trail import record

    for number in range(EACH):
        with transaction.atomic():
            record(stream="org:writers", **event(writer * EACH + number))


def writers(environment: dict[str, str]) -> float:
    """Events a second of eight processes that append to one stream at once, from the first one's start to the last one's end."""
    command = [sys.executable, __file__, "--part", "write"]
    running = [
        subprocess.Popen([*command, str(number)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(WRITERS)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    start = time.perf_counter()
    for process in running:
        process.communicate("go\n")
        assert process.returncode == 0
    return WRITERS * EACH / (time.perf_counter() - start)


def part(name: str, argument: str) -> None:
    """One measurement in a process of its own, which prints what it found as JSON."""
    prepare()
    if name == "write":
        from django.db import connection

        connection.ensure_connection()
        print("ready", flush=True)
        sys.stdin.readline()
        write_events(int(argument))
    elif name == "memory":
        print(memory(int(argument)))
    elif name == "check":
        from audit.verify import verify_stream

        report = verify_stream("org:writers")
        print(json.dumps([report.ok, report.size]))
    else:
        print(json.dumps({"verify": verifying, "append": appending}[name]()))


def run(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run([sys.executable, __file__, "--part", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def measure(vendor: str, url: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as var:
        environment = {**os.environ, "VAR_DIR": var, "DATABASE_URL": url or f"sqlite:///{var}/bench.sqlite3", "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "manage.py", "migrate", "audit", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
        added = run(environment, "append", "")
        together = writers(environment)
        assert run(environment, "check", "") == [True, WRITERS * EACH]
        found = run(environment, "verify", "")
        peaks = {size: run(environment, "memory", str(size)) for size in (SIZES[0], SIZES[-1])}
    return [*_verify_rows(vendor, found, peaks), *_append_rows(vendor, added, together)]


def _verify_rows(vendor: str, found: dict[str, Any], peaks: dict[int, float]) -> list[Row]:
    rows = [
        (f"{vendor}: hashes and tree over the stored bytes ({found['bytes']:.0f} an event)", f"{found['hash']:,.0f} events/s",
         f"{found['hash'] / LEAST_HASHED:.1f} × the {LEAST_HASHED:,} asked for"),
        (f"{vendor}: reading bytes and hashes", f"{found['read']:,.0f} events/s", f"{found['read'] / found['hash']:.2f} × hashes and tree"),
    ]  # fmt: skip
    first = found["full"][str(SIZES[0])]
    for size in SIZES:
        rate = found["full"][str(size)]
        what = f"{vendor}: verifying a stream of {size:,}, columns and private texts too"
        rows.append((what, f"{rate:,.0f} events/s", f"{first / rate:.2f} × the time an event at {SIZES[0]:,}"))
    small, large = peaks.values()
    rows.append((f"{vendor}: memory of that, {SIZES[-1]:,}", f"{large:.0f} MB", f"{large / small:.2f} × that of {SIZES[0]:,}"))
    return rows


def _append_rows(vendor: str, added: dict[str, float], together: float) -> list[Row]:
    more = added["with"] - added["without"]

    def of_limit(took: float) -> str:
        return (
            f"{took / MOST_ADDED_MS:.2f} of the limit of {MOST_ADDED_MS:.0f} ms" if vendor == "PostgreSQL" else "no limit on this database"
        )

    return [
        (f"{vendor}: a transaction with one row of its own", f"{added['without']:.2f} ms", "1"),
        (f"{vendor}: the same with an event ({added['queries']:.0f} more statements)", f"{added['with']:.2f} ms",
         f"{added['with'] / added['without']:.2f} ×; {more:.2f} ms added, {of_limit(more)}"),
        (f"{vendor}: of that, the call that records it", f"{added['itself']:.2f} ms", of_limit(added["itself"])),
        (f"{vendor}: {WRITERS} processes appending to one stream", f"{together:,.0f} events/s",
         f"{together * added['with'] / 1000:.2f} × one alone"),
    ]  # fmt: skip


def on_postgresql() -> list[Row]:
    """The same in a database of its own, which is dropped afterwards; no rows where no server answers."""
    import psycopg

    server = os.environ.get("TEST_DATABASE_URL") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"
    name = f"countersign_bench_{uuid.uuid4().hex[:8]}"
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        print("PostgreSQL can't be reached: only SQLite is measured.", file=sys.stderr)
        return []
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            return measure("PostgreSQL", server.rpartition("/")[0] + f"/{name}")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def table(rows: list[Row]) -> str:
    return "\n".join(["| what | figure | against |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        part(*sys.argv[2:4])
        return
    found = table([*on_postgresql(), *measure("SQLite", "")])
    print(found)
    if "--write" in sys.argv:
        keep("trail", found)


if __name__ == "__main__":
    main()
