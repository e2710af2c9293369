"""The process of its own that draws charts: the same drawings, another process after one was killed, and none left behind."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from assessments.charts import engine

SPEC = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"values": [{"a": 1}]}, "mark": "bar"}


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    engine.rest()


def test_it_draws_what_this_process_draws():
    here = engine.to_svg(SPEC)
    with engine.apart():
        assert engine.to_svg(SPEC) == here


def test_one_that_was_killed_is_begun_again():
    with engine.apart():
        first = engine.to_svg(SPEC)
        before = engine._apart.process
        before.kill()
        before.wait()
        assert engine.to_svg(SPEC) == first
        assert engine._apart.process.pid != before.pid


def test_one_that_is_killed_each_time_is_told(monkeypatch):
    monkeypatch.setattr(engine, "__name__", "this")  # prints, and ends
    with engine.apart(), pytest.raises(ChildProcessError, match="twice"):
        engine.to_svg(SPEC)
    assert engine._apart.process is None


def test_a_spec_that_cannot_be_drawn_is_told_and_the_next_one_is_drawn():
    with engine.apart():
        with pytest.raises(ValueError, match="conversion failed"):
            engine.to_svg(SPEC | {"mark": 3})
        assert engine.to_svg(SPEC).startswith("<svg")


def test_it_ends_with_the_process_that_began_it():
    code = "import os\nfrom assessments.charts import engine\nprint(engine._apart._running().pid, flush=True)\nos._exit(0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("it is there still")
