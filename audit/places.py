"""The second place: where checkpoints are kept out of reach of whoever runs the database. A folder, or an S3 bucket with object lock
(``audit.bucket``).

It is Django's storage ``checkpoints``. One folder a stream; ``<size in twelve digits>-<first 16 digits of the root>.note`` holds the signed
note, ``.tsr`` beside it the timestamp authority's answer. Nothing in it is ever overwritten.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from audit.keys import file_name

ALIAS = "checkpoints"
_NOTE = re.compile(r"([0-9]{12,})-([0-9a-f]{16})\.note")


class PlaceUnavailable(RuntimeError):
    """The second place can't be read or written now; what was to be kept there wasn't."""


@dataclass(frozen=True, order=True)
class Kept:
    """A note in the second place, by what its name says. ``root``: the first 16 hexadecimal digits."""

    stream: str
    size: int
    root: str

    @property
    def name(self) -> str:
        return f"{file_name(self.stream)}/{self.size:012}-{self.root}"


def keep(kept: Kept, suffix: str, data: bytes) -> bytes:
    """Write a file, unless it is there already; returns what then stands there, be it one's own or another's.

    ``suffix``: ``.note`` or ``.tsr``. Raises PlaceUnavailable.
    """
    with _reaching():
        try:
            storages[ALIAS].save(kept.name + suffix, ContentFile(data))
        except FileExistsError:
            pass
        else:
            return data
    return read(kept, suffix) or data


def read(kept: Kept, suffix: str) -> bytes | None:
    """A file's bytes, or None where there is none. Raises PlaceUnavailable."""
    with _reaching():
        try:
            with storages[ALIAS].open(kept.name + suffix, "rb") as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None


def listed(stream: str, *, above: int = 0) -> list[Kept]:
    """A stream's notes in the second place of more than ``above`` entries, in order of size. Raises PlaceUnavailable."""
    folder, after = file_name(stream), f"{above + 1:012}"
    storage = storages[ALIAS]
    with _reaching():
        if hasattr(storage, "names_after"):
            names = storage.names_after(folder, after)
        else:
            try:
                names = storage.listdir(folder)[1]
            except FileNotFoundError:
                names = []
    found = [Kept(stream, int(match[1]), match[2]) for match in map(_NOTE.fullmatch, names) if match]
    return sorted(kept for kept in found if kept.size > above)


def streams() -> list[str]:
    """The streams of which the second place holds anything. Raises PlaceUnavailable."""
    with _reaching():
        try:
            folders = storages[ALIAS].listdir("")[0]
        except FileNotFoundError:
            return []
    return sorted(folder.replace("-", ":", 1) for folder in folders)


class WriteOnceFolder(FileSystemStorage):
    """A folder in which a file is written once: whole or not at all, and never again."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # no other name is ever as good

    def _save(self, name: str, content: Any) -> str:
        """Raises FileExistsError where the file is there."""
        path = self.path(name)
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        draft = os.path.join(folder, f".{uuid.uuid4().hex}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
                file.write(content.read())
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            os.unlink(draft)
        sync_folders(folder, self.path(""))
        return name


def sync_folders(folder: str | os.PathLike[str], top: str | os.PathLike[str]) -> None:
    """Write to disk that a file has come into ``folder``, and that the folder itself is there, up to ``top``: a power cut forgets neither.

    The file's own fsync says nothing about its name. Raises OSError, and ValueError where ``folder`` isn't in ``top``.
    """
    below, above = Path(folder), Path(top)
    for one in [below, *below.parents][: len(below.relative_to(above).parts) + 1]:
        opened = os.open(one, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def _reaching() -> Iterator[None]:
    """Whatever a disk, a network or a cloud's library may raise is one thing to the caller."""
    try:
        yield
    except Exception as error:
        raise PlaceUnavailable(f"The second place of the checkpoints can't be reached: {error}") from error
