"""Reading a whole stream again and telling whether it is what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit import merkle
from audit.models import AuditEvent, StreamHead
from audit.sentences import person_named_by
from audit.trail import FORMAT, Checkpoint, private_digest, time_text, unpack_frontier

MOST_PROBLEMS = 100
_CHUNK = 500


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where.

    ``index``: the entry's place in the stream, None where it concerns the stream as a whole. ``kind``: ``changed``
    (the hashed bytes or their hash), ``column`` (a column differs from the bytes), ``private`` (a name or free text),
    ``missing``, ``reordered``, ``time``, ``added`` (rows beyond the head), ``head``, ``checkpoint``.
    """

    index: int | None
    kind: str
    message: str


@dataclass(frozen=True)
class Report:
    """What was found: number of entries read, the root recomputed from their bytes (hexadecimal), and at most 100
    problems in order.
    """

    ok: bool
    size: int
    root: str
    problems: list[Problem]


def verify_stream(stream: str, *, known: Checkpoint | None = None) -> Report:
    """Read every entry of a stream and compare its bytes, columns, private texts, place and order with each other and
    with the head.

    ``known``: a checkpoint kept elsewhere, such as the one that a decision record names: the stream must still begin
    with exactly that. Without it a stream that was rewritten from some entry to its end, head included, can't be told
    from a true one.

    Entries that are appended meanwhile don't disturb it. Memory doesn't grow with the stream.
    """
    head = StreamHead.objects.filter(stream=stream).first()
    size = head.size if head else 0
    reading = _Reading(stream, known)
    reading.compare_known()
    try:
        for event in _events(stream, below=size):
            reading.take(event)
    except (ValueError, TypeError, AttributeError) as error:  # SQLite keeps any text in any column
        reading.report(reading.size, "column", f"the rows after entry {reading.size - 1} can't be read from their columns ({error})")
    else:
        if reading.size < size:
            reading.miss(size, tail=True)
    reading.compare_head(head)
    if known is not None and known.size > size:
        reading.report(None, "checkpoint", f"the stream has {size} entries, the kept checkpoint {known.size}: its tail was cut")
    problems = sorted(reading.problems, key=lambda problem: (problem.index is None, problem.index or 0))
    return Report(not problems, reading.size, merkle.frontier_root(reading.frontier).hex(), problems)


def _events(stream: str, below: int) -> Iterator[AuditEvent]:
    events = AuditEvent.objects.filter(stream=stream, index__lt=below).order_by("index", "pk").prefetch_related("private")
    return events.iterator(chunk_size=_CHUNK)


@dataclass
class _Reading:
    stream: str
    known: Checkpoint | None
    size: int = 0
    frontier: tuple[bytes, ...] = ()
    whole: bool = True  # no entry was missing so far, so the frontier is that of all entries read
    latest_at: str = ""
    problems: list[Problem] = field(default_factory=list)

    def report(self, index: int | None, kind: str, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(index, kind, message))

    def miss(self, until: int, *, tail: bool = False) -> None:
        first, last = self.size, until - 1
        which = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        self.report(first, "missing", which + (": the tail was cut" if tail else ""))
        self.whole = False
        self.size = until

    def take(self, event: AuditEvent) -> None:
        index = event.index
        if index < self.size:
            self.report(index, "added", f"entry {index} is there twice")
            return
        if index > self.size:
            self.miss(index)
        data = bytes(event.canonical)
        leaf = merkle.leaf_hash(data)
        if self.whole:
            self.frontier = merkle.frontier_append(self.frontier, self.size, leaf)
        self.size = index + 1
        if leaf.hex() != event.leaf_hash:
            self.report(index, "changed", f"entry {index}: its bytes and its stored hash don't match, one of them was changed")
        try:
            body = _readable(data)
        except (ValueError, KeyError, TypeError) as error:
            self.report(index, "changed", f"entry {index}: its bytes can't be read as an event ({error})")
        else:
            self.compare_columns(event, body)
            self.compare_private(event, body)
        self.compare_known()

    def compare_columns(self, event: AuditEvent, body: dict[str, Any]) -> None:
        if body["index"] != event.index:
            self.report(event.index, "reordered", f"entry {event.index}: its bytes were written as entry {body['index']}")
        for name, value in _columns(body).items():
            stored = time_text(event.at) if name == "at" else getattr(event, name)
            if stored != value:
                self.report(event.index, "column", f"entry {event.index}: the column {name} says {stored!r}, the hashed bytes {value!r}")
        if body["at"] < self.latest_at:
            self.report(event.index, "time", f"entry {event.index}: its time {body['at']} lies before that of an earlier entry")
        self.latest_at = max(self.latest_at, body["at"])

    def compare_private(self, event: AuditEvent, body: dict[str, Any]) -> None:
        for private in event.private.all():
            where = f"entry {event.index}: the private text {private.key!r}"
            digest = body["private"].get(private.key)
            if digest is None:
                self.report(event.index, "private", f"{where} isn't part of the entry")
            elif digest != private_digest(private.salt, private.text):
                self.report(event.index, "private", f"{where} was changed: its digest isn't the one that was hashed")
            elif private.about != person_named_by(private.key, body):
                self.report(event.index, "private", f"{where} is filed under {private.about!r}, which the entry doesn't say")

    def compare_known(self) -> None:
        if self.known is None or self.size != self.known.size or not self.whole:
            return
        if merkle.frontier_root(self.frontier).hex() != self.known.root_hex:
            message = f"the first {self.size} entries don't have the root of the kept checkpoint: one of them was rewritten"
            self.report(None, "checkpoint", message)

    def compare_head(self, head: StreamHead | None) -> None:
        if head is not None and self.whole and self.size == head.size:
            kept = unpack_frontier(head.frontier)
            if len(kept) != len(self.frontier):
                self.report(
                    None,
                    "head",
                    f"the head of {head.size} entries holds {len(kept)} hashes, not {len(self.frontier)}: it was changed",
                )
            else:
                for stored, computed, (start, end) in zip(kept, self.frontier, merkle.frontier_ranges(head.size), strict=True):
                    if stored != computed:
                        which = f"entry {start}" if end == start + 1 else f"entries {start} to {end - 1}"
                        self.report(start, "head", f"the head's hash over {which} is another: an entry there or the head was changed")
        # Only rows that were appended, with the head, since the head was read may stand beyond it.
        last = AuditEvent.objects.filter(stream=self.stream).order_by("-index").values_list("index", flat=True).first()
        end = StreamHead.objects.filter(stream=self.stream).values_list("size", flat=True).first() or 0
        if last is not None and last >= end:
            self.report(end, "added", f"the head says {end} entries, but there are rows up to entry {last}")


def _readable(data: bytes) -> dict[str, Any]:
    """Parse the bytes of an event; raises ValueError, KeyError or TypeError where they aren't one."""
    body: dict[str, Any] = json.loads(data)
    if body["format"] != FORMAT:
        raise ValueError(f"its format is {body['format']!r}, not {FORMAT!r}")
    datetime.fromisoformat(body["at"])
    _columns(body)
    if not isinstance(body["private"], dict) or not isinstance(body["changes"], dict) or not isinstance(body["index"], int):
        raise ValueError("its private, changes or index is of another type")
    return body


def _columns(body: dict[str, Any]) -> dict[str, Any]:
    """What the columns for searching must hold."""
    return {
        "stream": body["stream"],
        "at": body["at"],
        "actor": body["actor"] or "",
        "action": body["action"],
        "object_type": body["object"]["type"],
        "object_id": body["object"]["id"],
        "request": body["request"] or "",
    }
