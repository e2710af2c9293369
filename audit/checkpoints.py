"""Signing where a stream stands, and keeping that in a second place, so that a cut tail or a rewrite of the database shows."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from audit import merkle, note, places, timestamps
from audit.keys import file_name, signers_of, verifiers_of
from audit.models import AuditCheckpoint, AuditEvent, StreamHead
from audit.note import TreeHead
from audit.places import Kept
from audit.trail import stored_bytes, unpack_frontier

_CHUNK = 2000

log = logging.getLogger(__name__)


class Inconsistent(RuntimeError):
    """The stream doesn't go on from a checkpoint that was signed before: nothing more is signed, since a log that signs both has lied."""


def publish(stream: str) -> AuditCheckpoint | None:
    """Sign where a stream stands, keep it in the second place, and return its row; None where the stream hasn't grown since the last one.

    Before it signs, it goes on from the last checkpoint over the bytes of every entry since, so that what it signs extends what it signed
    before. A note that a process left in the second place before it died is taken up. Two processes at once are fine: one goes after the
    other, and they get one row.

    Call it outside a transaction: it may wait for a timestamp authority and for the second place. The stream may grow meanwhile.

    Raises Inconsistent where the stream was cut or changed, places.PlaceUnavailable where the second place can't be reached (then there is no
    row; call again later), and keys.LogKeyUnreadable.
    """
    with _one_at_a_time(stream):
        return _publish(stream)


def _publish(stream: str) -> AuditCheckpoint | None:
    head = StreamHead.objects.filter(stream=stream).first()
    last = AuditCheckpoint.objects.filter(stream=stream).order_by("-size").first()
    tree = _Tree(stream)
    if last is not None:
        tree.start_from(last)
    size = head.size if head else 0
    if size < tree.size:
        raise Inconsistent(f"{stream} has {size} entries, but {tree.size} had been signed: its tail was cut")
    row: AuditCheckpoint | None = None
    for kept in places.listed(stream, above=tree.size):
        row = _take_up(tree, kept, size)
    if size == tree.size:
        return row
    tree.grow(size)
    if head is not None and unpack_frontier(head.frontier) != tuple(tree.frontier):
        raise Inconsistent(f"{stream}: the head of {size} entries isn't that of its entries: one of them or the head was changed")
    signers = signers_of(stream)
    root = merkle.frontier_root(tree.frontier)
    text = note.sign(TreeHead(signers[0].name, size, root).text, signers, int(time.time()))
    return _keep(tree, text)


def publish_all() -> list[AuditCheckpoint]:
    """Publish every stream that has grown. One that fails doesn't keep the others from theirs: its error is raised at the end."""
    made, failures = [], []
    for stream in StreamHead.objects.order_by("stream").values_list("stream", flat=True):
        try:
            row = publish(stream)
        except (Inconsistent, places.PlaceUnavailable, RuntimeError) as error:
            log.error("No checkpoint of %s: %s", stream, error)
            failures.append(error)
        else:
            made += [row] if row else []
    if failures:
        raise failures[0]
    return made


def latest(stream: str, *, below: int | None = None) -> AuditCheckpoint | None:
    """The newest checkpoint of a stream, or the newest of fewer than ``below`` entries."""
    rows = AuditCheckpoint.objects.filter(stream=stream)
    return (rows if below is None else rows.filter(size__lt=below)).order_by("-size").first()


@contextmanager
def _one_at_a_time(stream: str) -> Iterator[None]:
    """Keep other publishers of the stream waiting, be they threads, processes or other machines.

    Otherwise one that dies between its note and its row could be overtaken by another with more entries, and its note would stand for ever
    below the last row without a row of its own, as if somebody had deleted that. The lock ends with whoever holds it.
    """
    if connection.vendor != "postgresql":
        folder = Path(settings.VAR_DIR) / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        with open(folder / f"checkpoint-{file_name(stream)}", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    number = int.from_bytes(hashlib.sha256(f"checkpoint {stream}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [number])
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
        except DatabaseError:
            if not connection.in_atomic_block:
                connection.close()  # and the lock with it


@dataclass
class _Tree:
    """The stream's tree, grown over the bytes of its entries."""

    stream: str
    size: int = 0
    frontier: list[bytes] = field(default_factory=list)

    def start_from(self, row: AuditCheckpoint) -> None:
        """Begin where a row says, if a signature of ours bears it out: the row alone could be anybody's."""
        frontier = list(unpack_frontier(row.frontier))
        try:
            head = note.tree_head(note.opened(row.note, verifiers_of(self.stream)).text)
        except note.BadNote as error:
            raise Inconsistent(f"{self.stream}: the checkpoint of {row.size} entries is forged: {error}") from None
        if head.size != row.size or len(frontier) != head.size.bit_count() or merkle.frontier_root(frontier) != head.root:
            raise Inconsistent(f"{self.stream}: the row of the checkpoint of {row.size} entries isn't what was signed")
        self.size, self.frontier = head.size, frontier

    def grow(self, size: int) -> None:
        """Append the entries up to ``size``, from their bytes. Raises Inconsistent for one that is missing."""
        rows = AuditEvent.objects.filter(stream=self.stream, index__gte=self.size, index__lt=size).order_by("index")
        expected = self.size
        for index, canonical in rows.values_list("index", "canonical").iterator(chunk_size=_CHUNK):
            if index != expected:
                break
            merkle.extend(self.frontier, index, [merkle.leaf_hash(stored_bytes(canonical))])
            expected += 1
        self.size = expected
        if expected != size:
            raise Inconsistent(f"{self.stream}: entry {expected} is missing")


def _take_up(tree: _Tree, kept: Kept, size: int) -> AuditCheckpoint:
    """Make the row of a note that lies in the second place without one."""
    if kept.size > size:
        raise Inconsistent(f"{tree.stream} has {size} entries, but the second place holds a checkpoint of {kept.size}: its tail was cut")
    tree.grow(kept.size)
    text = places.read(kept, ".note")
    return _keep(tree, (text or b"").decode(errors="replace"))


def _keep(tree: _Tree, text: str) -> AuditCheckpoint:
    """Put a note of the tree as it stands into the second place, then its timestamp, then make its row.

    Whoever comes second takes the first one's note, after checking it as if it were a stranger's.
    """
    root = merkle.frontier_root(tree.frontier)
    kept = Kept(tree.stream, tree.size, root.hex()[:16])
    text = places.keep(kept, ".note", text.encode()).decode(errors="replace")
    try:
        opened = note.opened(text, verifiers_of(tree.stream))
        head = note.tree_head(opened.text)
    except note.BadNote as error:
        raise Inconsistent(f"{tree.stream}: the second place holds a forged checkpoint of {tree.size} entries: {error}") from None
    if (head.size, head.root) != (tree.size, root) or opened.at is None:
        raise Inconsistent(f"{tree.stream}: the second place holds a checkpoint of {head.size} entries that the stream doesn't bear out")
    token = places.read(kept, ".tsr")
    if token is None and (answer := timestamps.stamp(text.encode())) is not None:
        token = places.keep(kept, ".tsr", answer)
    values = {
        "root": root.hex(),
        "at": datetime.fromtimestamp(opened.at, UTC),
        "note": text,
        "token": token,
        "key_id": opened.by[0].key_id.hex(),
        "frontier": b"".join(tree.frontier),
    }
    row, _ = AuditCheckpoint.objects.get_or_create(stream=tree.stream, size=tree.size, defaults=values)
    return row
