"""A part of a document, laid out and drawn in a process forked for it, or here where there is one processor or nothing to fork.

Both ways answer to the same questions in the same order, and with the same objects. Where the part's place in the whole isn't known yet it is asked
for its extents and told; where it is known from the beginning it is drawn at once.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any, Protocol

from weasyprint.logger import LOGGER

from reports.layout_joining import FontObjects, Glyphs, Handed, font_objects, glyphs, hand_over
from reports.layout_parts import Drawn, Extent, Fonts, Half, Place

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Second(Protocol):
    def extents(self) -> dict[int, Extent]:
        """How many pages each part has, once all are laid out."""

    def place(self, place: Place) -> None:
        """Tell where the parts stand in the whole."""

    def glyphs(self) -> Glyphs:
        """The glyphs that were used, once every page is drawn."""

    def number(self, links_from: int, first: int) -> None:
        """Tell a part whose place was known from the beginning what comes before its links and its objects."""

    def handed(self) -> Handed:
        """The pages, ready for the file."""

    def fonts(self, wanted: list[str]) -> FontObjects:
        """The fonts of these names, which the first half doesn't have."""

    def end(self) -> None:
        """Whatever became of it, leave nothing running."""


class Here:
    def __init__(self, make: Callable[[], Half], place: Place | None = None) -> None:
        self.make = make
        self.used = Fonts(None)
        self.drawn: Drawn
        self.first = 0
        if place is not None:
            self.place(place)

    def extents(self) -> dict[int, Extent]:
        self.half = self.make()
        return self.half.extents()

    def place(self, place: Place) -> None:
        self._place, self.links_from = place, place.total

    def glyphs(self) -> Glyphs:
        half = self.half if hasattr(self, "half") else self.make()
        self.drawn = half.draw(self._place, lambda own: _take(own, self.used))
        return glyphs(self.used)

    def number(self, links_from: int, first: int) -> None:
        self.links_from, self.first = links_from, first

    def handed(self) -> Handed:
        return hand_over(self.drawn, self.links_from, self.first)

    def fonts(self, wanted: list[str]) -> FontObjects:
        return font_objects(self.used, wanted)

    def end(self) -> None:
        pass


class Forked:
    """The child has a copy of everything and touches nothing of it but this: no database, no file, no log. It ends by itself when nobody listens.

    Only the thread that forks goes on in the child. Another one, such as the heart of the job, may hold a lock at that instant for good; of those
    that layout needs, Python and the C library set theirs anew in a child, and Pango is used by no thread but this.
    """

    def __init__(self, make: Callable[[], Half], place: Place | None = None) -> None:
        self.line, far = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.line.close()
            _answer(far, make, place)
        far.close()

    def extents(self) -> dict[int, Extent]:
        return self._hear()  # type: ignore[no-any-return]

    def place(self, place: Place) -> None:
        self.line.send(place)

    def glyphs(self) -> Glyphs:
        return self._hear()  # type: ignore[no-any-return]

    def number(self, links_from: int, first: int) -> None:
        self.line.send((links_from, first))

    def handed(self) -> Handed:
        found, said = self._hear()
        for level, message in said:
            LOGGER.log(level, message)
        return found  # type: ignore[no-any-return]

    def fonts(self, wanted: list[str]) -> FontObjects:
        self.line.send(wanted)
        return self._hear()  # type: ignore[no-any-return]

    def _hear(self) -> Any:
        try:
            said = self.line.recv()
        except EOFError:
            raise ChildProcessError("The process that lays out a part of the report ended before its time.") from None
        if isinstance(said, BaseException):
            raise said
        return said

    def end(self) -> None:
        self.line.close()
        try:
            if os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass  # somebody reaped it already


def _answer(line: Connection, make: Callable[[], Half], place: Place | None) -> None:
    """All that the child does."""
    try:
        # A parent that is killed takes the child along, which would keep its connections open.
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        said = _listened()
        used = Fonts(None)

        def tell(own: Fonts) -> None:
            line.send(glyphs(own))
            _take(own, used)

        half = make()
        if place is None:
            line.send(half.extents())
            place = line.recv()
            line.send((hand_over(half.draw(place, tell), place.total), said))
        else:
            drawn = half.draw(place, tell)
            line.send((hand_over(drawn, *line.recv()), said))
        line.send(font_objects(used, line.recv()))
    except (EOFError, OSError):
        pass  # nobody listens any more
    except BaseException as error:
        try:
            line.send(error)
        except Exception:
            line.send(RuntimeError(f"{type(error).__name__}: {error}"))
    finally:
        os._exit(0)


def _take(own: Fonts, used: Fonts) -> None:
    """The first half writes the fonts, with the glyphs of both."""
    used.update(own)
    own.clear()


def _listened() -> list[tuple[int, str]]:
    """What WeasyPrint has to say in the child, for the parent to log."""
    said: list[tuple[int, str]] = []

    class Listener(logging.Handler):
        def __init__(self) -> None:
            super().__init__(LOGGER.getEffectiveLevel())

        def emit(self, record: logging.LogRecord) -> None:
            said.append((record.levelno, record.getMessage()))

    LOGGER.handlers, LOGGER.propagate = [Listener()], False
    return said


def second(make: Callable[[], Half], place: Place | None = None) -> Second:
    """Forked where there is a second processor. Not on macOS, whose own libraries don't outlive a fork."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return (Forked if processors > 1 else Here)(make, place)
