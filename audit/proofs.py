"""Proofs that one entry is in a stream, and that a stream only grew: for somebody who doesn't trust this service and sees nothing else of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from audit import merkle, note
from audit.models import AuditCheckpoint, AuditEvent
from audit.note import Verifier
from audit.trail import checkpoint

INCLUSION_FORMAT = "countersign/inclusion-proof@1"
CONSISTENCY_FORMAT = "countersign/consistency-proof@1"
_CHUNK = 10_000


class NoProof(ValueError):
    """There is no such proof; the message says why."""


class BadProof(ValueError):
    """The proof doesn't prove what it says, or isn't one; the message says why."""


@dataclass(frozen=True)
class InclusionProof:
    """That the entry with hash ``leaf`` is entry ``index`` (from 0) of the first ``size`` entries, whose root is ``root``.

    Hashes are 32 bytes; ``path`` runs from the leaf's sibling up (RFC 6962, 2.1.1). ``checkpoint``: the signed note of that size, if there is
    one: without it the proof is of a tree that nobody vouches for.
    """

    stream: str
    index: int
    size: int
    leaf: bytes
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: str | None

    def as_dict(self) -> dict[str, Any]:
        """The proof as JSON values, hashes in hexadecimal digits."""
        return {
            "format": INCLUSION_FORMAT,
            "stream": self.stream,
            "index": self.index,
            "size": self.size,
            "leaf_hash": self.leaf.hex(),
            "root": self.root.hex(),
            "path": [step.hex() for step in self.path],
            "checkpoint": self.checkpoint,
        }

    def as_tlog_proof(self) -> str:
        """The proof as transparency-log tools take it (https://c2sp.org/tlog-proof). Raises NoProof without a checkpoint."""
        if self.checkpoint is None:
            raise NoProof(f"no checkpoint of {self.size} entries was signed")
        steps = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.path)
        return f"c2sp.org/tlog-proof@v1\nindex {self.index}\n{steps}\n{self.checkpoint}"


@dataclass(frozen=True)
class ConsistencyProof:
    """That the first ``second`` entries begin with the first ``first`` ones. Hashes are 32 bytes; ``path`` as in RFC 6962, 2.1.2."""

    stream: str
    first: int
    second: int
    first_root: bytes
    second_root: bytes
    path: tuple[bytes, ...]
    first_checkpoint: str | None
    second_checkpoint: str | None

    def as_dict(self) -> dict[str, Any]:
        """The proof as JSON values, hashes in hexadecimal digits."""
        return {
            "format": CONSISTENCY_FORMAT,
            "stream": self.stream,
            "first": self.first,
            "second": self.second,
            "first_root": self.first_root.hex(),
            "second_root": self.second_root.hex(),
            "path": [step.hex() for step in self.path],
            "first_checkpoint": self.first_checkpoint,
            "second_checkpoint": self.second_checkpoint,
        }


def inclusion(stream: str, index: int, size: int | None = None) -> InclusionProof:
    """Prove that an entry is in the stream.

    ``size``: of which tree; without it that of the newest checkpoint that holds the entry, or of the stream as it stands where none does yet.
    Reads one hash an entry, and no entry itself. Raises NoProof.
    """
    if size is None:
        newest = AuditCheckpoint.objects.filter(stream=stream, size__gt=index).order_by("-size").values_list("size", flat=True).first()
        size = newest or checkpoint(stream).size
    return inclusions(stream, [index], size)[0]


def inclusions(stream: str, indexes: Sequence[int], size: int) -> list[InclusionProof]:
    """The proofs of several entries in the tree of ``size``, in one pass over the hashes. Raises NoProof."""
    try:
        ranges = [merkle.inclusion_ranges(index, size) for index in indexes]
    except ValueError as error:
        raise NoProof(f"{stream}: {error}") from None
    leaves, (root,), *paths = _roots(stream, size, [(index, index + 1) for index in indexes], [(0, size)], *ranges)
    checkpoint_note = _note_of(stream, size, root)
    return [
        InclusionProof(stream, index, size, leaf, root, tuple(path), checkpoint_note)
        for index, leaf, path in zip(indexes, leaves, paths, strict=True)
    ]


def consistency(stream: str, first: int, second: int | None = None) -> ConsistencyProof:
    """Prove that the stream of ``second`` entries (without it, all there are) begins with that of ``first``. Raises NoProof."""
    second = checkpoint(stream).size if second is None else second
    try:
        ranges = merkle.consistency_ranges(first, second)
    except ValueError as error:
        raise NoProof(f"{stream}: {error}") from None
    path, (before, after) = _roots(stream, second, ranges, [(0, first), (0, second)])
    notes = _note_of(stream, first, before), _note_of(stream, second, after)
    return ConsistencyProof(stream, first, second, before, after, tuple(path), *notes)


