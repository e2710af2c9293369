"""A stored file and the name under which it lies outlive a power cut."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from audit.places import WriteOnceFolder
from config.folder import FilesFolder
from reports.storing import publish


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str]]]:
    """What was written to disk, in order: a file or folder, and the names that a folder held at that moment."""
    seen: list[tuple[Path, list[str]]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        seen.append((path, sorted(os.listdir(path)) if path.is_dir() else []))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return seen


def test_a_report_s_folders_are_written_to_disk_after_it_has_its_name(tmp_path: Path, synced: list[tuple[Path, list[str]]]) -> None:
    publish(b"sealed", folder="reports/ours", name="one.pdf", storage=FileSystemStorage(tmp_path))
    folders = {path.relative_to(tmp_path).as_posix(): names for path, names in synced[1:]}
    assert synced[0][1] == []  # the file itself comes first
    assert "one.pdf" in folders["reports/ours"]
    assert folders["reports"] == ["ours"]
    assert folders["."] == ["reports"]


def test_a_checkpoint_s_folders_are_written_to_disk_after_it_has_its_name(tmp_path: Path, synced: list[tuple[Path, list[str]]]) -> None:
    WriteOnceFolder(tmp_path).save("ours/one.note", ContentFile(b"signed"))
    folders = {path.relative_to(tmp_path).as_posix(): names for path, names in synced[1:]}
    assert folders["ours"] == ["one.note"]
    assert folders["."] == ["ours"]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """The system writes no more than ``size`` bytes of a file, as where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_stays_of_a_report_that_the_disk_has_no_room_for(tmp_path: Path) -> None:
    with room_for(100_000), pytest.raises(OSError, match="too large"):
        publish(b"sealed" * 50_000, folder="reports/ours", name="one.pdf", storage=FilesFolder(tmp_path))
    assert files_in(tmp_path) == []


def test_nothing_stays_of_a_checkpoint_that_the_disk_has_no_room_for(tmp_path: Path) -> None:
    with room_for(100_000), pytest.raises(OSError, match="too large"):
        WriteOnceFolder(tmp_path).save("ours/one.note", ContentFile(b"signed" * 50_000))
    assert files_in(tmp_path) == []


def test_nothing_stays_of_a_file_whose_source_breaks_off(tmp_path: Path) -> None:
    class Broken(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"the beginning"
            raise ConnectionError("the other end went away")

    with pytest.raises(ConnectionError):
        FilesFolder(tmp_path).save("evidence/one", Broken(b""))
    assert files_in(tmp_path) == []
