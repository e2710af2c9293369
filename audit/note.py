"""Signed notes and the checkpoints that are written in them, as C2SP has them, so that transparency-log tools can read ours. Pure.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint and https://c2sp.org/tlog-cosignature. A note is text, an empty line,
and one line a signature. A checkpoint's text is three lines: the log's origin, its size, and the root over it in base64.

The checkpoint has no line for the time: extension lines are not recommended, since nobody who watches a log can check them. The time is
signed all the same, by a second signature of the log's own of the timestamped kind (``TIMED``), whose message holds it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PLAIN = 0x01  # an Ed25519 signature of the text
TIMED = 0x04  # an Ed25519 signature of the text and a time
MOST_SIGNATURES = 100
_LINE_START = "— "
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = {PLAIN: 64, TIMED: 72}
_VERIFIER = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_SIZE = re.compile(r"0|[1-9][0-9]*")


class BadNote(ValueError):
    """The text is no signed note, no checkpoint or no verifier key; the message says why."""


class NotSigned(BadNote):
    """No known key signed the note, or a signature by one of them is wrong."""


@dataclass(frozen=True)
class Verifier:
    """Whose signatures are believed. ``public``: 32 bytes; ``kind``: PLAIN or TIMED."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no proof of anything."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as tools take it: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True)
class Signer:
    """Signs as ``name``, which may hold neither spaces nor a plus; raises BadNote for one that does."""

    name: str
    kind: int
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.kind, self.key.public_key().public_bytes_raw())

    def line(self, text: str, at: int) -> str:
        """The signature line for a note's text; ``at``: seconds since 1970, which only a TIMED one holds."""
        if self.kind == TIMED:
            signature = struct.pack(">Q", at) + self.key.sign(_timed_message(text, at))
        else:
            signature = self.key.sign(text.encode())
        return f"{_LINE_START}{self.name} {_base64(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True)
class Signature:
    """One signature line, read but not checked."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A note as it was read. ``text`` ends with a newline; nothing of it is true until ``opened``."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Opened:
    """A note that a known key signed.

    ``by``: the known keys whose signatures hold. ``others``: signatures by keys that aren't known, such as a witness's. ``at``: the time that
    a TIMED one of the known keys states, in seconds since 1970, or None.
    """

    text: str
    by: tuple[Verifier, ...]
    others: tuple[Signature, ...]
    at: int | None


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint states. ``root``: 32 bytes; ``extensions``: further lines, which nobody can check."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The checkpoint's text. Raises BadNote for what a checkpoint can't state."""
        if not self.origin or self.size < 0 or len(self.root) != hashlib.sha256().digest_size:
            raise BadNote("a checkpoint needs an origin, a size of at least 0 and a root of 32 bytes")
        lines = [self.origin, str(self.size), _base64(self.root), *self.extensions]
        if any(not line or "\n" in line for line in lines):
            raise BadNote("a checkpoint's lines hold something, and no line break")
        return "".join(f"{line}\n" for line in lines)


def sign(text: str, signers: Sequence[Signer], at: int) -> str:
    """Return the signed note of ``text``; ``at``: the time of signing in seconds since 1970. Raises BadNote where the text can't be one's."""
    if not text.endswith("\n"):
        raise BadNote("a note's text ends with a newline")
    _check_characters(text)
    return text + "\n" + "".join(signer.line(text, at) for signer in signers)


def parse(note: str) -> Note:
    """Read a signed note, whoever signed it. Raises BadNote."""
    _check_characters(note)
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise BadNote("the note has no empty line before its signatures, or doesn't end with a newline")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote(f"the note has more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def opened(note: str, verifiers: Iterable[Verifier]) -> Opened:
    """Read a signed note and check its signatures by known keys; others are kept aside, unbelieved.

    Raises BadNote for what is no note, and NotSigned where no known key signed it or where a known key's signature is wrong.
    """
    read = parse(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    by: list[Verifier] = []
    others: list[Signature] = []
    at: int | None = None
    for signature in read.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            others.append(signature)
            continue
        time = _verify(read.text, signature, verifier)
        at = time if at is None else at
        by.append(verifier)
    if not by:
        names = ", ".join(f"{signature.name}+{signature.key_id.hex()}" for signature in read.signatures)
        raise NotSigned(f"no known key signed it; it is signed by {names}")
    return Opened(read.text, tuple(by), tuple(others), at)


def tree_head(text: str) -> TreeHead:
    """Read a checkpoint's text. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadNote("a checkpoint has at least three lines, none of them empty")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise BadNote(f"the checkpoint's size {size!r} is no decimal number without leading zeroes")
    decoded = _decode(root)
    if len(decoded) != hashlib.sha256().digest_size:
        raise BadNote(f"the checkpoint's root has {len(decoded)} bytes, not 32")
    return TreeHead(origin, int(size), decoded, tuple(extensions))


def verifier(text: str) -> Verifier:
    """Read a verifier key. Raises BadNote for one that is malformed, of another kind than Ed25519's two, or whose id isn't its own."""
    found = _VERIFIER.fullmatch(text)
    if not found:
        raise BadNote(f"{text!r} is no verifier key: write name+id+key")
    _check_name(found[1])
    data = _decode(found[3])
    if data[:1] not in (bytes([PLAIN]), bytes([TIMED])) or len(data) != 33:
        raise BadNote(f"{text!r} holds no Ed25519 key")
    read = Verifier(found[1], data[0], data[1:])
    if read.key_id.hex() != found[2]:
        raise BadNote(f"{text!r} has the id {found[2]}, but its key {read.key_id.hex()}")
    return read


def _verify(text: str, signature: Signature, verifier: Verifier) -> int | None:
    """Return the time that a signature states, or None for a plain one; raises NotSigned where it is wrong."""
    wrong = NotSigned(f"the signature by {signature.name}+{signature.key_id.hex()} is wrong")
    if len(signature.signature) != _SIGNATURE_BYTES[verifier.kind]:
        raise wrong
    at, message, signed = None, text.encode(), signature.signature
    if verifier.kind == TIMED:
        (at,) = struct.unpack(">Q", signed[:8])
        message, signed = _timed_message(text, at), signed[8:]
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signed, message)
    except (InvalidSignature, ValueError):
        raise wrong from None
    return at


def _timed_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START):
        raise BadNote(f"the signature line {line!r} doesn't begin with a dash and a space")
    _check_name(name)
    data = _decode(encoded)
    if len(data) <= _KEY_ID_BYTES:
        raise BadNote(f"the signature by {name} is too short")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise BadNote(f"{name!r} is no key name: it holds something, but neither spaces nor a plus")


def _check_characters(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise BadNote("a note holds no control characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadNote("the note is no valid Unicode") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{text!r} is no base64") from None
    if _base64(data) != text:  # two spellings of one signature would be two notes
        raise BadNote(f"{text!r} is no canonical base64")
    return data
