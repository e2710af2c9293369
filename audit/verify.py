"""Reading a whole stream again and telling whether it is what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from audit import merkle, places
from audit.claims import Claim, Claims
from audit.contents import COLUMNS, compare_columns, compare_private, missing_texts, readable
from audit.models import AuditCheckpoint, AuditEvent, AuditPrivate, StreamHead
from audit.trail import PERSON_ERASED, Checkpoint, stored_bytes, unpack_frontier

MOST_PROBLEMS = 100
_CHUNK = 1000
# Told after what is wrong with one entry, which is where to look first; the head says least about where.
_OF_THE_WHOLE = {"checkpoint": 1, "tail": 1, "forged": 1, "head": 2}

Row = tuple[Any, ...]  # pk, index, canonical, leaf_hash, and COLUMNS


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where.

    ``index``: the entry's place in the stream, None where it concerns the stream as a whole. ``kind``: ``changed`` (the hashed bytes or their
    hash), ``column`` (a column differs from the bytes), ``private`` (a name or free text), ``missing``, ``reordered``, ``time``, ``added``
    (twice, or beyond the head), ``tail`` (entries that were there are gone from the end), ``head``, ``checkpoint`` (the stream doesn't bear one
    out, or it is missing somewhere), ``forged`` (a checkpoint's signature, timestamp or row).
    """

    index: int | None
    kind: str
    message: str


@dataclass(frozen=True)
class Report:
    """What was found: number of entries read, the root recomputed from their bytes (hexadecimal), at most 100 problems, those of one entry
    first, and what couldn't be checked, such as the second place while it is out of reach.
    """

    ok: bool
    size: int
    root: str
    problems: list[Problem]
    unchecked: list[str] = field(default_factory=list)


def streams() -> list[str]:
    """Every stream that the tables know of, were it only by a checkpoint that is left, in alphabetical order."""
    held = set(StreamHead.objects.values_list("stream", flat=True))
    for model in (AuditEvent, AuditCheckpoint):
        held |= set(model.objects.order_by("stream").values_list("stream", flat=True).distinct())
    return sorted(held)


def streams_and_places() -> list[str]:
    """Those, and the ones that only the second place knows of. Raises places.PlaceUnavailable."""
    return sorted({*streams(), *places.streams()})


def verify_stream(stream: str, *, known: Checkpoint | None = None, second_place: bool = False) -> Report:
    """Read every entry of a stream and compare its bytes, columns, private texts, place and order with each other, with the head, and with
    every checkpoint in the table.

    ``known``: a checkpoint kept elsewhere, such as the one that a decision record names: the stream must still begin with exactly that.
    ``second_place``: compare with the notes that are kept there too. Without either, whoever rewrites the stream to its end together with the
    head and the checkpoints' rows isn't found out.

    Entries and checkpoints that are added meanwhile don't disturb it. Memory doesn't grow with the stream.
    """
    head = _head_of(stream)
    size = head.size if head else 0
    reading = _Reading(stream)
    claims = Claims(stream, lambda kind, message: reading.report(None, kind, message), second_place)
    reading.expect(claims.in_order(), known)
    try:
        for rows in _chunks(_events(stream, below=size)):
            reading.take(rows)
    except (ValueError, TypeError, AttributeError) as error:  # SQLite keeps any text in any column
        reading.report(reading.size, "column", f"the rows after entry {reading.size - 1} can't be read from their columns ({error})")
    else:
        if reading.size < size:
            reading.miss(size, tail=True)
    reading.compare_head(head)
    reading.finish_claims()
    problems = sorted(reading.problems, key=lambda problem: (_OF_THE_WHOLE.get(problem.kind, 0), problem.index is None, problem.index or 0))
    return Report(not problems, reading.size, merkle.frontier_root(reading.frontier).hex(), problems, claims.unchecked)


