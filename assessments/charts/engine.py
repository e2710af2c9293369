"""Vega-Lite's engine: in this process, or in one of its own.

The engine holds some 85 MB and threads of its own. A process that draws a few charts and then needs its memory for something else, or forks, has
them drawn apart: ``python -m assessments.charts.engine`` answers each line of JSON with a line of JSON, and ends when nobody listens any more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

VEGA_LITE = "5.21"
_ROOT = Path(__file__).parents[2]


def to_svg(spec: dict[str, Any]) -> str:
    """The drawing of a Vega-Lite spec. Raises ValueError for one that can't be drawn."""
    return _apart.svg(spec) if _apart.wanted else _here(spec)


def _here(spec: dict[str, Any]) -> str:
    import vl_convert

    if not _fonts:
        # Text is measured with the product's own font, whatever fonts the machine has: otherwise a chart's bytes differ by machine.
        vl_convert.register_font_directory(str(Path(__file__).parent / "fonts"))
        _fonts.append(True)
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    return svg


_fonts: list[bool] = []


class _Apart:
    """The other process; one of this process, whatever process this was forked from."""

    wanted = False
    process: subprocess.Popen[str] | None = None
    owner = 0

    def svg(self, spec: dict[str, Any]) -> str:
        text = json.dumps(spec, ensure_ascii=True)
        for again in (True, False):
            process = self._running()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(text + "\n")
                process.stdin.flush()
                said = json.loads(process.stdout.readline())
            except (OSError, ValueError):
                # It was killed, perhaps for its memory.
                self.end()
                if again:
                    continue
                raise ChildProcessError("The process that draws charts ended before its time, twice.") from None
            if "error" in said:
                raise ValueError(said["error"])
            return str(said["svg"])
        raise AssertionError

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None or self.owner != os.getpid():
            self.process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", __name__], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )  # fmt: skip
            self.owner = os.getpid()
        return self.process

    def end(self) -> None:
        process, self.process = self.process, None
        if process is None or self.owner != os.getpid():
            return
        process.kill()
        with suppress(OSError):  # what was still to be written to it is of no use any more
            process.communicate()


_apart = _Apart()


@contextmanager
def apart() -> Iterator[None]:
    """Within this, charts are drawn by the process of its own, which stays for the next ones until ``rest``."""
    before, _apart.wanted = _apart.wanted, True
    try:
        yield
    finally:
        _apart.wanted = before


def rest() -> None:
    """End the other process; the next chart begins one again, which takes a second and a half."""
    _apart.end()


def _answer() -> None:
    for line in sys.stdin:
        try:
            said = {"svg": _here(json.loads(line))}
        except ValueError as error:
            said = {"error": str(error)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer()
