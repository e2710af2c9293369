"""A zip that is sent while it is made: what it is written to, and what its members say of themselves. Pure."""

from __future__ import annotations

import stat
import zipfile
from datetime import datetime

_UNIX = 3
_REGULAR_FILE = (stat.S_IFREG | 0o644) << 16


class Pipe:
    """What a zip is written to, emptied as it fills. It can't be sought in, so the zip tells each member's size after it."""

    SIZE = 1 << 18

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._held += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def full(self) -> bool:
        return self._held >= self.SIZE

    def taken(self) -> bytes:
        data, self._parts, self._held = b"".join(self._parts), [], 0
        return data


def member(name: str, at: datetime, size: int = 0, *, packed: bool = True) -> zipfile.ZipInfo:
    """A plain file in a zip, the same on every system. ``at``: 1980 or later; ``size``: in bytes, which decides whether the member needs ZIP64,
    since the zip can't be sought in."""
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info.create_system, info.external_attr, info.file_size = _UNIX, _REGULAR_FILE, size
    return info