def check_hashes(entries: Iterable[tuple[bytes, str]], frontier: list[bytes], size: int) -> list[int]:
    """Hash stored bytes into the tree of ``size`` leaves, and return the positions among ``entries`` at which the stored leaf hash is another.

    ``entries``: bytes and leaf hash in hexadecimal digits. ``frontier`` is extended in place.
    """
    sha256, wrong, leaves = hashlib.sha256, [], []
    for position, (data, stored) in enumerate(entries):
        leaf = sha256(b"\x00" + data)
        if leaf.hexdigest() != stored:
            wrong.append(position)
        leaves.append(leaf.digest())
    merkle.extend(frontier, size, leaves)
    return wrong


def _head_of(stream: str) -> StreamHead | None:
    return StreamHead.objects.filter(stream=stream).first()


def _events(stream: str, below: int) -> Iterator[Row]:
    events = AuditEvent.objects.filter(stream=stream, index__lt=below).order_by("index", "pk")
    return events.values_list("pk", "index", "canonical", "leaf_hash", *COLUMNS).iterator(chunk_size=_CHUNK)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


@dataclass
class _Reading:
    stream: str
    size: int = 0
    frontier: list[bytes] = field(default_factory=list)
    whole: bool = True  # no entry was missing so far, so the frontier is that of all entries read
    latest_at: str = ""
    problems: list[Problem] = field(default_factory=list)
    claims: Iterator[Claim] = field(default_factory=lambda: iter(()))
    next_claim: Claim | None = None
    borne_out: dict[str, int] = field(default_factory=dict)  # for each source, the size of its last checkpoint that the stream agrees with
    broken: set[str] = field(default_factory=set)  # sources of which a checkpoint was found broken: its later ones are no news

    def report(self, index: int | None, kind: str, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(index, kind, message))

    def expect(self, claims: Iterator[Claim], known: Checkpoint | None) -> None:
        """Begin with what is claimed of the stream, in order of size."""
        self.claims = _with_known(claims, known)
        self.next_claim = next(self.claims, None)
        self.compare_claims()

    def miss(self, until: int, *, tail: bool = False) -> None:
        first, last = self.size, until - 1
        which = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        self.report(first, "tail" if tail else "missing", which + (": the tail was cut" if tail else ""))
        self.whole = False
        self.size = until

    def take(self, rows: list[Row]) -> None:
        """Take the next entries in order of index: first all hashes, then what they say."""
        datas = [stored_bytes(row[2]) for row in rows]
        start = 0
        while start < len(rows):
            if rows[start][1] != self.size:
                index = rows[start][1]
                if index < self.size:
                    self.report(index, "added", f"entry {index} is there twice")
                    del rows[start], datas[start]
                    continue
                self.miss(index)
            start = self.take_run(rows, datas, start)
        self.compare_contents(rows, datas)

    def take_run(self, rows: list[Row], datas: list[bytes], start: int) -> int:
        """Hash as many entries as follow one another, up to the next checkpoint, and return where it stopped."""
        self.skip_claims()
        limit = len(rows) if self.next_claim is None else min(len(rows), start + self.next_claim.size - self.size)
        end, offset = start + 1, self.size - start
        while end < limit and rows[end][1] == end + offset:
            end += 1
        entries = zip(datas[start:end], (row[3] for row in rows[start:end]), strict=True)
        for position in check_hashes(entries, self.frontier if self.whole else [], self.size if self.whole else 0):
            index = self.size + position
            self.report(index, "changed", f"entry {index}: its bytes and its stored hash don't match, one of them was changed")
        self.size += end - start
        self.compare_claims()
        return end

    def compare_contents(self, rows: list[Row], datas: list[bytes]) -> None:
        texts: dict[int, list[tuple[str, str, bytes, str]]] = {}
        held = AuditPrivate.objects.filter(event__in=[row[0] for row in rows]).order_by("pk")
        for event, key, text, salt, about in held.values_list("event_id", "key", "text", "salt", "about"):
            texts.setdefault(event, []).append((key, text, stored_bytes(salt), about))
        missing: list[tuple[int, str, str]] = []
        for row, data in zip(rows, datas, strict=True):
            index = row[1]
            try:
                body = readable(data)
            except (ValueError, KeyError, TypeError) as error:
                self.report(index, "changed", f"entry {index}: its bytes can't be read as an event ({error})")
                continue
            for finding in compare_columns(index, body, row[4:]):
                self.report(index, *finding)
            for finding in compare_private(index, body, texts.get(row[0], ())):
                self.report(index, *finding)
            missing += [(index, key, person) for key, person in missing_texts(body, (text[0] for text in texts.get(row[0], ())))]
            if body["at"] < self.latest_at:
                self.report(index, "time", f"entry {index}: its time {body['at']} lies before that of an earlier entry")
            else:
                self.latest_at = body["at"]

        self.compare_missing(missing)

    def compare_missing(self, missing: list[tuple[int, str, str]]) -> None:
        """What is no longer there (index, key, person) against the entries that tell of an erasure. These are looked up after the texts were:
        an erasure takes both in one transaction, so whoever misses a text finds its entry."""
        people = {person.removeprefix("person:") for _, _, person in missing if person}
        erasures = AuditEvent.objects.filter(stream=self.stream, action=PERSON_ERASED, object_type="person", object_id__in=people)
        erased = dict(erasures.order_by("index").values_list("object_id", "index")) if people else {}
        for index, key, person in sorted(missing):
            if erased.get(person.removeprefix("person:"), -1) < index:
                self.report(
                    index, "private", f"entry {index}: the private text {key!r} is gone, and no later entry tells that it was erased"
                )

    def skip_claims(self) -> None:
        """Pass over checkpoints of fewer entries than are read: those that came late, and those of a stream with a gap."""
        while self.next_claim is not None and self.next_claim.size <= self.size:
            self.next_claim = next(self.claims, None)

    def compare_claims(self) -> None:
        while self.whole and (claim := self.next_claim) is not None and claim.size == self.size:
            if merkle.frontier_root(self.frontier) == claim.root:
                self.borne_out |= dict.fromkeys(claim.sources, claim.size)
            elif not self.broken.issuperset(claim.sources):
                self.broken.update(claim.sources)
                first, last = max(self.borne_out.get(source, 0) for source in claim.sources), claim.size - 1
                which = f"entry {first} was" if first == last else f"of the entries {first} to {last} at least one was"
                self.report(first, "checkpoint", f"{which} rewritten: {claim.where} states another root")
            self.next_claim = next(self.claims, None)

    def finish_claims(self) -> None:
        """What is claimed of more entries than there are: a tail was cut, unless the stream has just grown that far."""
        self.skip_claims()
        end = StreamHead.objects.filter(stream=self.stream).values_list("size", flat=True).first() or 0
        cut: set[str] = set()
        while (claim := self.next_claim) is not None:
            if claim.size > end and not cut.issuperset(claim.sources):
                cut.update(claim.sources)
                self.report(self.size, "tail", f"the stream has {end} entries, but there was {claim.where}: its tail was cut")
            self.next_claim = next(self.claims, None)

    def compare_head(self, head: StreamHead | None) -> None:
        if head is not None and self.whole and self.size == head.size:
            kept = unpack_frontier(head.frontier)
            if len(kept) != len(self.frontier):
                message = f"the head of {head.size} entries holds {len(kept)} hashes, not {len(self.frontier)}: it was changed"
                self.report(None, "head", message)
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


def _with_known(claims: Iterator[Claim], known: Checkpoint | None) -> Iterator[Claim]:
    """The claims with one more, in order of size."""
    ours = Claim(known.size, bytes.fromhex(known.root_hex), ("known",), f"the kept checkpoint of {known.size} entries") if known else None
    for claim in claims:
        if ours is not None and ours.size <= claim.size:
            yield ours
            ours = None
        yield claim
    if ours is not None:
        yield ours
