"""A secret that this installation makes for itself once, and keeps in a file."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def kept_secret(path: Path, size: int) -> str:
    """The text of the file; where there is none, or an empty one, it is first made from ``size`` random bytes, readable by its owner alone.

    Of several processes that do so at once, all get the same. Whatever is killed meanwhile leaves no file, or a whole one. Raises OSError.
    """
    while not (text := _read(path)):
        draft = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(size))
                file.flush()
                os.fsync(file.fileno())
            _put(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _put(draft: Path, path: Path) -> None:
    """Put the draft in the place of nothing or of an empty file; where somebody else was quicker, theirs stays."""
    try:
        os.link(draft, path)
    except FileExistsError:
        with suppress(FileNotFoundError), open(path) as found:
            fcntl.flock(found, fcntl.LOCK_EX)  # of the empty file itself: whoever replaces it is the one who still finds it in its place
            there = os.fstat(found.fileno())
            if there.st_size == 0 and os.path.samestat(there, path.stat()):
                os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
