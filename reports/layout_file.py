"""The file itself: pydyf's objects as bytes, those that another process wrote among them, in streams of objects with one cross-reference stream.

pydyf writes each object twice and packs it as hard as it can; this writes once, at the usual level, in an eighth of the time.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

import pydyf

LEVEL = 6
_PACKED = 200  # objects in one stream
_SHORTEST = 60  # bytes; a shorter stream gets no smaller
Numbers = Mapping[int, int]


class Final(bytes):
    """A reference to an object whose number stands already."""


def reference_of(item: object) -> int | None:
    """The number of the object that ``item`` refers to, None where it is no reference."""
    return int(item[:-4]) if type(item) is bytes and item.endswith(b" 0 R") else None


def encoded(item: Any, numbers: Numbers) -> bytes:
    """An object, or a part of one, as bytes. ``numbers``: those that references have in the file by those that they have in pydyf."""
    kind = type(item)
    if kind is bytes:
        return b"%d 0 R" % numbers[int(item[:-4])] if item.endswith(b" 0 R") else item
    if kind is str:
        return item.encode("ascii")  # type: ignore[no-any-return]
    if kind is int:
        return b"%d" % item
    if kind is float:
        return b"%d" % item if item.is_integer() else f"{item:f}".rstrip("0").encode("ascii")
    if kind is pydyf.Dictionary:
        return b"<<" + b"".join([b"/%b %b" % (_name(key), encoded(value, numbers)) for key, value in item.items()]) + b">>"
    if kind is pydyf.Array:
        return b"[" + b" ".join([encoded(value, numbers) for value in item]) + b"]"
    return bytes(pydyf._to_bytes(item))


def _name(key: str | bytes) -> bytes:
    return key if type(key) is bytes else key.encode("ascii")  # type: ignore[union-attr]


def body(item: Any, numbers: Numbers) -> tuple[bool, bytes]:
    """Whether an object is a stream, and what stands between ``obj`` and ``endobj``."""
    if not isinstance(item, pydyf.Stream):
        return False, encoded(item, numbers)
    data = b"\n".join([part if type(part) is bytes else bytes(pydyf._to_bytes(part)) for part in item.stream])
    extra = pydyf.Dictionary(item.extra)
    if "Filter" not in extra and extra.get("Type") != "/Metadata" and len(data) > _SHORTEST:
        data = zlib.compress(data, LEVEL)
        extra["Filter"] = "/FlateDecode"
    extra["Length"] = len(data)
    return True, encoded(extra, numbers) + b"\nstream\n" + data + b"\nendstream"


def written(bodies: list[tuple[bool, bytes]], catalog: int, info: int, identifier: str) -> bytes:
    """The file with these objects, numbered from 1. ``identifier``: 32 hexadecimal digits that stay the same for later versions of the document."""
    out = [b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"]
    position = len(out[0])
    places: list[tuple[int, int, int]] = [(0, 0, 65535), *([(0, 0, 0)] * len(bodies))]

    def put(number: int, content: bytes) -> None:
        nonlocal position
        data = b"%d 0 obj\n%b\nendobj\n" % (number, content)
        if number < len(places):
            places[number] = (1, position, 0)
        else:
            places.append((1, position, 0))
        out.append(data)
        position += len(data)

    loose = []
    for number, (is_stream, content) in enumerate(bodies, start=1):
        if is_stream:
            put(number, content)
        else:
            loose.append((number, content))
    for start in range(0, len(loose), _PACKED):
        holder, heads, at, texts = len(places), [], 0, []
        for index, (number, content) in enumerate(loose[start : start + _PACKED]):
            places[number] = (2, holder, index)
            heads.append(b"%d %d" % (number, at))
            texts.append(content)
            at += len(content) + 1
        head = b" ".join(heads) + b"\n"
        data = zlib.compress(head + b"\n".join(texts), LEVEL)
        put(
            holder,
            b"<</Type /ObjStm/N %d/First %d/Filter /FlateDecode/Length %d>>\nstream\n%b\nendstream"
            % (len(heads), len(head), len(data), data),
        )
    number, start = len(places), position
    digest = hashlib.md5(b"".join(out), usedforsecurity=False).hexdigest()
    table = b"".join([kind.to_bytes(1, "big") + a.to_bytes(4, "big") + b.to_bytes(2, "big") for kind, a, b in [*places, (1, start, 0)]])
    packed = zlib.compress(table, LEVEL)
    out.append(
        b"%d 0 obj\n<</Type /XRef/Size %d/W [1 4 2]/Root %d 0 R/Info %d 0 R/ID [<%b> <%b>]/Filter /FlateDecode/Length %d>>\nstream\n%b\nendstream\n"
        b"endobj\nstartxref\n%d\n%%%%EOF\n"
        % (number, number + 1, catalog, info, identifier.encode(), digest.encode(), len(packed), packed, start)
    )
    return b"".join(out)
