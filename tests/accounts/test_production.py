"""Unsafe settings refuse to start in production, in words; safe ones start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SAFE = {"SECRET_KEY": "f" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP", "ALLOWED_HOSTS": "countersign.example"}


def start(tmp_path, **env: str) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True,
        env={**clean, "COUNTERSIGN_ENV": "production", "VAR_DIR": str(tmp_path), **env},
    )  # fmt: skip


def test_safe_settings_start(tmp_path):
    done = start(tmp_path, **SAFE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "127.0.0.1"}, "ALLOWED_HOSTS must name the hosts"),
    ],
)
def test_unsafe_settings_refuse(tmp_path, change, message):
    done = start(tmp_path, **(SAFE | change))
    assert done.returncode != 0
    assert message in done.stderr


def test_what_is_only_unwise_is_said_and_starts(tmp_path):
    done = start(tmp_path, **SAFE, BROKER_URL="redis://127.0.0.1:6379/0")
    assert done.returncode == 0, done.stderr
    assert "countersign.W001" in done.stderr
    assert "countersign.W002" in done.stderr
    wise = start(tmp_path, **SAFE, BROKER_URL="redis://:secret@127.0.0.1:6379/0", DATABASE_URL="postgresql://nobody@127.0.0.1/nothing")
    assert wise.returncode == 0, wise.stderr
    assert "countersign.W" not in wise.stderr
