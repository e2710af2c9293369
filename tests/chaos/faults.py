"""What the workers of the report run put between themselves and the project: faults that lie in a folder as files while they are on, and the
cheap reports.

A report whose case has CHEAP in its title goes the whole way, from the frozen records to its row and its event, but is neither drawn, laid
out nor sealed: of those that are, a few are enough.
"""

from __future__ import annotations

import errno
import io
import json
import os
import time
from pathlib import Path
from typing import Any

FOLDER = "CHAOS_FAULTS"
DISK_FULL, TEMPLATE_BROKEN = "disk-full", "template-broken"
CHEAP = "(cheap)"
_HEAD = b"%PDF-1.7 cheap "
_SECONDS_FOR_A_CHEAP_ONE = 0.3


def on(name: str) -> bool:
    return (Path(os.environ[FOLDER]) / name).exists()


def install() -> None:
    """In a pool process, once Django is ready there."""
    from django.core.files.storage import FileSystemStorage

    from reports import making

    save, draw_charts, seal = FileSystemStorage._save, making.draw_charts, making.seal

    def save_if_there_is_room(storage: FileSystemStorage, name: str, content: Any) -> str:
        if on(DISK_FULL) and str(name).startswith("reports/"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return save(storage, name, content)

    def seal_in_full(unsigned: bytes, *args: Any, **given: Any) -> bytes:
        # As with a real seal, no two files are the same.
        return unsigned + os.urandom(16).hex().encode() if unsigned.startswith(_HEAD) else seal(unsigned, *args, **given)

    FileSystemStorage._save = save_if_there_is_room  # type: ignore[method-assign]
    making.draw_charts = lambda records: {} if _cheap(records) else draw_charts(records)  # type: ignore[assignment]
    making.seal = seal_in_full
    making.pdf = _Pdf(making.pdf)  # type: ignore[assignment]


def _cheap(records: Any) -> bool:
    return CHEAP in json.loads(records.decision)["assessment"]["title"]


class _Pdf:
    """Stands for the module ``reports.pdf``."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def page(self, records: Any, *args: Any, **given: Any) -> str:
        if on(TEMPLATE_BROKEN):
            from django.template import Template

            Template("{% no_such_tag %}")
        return "" if _cheap(records) else self.real.page(records, *args, **given)

    def lay_out(self, html: str, records: Any, *args: Any, **given: Any) -> Any:
        if not _cheap(records):
            return self.real.lay_out(html, records, *args, **given)
        time.sleep(_SECONDS_FOR_A_CHEAP_ONE)
        return io.BytesIO(_HEAD + records.decision_digest.encode() + b" ")

    def finish(self, file: Any) -> bytes:
        data = file.getvalue() if isinstance(file, io.BytesIO) else b""
        return data if data.startswith(_HEAD) else self.real.finish(file)
