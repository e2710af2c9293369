"""A stored file and the name under which it lies outlive a power cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from audit.places import WriteOnceFolder
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