def check(proof: dict[str, Any], verifiers: Sequence[Verifier] = ()) -> list[str]:
    """Check a proof as ``as_dict`` gives it, with nothing else at hand, and return sentences of what it proves.

    ``verifiers``: the keys that are believed; with none, checkpoints are compared but their signatures are not. Raises BadProof.
    """
    try:
        if proof["format"] == INCLUSION_FORMAT:
            return _check_inclusion(proof, verifiers)
        if proof["format"] == CONSISTENCY_FORMAT:
            return _check_consistency(proof, verifiers)
        raise BadProof(f"its format is {proof['format']!r}, which isn't known")
    except BadProof:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadProof(f"it can't be read as a proof ({type(error).__name__}: {error})") from None


def _roots(stream: str, size: int, *groups: list[tuple[int, int]]) -> list[list[bytes]]:
    """The root over each range of leaves, in one pass over the hashes."""
    ranges = [one for group in groups for one in group]
    leaves = (leaf for chunk in _leaf_hashes(stream, size) for leaf in chunk)
    try:
        roots = iter(merkle.subtree_roots(leaves, ranges))
    except ValueError:
        raise NoProof(f"{stream} has fewer than {size} entries without a gap; verify_audit tells what is wrong") from None
    return [[next(roots) for _ in group] for group in groups]


def _leaf_hashes(stream: str, size: int) -> Iterator[list[bytes]]:
    rows = AuditEvent.objects.filter(stream=stream, index__lt=size).order_by("index").values_list("index", "leaf_hash")
    leaves: list[bytes] = []
    for expected, (index, leaf) in enumerate(rows.iterator(chunk_size=_CHUNK)):
        if index != expected:
            break
        leaves.append(bytes.fromhex(leaf))
        if len(leaves) == _CHUNK:
            yield leaves
            leaves = []
    yield leaves


def _note_of(stream: str, size: int, root: bytes) -> str | None:
    row = AuditCheckpoint.objects.filter(stream=stream, size=size).first()
    if row is None:
        return None
    if row.root != root.hex():
        raise NoProof(f"{stream}: its entries don't lead to the root of the checkpoint of {size}; verify_audit tells what is wrong")
    return row.note


def _check_inclusion(proof: dict[str, Any], verifiers: Sequence[Verifier]) -> list[str]:
    index, size, root = _number(proof["index"]), _number(proof["size"]), bytes.fromhex(proof["root"])
    path = [bytes.fromhex(step) for step in proof["path"]]
    if not merkle.verify_inclusion(bytes.fromhex(proof["leaf_hash"]), index, size, path, root):
        raise BadProof(f"the path doesn't lead from entry {index} to the root of {size} entries")
    said = [f"The entry with hash {proof['leaf_hash']} is entry {index} of {proof['stream']} among its first {size}."]
    return said + _check_note(proof["checkpoint"], size, root, verifiers)


def _check_consistency(proof: dict[str, Any], verifiers: Sequence[Verifier]) -> list[str]:
    first, second = _number(proof["first"]), _number(proof["second"])
    before, after = bytes.fromhex(proof["first_root"]), bytes.fromhex(proof["second_root"])
    if not merkle.verify_consistency(first, second, before, after, [bytes.fromhex(step) for step in proof["path"]]):
        raise BadProof(f"the path doesn't lead from the root of {first} entries to that of {second}")
    said = [f"The first {second} entries of {proof['stream']} begin with what its first {first} were."]
    said += _check_note(proof["first_checkpoint"], first, before, verifiers)
    return said + _check_note(proof["second_checkpoint"], second, after, verifiers)


def _check_note(text: str | None, size: int, root: bytes, verifiers: Sequence[Verifier]) -> list[str]:
    if text is None:
        return [f"No checkpoint of {size} entries comes with it, so nobody vouches for the root {root.hex()}."]
    try:
        head = note.tree_head(note.parse(text).text)
        opened = note.opened(text, verifiers) if verifiers else None
    except note.BadNote as error:
        raise BadProof(f"its checkpoint of {size} entries doesn't hold: {error}") from None
    if (head.size, head.root) != (size, root):
        raise BadProof(f"its checkpoint is of {head.size} entries and root {head.root.hex()}")
    if opened is None:
        return [f"A checkpoint of {size} entries states that root; its signature wasn't checked, since no key was given."]
    return [f"A checkpoint of {size} entries states that root, signed by {opened.by[0].text}."]


def _number(value: Any) -> int:
    if type(value) is not int:
        raise BadProof(f"{value!r} is no whole number")
    return value
