"""What the checkpoints of a stream claim, in order of size: those in the table, and those in the second place.

Each is checked by itself here (signatures, timestamps, one against the other); whether the stream bears it out, ``audit.verify`` tells.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from audit import merkle, note, places, timestamps
from audit.keys import LogKeyUnreadable, verifiers_of
from audit.models import AuditCheckpoint
from audit.note import BadNote, Opened, TreeHead, Verifier
from audit.places import Kept, PlaceUnavailable
from audit.trail import stored_bytes, time_text, unpack_frontier

Report = Callable[[str, str], None]  # takes the kind of a problem, and a sentence about it


@dataclass(frozen=True)
class Claim:
    """That the first ``size`` entries have this root (32 bytes). ``sources``: where it stands; ``where`` names it in a sentence."""

    size: int
    root: bytes
    sources: tuple[str, ...]
    where: str


@dataclass
class Claims:
    """Reads a stream's checkpoints. ``report`` is told what is wrong with one; ``unchecked`` says afterwards what couldn't be looked at."""

    stream: str
    report: Report
    second_place: bool
    unchecked: list[str] = field(default_factory=list)
    _verifiers: list[Verifier] = field(default_factory=list)
    _last_row: int = 0

    def in_order(self) -> Iterator[Claim]:
        """Yield what is claimed under a signature that holds, in order of size."""
        try:
            yield from self._in_order()
        except (ValueError, TypeError, AttributeError) as error:  # SQLite keeps any text in any column
            self.report("forged", f"the rows of the checkpoints can't be read from their columns ({error})")

    def _in_order(self) -> Iterator[Claim]:
        try:
            self._verifiers = verifiers_of(self.stream)
        except LogKeyUnreadable as error:
            self.unchecked.append(str(error))
            return
        rows = AuditCheckpoint.objects.filter(stream=self.stream)
        self._last_row = rows.order_by("-size").values_list("size", flat=True).first() or 0
        # Listed before the rows are read: a note comes before its row.
        kept: list[Kept] = []
        if self.second_place:
            try:
                kept = places.listed(self.stream)
            except PlaceUnavailable as error:
                self._unreachable(error)
        stored = ((self._kept(row), row) for row in rows.order_by("size", "root", "pk").iterator())
        merged = heapq.merge(stored, ((one, None) for one in kept), key=lambda item: item[0])
        for one, items in groupby(merged, key=lambda item: item[0]):
            row = next((row for _, row in items if row is not None), None)
            yield from self._of_row(one, row) if row else self._of_note(one)

    def _kept(self, row: AuditCheckpoint) -> Kept:
        return Kept(self.stream, row.size, row.root[:16])

    def _of_row(self, kept: Kept, row: AuditCheckpoint) -> Iterator[Claim]:
        where = f"the checkpoint of {row.size} entries"
        try:
            opened, head = self._open(row.note)
        except BadNote as error:
            self.report("forged", f"{where} in the table is forged: {error}")
            yield from self._of_note(kept, row_is_bad=True)
            return
        for what, says, signed in _columns(row, opened, head):
            if says != signed:
                self.report("forged", f"the row of {where} says {says} for its {what}, what was signed {signed}")
        self._check_token(where, _token(row), row.note)
        text = self._read(kept, ".note") if self.second_place else None
        if not self.second_place:
            yield Claim(head.size, head.root, ("table",), f"{where} in the table")
            return
        if text == row.note.encode():
            yield Claim(head.size, head.root, ("table", "place"), where)
        else:
            yield Claim(head.size, head.root, ("table",), f"{where} in the table")
        if text is None:
            self.report("checkpoint", f"{where} stands in the table, but not in the second place")
        elif text != row.note.encode():
            self.report("checkpoint", f"{where} is another in the table than in the second place")
            yield from self._of_note(kept, row_is_bad=True)
        token = self._read(kept, ".tsr")
        if token is not None and token != (_token(row)):
            self.report("checkpoint", f"the timestamp of {where} is another in the table than in the second place")

    def _of_note(self, kept: Kept, *, row_is_bad: bool = False) -> Iterator[Claim]:
        """What the second place alone says."""
        text = self._read(kept, ".note") if self.second_place else None
        if text is None:
            return
        where = f"the checkpoint of {kept.size} entries in the second place"
        try:
            _, head = self._open(text.decode(errors="replace"))
        except BadNote as error:
            self.report("forged", f"{where} is forged: {error}")
            return
        if (head.size, head.root.hex()[:16]) != (kept.size, kept.root):
            self.report("forged", f"{where} is filed under another size or root than was signed")
        # One above the last row may be waiting for its row, which the next publication makes.
        if not row_is_bad and kept.size <= self._last_row:
            self.report("checkpoint", f"{where} has no row in the table: it was deleted or changed there")
        yield Claim(head.size, head.root, ("place",), where)

    def _open(self, text: str) -> tuple[Opened, TreeHead]:
        """Raises BadNote."""
        opened = note.opened(text, self._verifiers)
        head = note.tree_head(opened.text)
        if any(verifier.name != head.origin for verifier in opened.by):
            raise BadNote(f"it is signed by {opened.by[0].name}, but it is of the log {head.origin}")
        return opened, head

    def _check_token(self, where: str, token: bytes | None, text: str) -> None:
        if token is None:
            return
        try:
            timestamps.check(token, text.encode())
        except timestamps.BadTimestamp as error:
            self.report("forged", f"the timestamp of {where} isn't one: {error}")
        except OSError as error:
            self.unchecked.append(f"The timestamps' trusted certificates can't be read: {error}")

    def _read(self, kept: Kept, suffix: str) -> bytes | None:
        try:
            return places.read(kept, suffix)
        except PlaceUnavailable as error:
            self._unreachable(error)
            return None

    def _unreachable(self, error: PlaceUnavailable) -> None:
        self.second_place = False
        self.unchecked.append(str(error))


def _token(row: AuditCheckpoint) -> bytes | None:
    return stored_bytes(row.token) if row.token is not None else None


def _columns(row: AuditCheckpoint, opened: Opened, head: TreeHead) -> Iterator[tuple[str, str, str]]:
    """For each column of a row: its name, what it says, and what was signed."""
    yield "size", str(row.size), str(head.size)
    yield "root", row.root, head.root.hex()
    yield "time", time_text(row.at), time_text(row.at.fromtimestamp(opened.at, row.at.tzinfo)) if opened.at is not None else "nothing"
    yield "key", row.key_id, opened.by[0].key_id.hex()
    frontier = unpack_frontier(row.frontier)
    fits = len(frontier) == head.size.bit_count() and merkle.frontier_root(frontier) == head.root
    yield "frontier", "other hashes" if not fits else "it", "it"
