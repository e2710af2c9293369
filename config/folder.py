"""Evidence and reports in a folder of this machine."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.files.storage import FileSystemStorage


class FilesFolder(FileSystemStorage):
    """Django's, which leaves the beginning of a file where the disk is full or its source breaks off: here nothing stays of it."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            with suppress(OSError):
                self.delete(name)  # no other had it: ``save`` has asked for a name that is free
            raise
