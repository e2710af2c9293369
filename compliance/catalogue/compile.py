"""Compiles the YAML into a release: one canonical JSON document, immutable by its digest."""

from __future__ import annotations

from pathlib import Path

from compliance.catalogue.check import check
from compliance.catalogue.index import index, release_bytes
from compliance.catalogue.load import ContentError, load_content
from compliance.catalogue.model import Release

__all__ = ["compile_catalogue", "release_bytes", "release_digest"]


def compile_catalogue(folder: Path) -> Release:
    """The release that the YAML under ``folder`` describes; raises ContentError naming file, line and key of every problem."""
    release, content = load_content(folder)
    if problems := check(release, content.problem):
        raise ContentError(problems)
    return release


def release_digest(release: Release) -> str:
    """``sha256:`` and the hex digest of the release's canonical JSON."""
    return index(release).digest
