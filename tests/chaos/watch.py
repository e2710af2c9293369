"""What each case is about to do, so that a kill can be aimed at it and its line can say what it hit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

BEFORE, SENT, WAITING, RUNNING = "before", "sent", "waiting", "running"


@dataclass(frozen=True)
class Moment:
    step: str
    phase: str

    def __str__(self) -> str:
        return f"{self.step} {self.phase}"


class Watch:
    """Shared by the clients' threads, who tell, and the one that kills, who looks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._now: dict[int, tuple[Moment, float]] = {}

    def at(self, case: int, step: str, phase: str) -> None:
        """The case has come to this moment."""
        with self._changed:
            moment = Moment(step, phase)
            if case in self._now and self._now[case][0] == moment:
                return
            self._now[case] = (moment, time.monotonic())
            self._changed.notify_all()

    def over(self, case: int) -> None:
        with self._changed:
            self._now.pop(case, None)
            self._changed.notify_all()

    def next_moment(self, wanted: Callable[[Moment], bool], seconds: float, *, or_now: bool = False) -> Moment | None:
        """The next moment that a case comes to and that is wanted, or None after ``seconds``, or when no case is under way any more.

        ``or_now``: one that a case is at already will do.
        """
        begun, end = time.monotonic(), time.monotonic() + seconds
        with self._changed:
            while (left := end - time.monotonic()) > 0:
                for moment, since in self._now.values():
                    if (or_now or since >= begun) and wanted(moment):
                        return moment
                self._changed.wait(left)
                if not self._now:
                    break
        return None

    def moments(self) -> list[Moment]:
        with self._changed:
            return [moment for moment, _ in self._now.values()]

    def text(self) -> str:
        """Where every case is, such as ``case 3: approve sent 0.12 s ago``."""
        with self._changed:
            now = time.monotonic()
            return "; ".join(f"case {case}: {moment} {now - since:.2f} s ago" for case, (moment, since) in sorted(self._now.items()))
