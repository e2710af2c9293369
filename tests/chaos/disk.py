"""A file system for the files of the service alone, small enough to be filled to its last byte."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

SIZE = "512m"


def mount(folder: Path) -> bool:
    """Whether one lies over ``folder`` now: it takes Linux, and the rights of root."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        return not subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True).returncode
    return False


def unmount(folder: Path) -> None:
    """At once, whoever still has a file of it open."""
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


def fill(folder: Path) -> Path:
    """The file that takes up all the room which is left."""
    ballast = folder / ".ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 20)):
            pass
    return ballast
