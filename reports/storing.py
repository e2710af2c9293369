"""Putting a finished report where it stays: under a temporary name first, read back and compared, and only then under its own."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage

from audit.places import sync_folders

_CHUNK = 1 << 20


class StoredOtherwise(OSError):
    """What was read back isn't what was written; a fault that may pass."""


def publish(data: bytes, *, folder: str, name: str, storage: Storage = default_storage) -> str:
    """Store ``data`` as ``folder/name`` and return the name in the storage.

    A reader sees the whole file or none: in a folder of this machine it is moved into place in one step, and an object store shows an object
    when it is complete. An object store has no such step, so what stands there under its own name is read back too; where that name is taken, the
    name that is returned is another. Raises StoredOtherwise where the storage gives back other bytes, and OSError; nothing is left behind then.
    """
    draft = storage.save(f"{folder}/.incoming/{uuid.uuid4().hex}", ContentFile(data))
    try:
        _check(draft, data, storage)
        final = f"{folder}/{name}"
        try:
            source, target = Path(storage.path(draft)), Path(storage.path(final))
        except NotImplementedError:
            return _save(final, data, storage)
        with open(source, "rb") as file:
            os.fsync(file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
        sync_folders(target.parent, storage.path(""))
        return final
    finally:
        storage.delete(draft)


def _save(final: str, data: bytes, storage: Storage) -> str:
    saved = storage.save(final, ContentFile(data))
    try:
        _check(saved, data, storage)
    except OSError:
        storage.delete(saved)
        raise
    return saved


def _check(name: str, data: bytes, storage: Storage) -> None:
    if digest_of(name, storage) != hashlib.sha256(data).hexdigest():
        raise StoredOtherwise(f"{name}: the storage gave back other bytes than it was given")


def digest_of(name: str, storage: Storage = default_storage) -> str:
    """SHA-256 of a stored file in 64 hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with storage.open(name) as file:
        for chunk in file.chunks(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
