"""A bag (BagIt 1.0, RFC 8493) as a zip, written piece by piece: memory doesn't grow with what is in it. Knows nothing of what it packs.

The same parts give the same bytes: the order is that of the parts, every entry has the same time and rights, and nothing states when it was
packed. Sizes and digests stand in the manifests as they were counted while the bytes went by, held against what was promised before.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reports.zipping import Pipe, member

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"


class Changed(RuntimeError):
    """A file isn't what it was a moment ago. The zip was cut off there, so that it doesn't open."""


@dataclass(frozen=True)
class Part:
    """One file of the payload. ``path``: below ``data/``, safe on every system; ``sha256``: 64 hexadecimal digits; ``size``: in bytes.

    ``chunks`` gives its bytes from the start each time. ``packed``: whether it is worth deflating. ``what`` and ``about`` go into the index: what
    it is in words, and what it belongs to.
    """

    path: str
    sha256: str
    size: int
    chunks: Callable[[], Iterable[bytes]] = field(repr=False)
    what: str
    packed: bool = True
    about: dict[str, Any] = field(default_factory=dict)


def part_of(path: str, data: bytes, what: str, *, packed: bool = True, **about: Any) -> Part:
    """A part whose bytes are at hand."""
    return Part(path, hashlib.sha256(data).hexdigest(), len(data), lambda: (data,), what, packed, about)


def zipped(top: str, parts: Iterable[Part], *, info: Iterable[tuple[str, str]], tags: dict[str, bytes], at: datetime) -> Iterator[bytes]:
    """The bag as a zip, in chunks; ``top`` is the one folder that it unpacks to, ``at`` the time of every entry (1980 or later).

    ``info``: what bag-info.txt says, to which Payload-Oxum is added; ``tags``: further files beside it, by name. Raises Changed where a part
    isn't what it promised: the zip then ends without its directory, and nobody can take it for a whole one.
    """
    pipe = Pipe()
    payload: list[tuple[str, str]] = []
    tagged: list[tuple[str, str]] = []
    total = count = 0

    def tag(name: str, data: bytes) -> None:
        archive.writestr(member(f"{top}/{name}", at, len(data)), data)
        tagged.append((name, hashlib.sha256(data).hexdigest()))

    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        tag("bagit.txt", DECLARATION)
        for name, data in tags.items():
            tag(name, data)
        for part in parts:
            path, digest, size = f"data/{part.path}", hashlib.sha256(), 0
            with archive.open(member(f"{top}/{path}", at, part.size, packed=part.packed), "w") as entry:
                for chunk in part.chunks():
                    digest.update(chunk)
                    size += len(chunk)
                    if size > part.size:
                        break
                    entry.write(chunk)
                    if pipe.full:
                        yield pipe.taken()
            if (size, digest.hexdigest()) != (part.size, part.sha256):
                raise Changed(f"{path} was changed while the bundle was made, so the bundle was broken off. Make it again.")
            payload.append((path, part.sha256))
            total, count = total + size, count + 1
        tag("bag-info.txt", bag_info([*info, ("Payload-Oxum", f"{total}.{count}")]))
        tag(MANIFEST, manifest(payload))
        archive.writestr(member(f"{top}/{TAG_MANIFEST}", at), manifest(tagged))
    yield pipe.taken()


def manifest(lines: Iterable[tuple[str, str]]) -> bytes:
    """A manifest of (path, digest) in the order of the paths."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(lines)).encode()


def bag_info(fields: Iterable[tuple[str, str]]) -> bytes:
    """The lines of bag-info.txt; a value that has breaks in it is put on one line."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in fields).encode()
