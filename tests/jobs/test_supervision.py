"""What `make run` does with a part that ends by itself: it starts it again, says so, and stops where that is of no use."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

RUN = Path(__file__).parents[2] / "deploy" / "run.py"
STAYS = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deploy_run", RUN)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def parts(run: ModuleType, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(run, "FIRST_WAIT", 0.01)
    parts = run.Parts(tmp_path, dict(os.environ), said.append)
    yield parts
    parts.stop()


def look_until(parts: Any, what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it didn't happen"
        parts.look()
        time.sleep(0.01)


def test_a_part_that_is_killed_is_started_again_and_its_own_children_are_gone(parts: Any, said: list[str], tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = (
        f"import pathlib, subprocess, sys, time; p = subprocess.Popen({list(STAYS)!r}); pathlib.Path({str(child)!r}).write_text(str(p.pid))"
    )
    parts.start("worker", sys.executable, "-c", f"{script}; time.sleep(600)")
    parts.start("web", *STAYS)
    first, web = parts.all["worker"].process, parts.all["web"].process
    look_until(parts, lambda: child.exists() and child.read_text() != "")
    left = int(child.read_text())
    os.kill(first.pid, signal.SIGKILL)
    look_until(parts, lambda: parts.all["worker"].process.pid != first.pid)
    assert parts.all["worker"].process.poll() is None
    assert parts.all["web"].process is web
    assert said == [
        f"worker ended by itself (killed by SIGKILL); it is started again in 0 s. Its log is {tmp_path / 'worker.log'}.",
        "worker is started again.",
    ]
    look_until(parts, lambda: ended(left))


def ended(pid: int) -> bool:
    """Whether a process is gone, or only waits for being reaped."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_part_that_ends_again_and_again_stops_everything_with_words(parts: Any, said: list[str], tmp_path: Path) -> None:
    parts.start("beat", sys.executable, "-c", "raise SystemExit(3)")
    with pytest.raises(SystemExit) as stopped:
        look_until(parts, lambda: False)
    assert said.count("beat is started again.") == 5
    assert str(stopped.value) == (
        "beat ended by itself (exit 3), although it was started again 5 times. Everything stops; the reason is at the end of "
        f"{tmp_path / 'beat.log'}."
    )


def test_a_part_that_ran_well_in_between_has_all_its_restarts_again(
    run: ModuleType, parts: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RUNS_WELL_AFTER", 0)
    parts.start("beat", sys.executable, "-c", "raise SystemExit(3)")
    look_until(parts, lambda: said.count("beat is started again.") > 8)
