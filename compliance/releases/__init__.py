"""Published releases: compiled, immutable, one canonical JSON file each. Read without a database."""

from __future__ import annotations

import re
from functools import lru_cache
from os.path import isfile
from pathlib import Path

from compliance.catalogue.load import load_release
from compliance.catalogue.model import Release

FOLDER = Path(__file__).parent
_NAME = re.compile(r"^(?P<key>[a-z0-9-]+)@(?P<version>[0-9]+)\.json$")


def published() -> list[tuple[str, int, Path]]:
    """(key, version, file) of every published release, by key, oldest first."""
    found = [(m["key"], int(m["version"]), path) for path in FOLDER.iterdir() if (m := _NAME.match(path.name))]
    return sorted(found)


@lru_cache(maxsize=32)
def _load(path: str) -> Release:
    return load_release(Path(path))


def by_name(name: str) -> Release:
    """The release ``key@version``; raises LookupError saying which there are."""
    # Asked at each answer that is saved, so the folder isn't listed for it.
    if _NAME.match(f"{name}.json") and isfile(path := f"{FOLDER}/{name}.json"):
        return _load(path)
    there = ", ".join(f"{key}@{version}" for key, version, _ in published()) or "none"
    raise LookupError(f"no catalogue release {name!r}; published are: {there}")


def named(name: str | None) -> Release:
    """The release ``key@version``, or the newest where no name is given; LookupError where there is none."""
    return by_name(name) if name else newest()


def newest(key: str = "open-or-closed") -> Release:
    """The release of ``key`` with the highest version; raises LookupError where none is published."""
    versions = [(version, path) for k, version, path in published() if k == key]
    if not versions:
        raise LookupError(f"no release of {key!r} is published; run manage.py publish_catalogue")
    return _load(str(max(versions)[1]))
