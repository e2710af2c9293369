"""The secrets that an installation makes for itself: one for all processes, whole or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.kept import kept_secret

ROOT = Path(__file__).parents[2]
LENGTH = 67  # of 50 bytes in base64 without padding


def run(code: str, **env: object) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "DATABASE_URL", "COUNTERSIGN_ENV")}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=clean | env)


def test_it_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    made = kept_secret(path, 50)
    assert len(made) == LENGTH
    assert kept_secret(path, 50) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_somebody_put_there_is_taken_as_it_is(tmp_path):
    path = tmp_path / "key"
    path.write_text("of our own\n")
    assert kept_secret(path, 50) == "of our own\n"


@pytest.mark.parametrize("empty", [False, True])
def test_several_at_once_get_the_same(tmp_path, empty):
    for number in range(20):
        path = tmp_path / f"key-{number}"
        if empty:
            path.touch()
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(lambda _, path=path: kept_secret(path, 50), range(8)))
        assert made == {path.read_text()}
        assert len(path.read_text()) == LENGTH


@pytest.mark.parametrize("call", ["link", "fsync"])
def test_a_process_killed_meanwhile_leaves_nothing_that_is_taken_for_a_secret(tmp_path, call):
    path = tmp_path / "key"
    code = (
        f"import os, signal, pathlib; os.{call} = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        "from config.kept import kept_secret; kept_secret(pathlib.Path(os.environ['KEY']), 50)"
    )
    assert run(code, KEY=str(path)).returncode == -signal.SIGKILL
    assert not path.exists()
    assert len(kept_secret(path, 50)) == LENGTH


def test_an_empty_file_is_not_taken_for_the_secret_key(tmp_path):
    (tmp_path / "secret-key").touch()
    (tmp_path / "broker-password").touch()
    code = (
        "import sys; sys.path.insert(0, 'deploy'); from config import settings; import run; "
        "print(len(settings.SECRET_KEY), len(run.secret('broker-password')))"
    )
    done = run(code, VAR_DIR=str(tmp_path))
    assert done.stdout.split() == [str(LENGTH), "43"], done.stderr
    assert len((tmp_path / "secret-key").read_text()) == LENGTH
