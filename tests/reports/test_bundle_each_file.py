"""verify.py on a true bundle of which each file in turn was changed, left out, put in another's place or added to, with the manifests left as
they were and made again; and under each version of Python that is at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.bundled import bundled_case, copy_of, unpacked, verified
from tests.reports.test_bundle_verify import flip

pytestmark = pytest.mark.django_db

# Where somebody makes the manifests again, what these say can't be proved by anything in the bundle, and the program says so.
UNPROVED = {"README.txt", "bag-info.txt", "verify.py"}
MADE_AGAIN = {"data/index.json", "manifest-sha256.txt", "tagmanifest-sha256.txt"}


@pytest.fixture(scope="module")
def bag(django_db_setup: None, django_db_blocker: Any, own_var_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with django_db_blocker.unblock(), bundled_case() as found:
        yield unpacked(found.data, tmp_path_factory.mktemp("bag"))


def files_of(bag: Path) -> list[str]:
    return sorted(path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file())


def place_in(path: Path) -> int:
    """A byte of the file that means something: of an entry of the trail not the service's wording, of a certificate not its frame."""
    if path.name == "entries.jsonl":
        return path.read_bytes().index(b'"hashed":"') + 60
    return 300 if path.suffix == ".pem" else path.stat().st_size // 2


def change(bag: Path, name: str, how: str, other: str) -> None:
    path = bag / name
    if how == "changed":
        flip(path, place_in(path))
    elif how == "removed":
        path.unlink()
    else:
        mine, theirs = path.read_bytes(), (bag / other).read_bytes()
        path.write_bytes(theirs)
        (bag / other).write_bytes(mine)


@pytest.mark.parametrize(
    ("how", "mended"), [("changed", False), ("removed", False), ("changed", True), ("removed", True), ("swapped with another", True)]
)
def test_each_file_counts(how: str, mended: bool, bag: Path, tmp_path: Path) -> None:
    names = [name for name in files_of(bag) if not mended or name not in MADE_AGAIN]  # what was done to those would be undone
    script = shutil.copy(bag / "verify.py", tmp_path / "verify.py")
    unnoticed = set()
    for number, name in enumerate(names):
        folder = tmp_path / str(number)
        folder.mkdir()
        other = names[(number + 1) % len(names)]
        tampered = copy_of(bag, folder, lambda copied, name=name, other=other: change(copied, name, how, other), again=mended)
        run = verified(tampered, script=Path(script))
        shutil.rmtree(folder)
        assert run.stderr == ""
        if run.returncode == 0:
            unnoticed.add(name)
            assert name in re.search(r"not checked +wording: (.*)", run.stdout)[1], name  # type: ignore[index]
    assert len(names) > 15
    assert unnoticed <= (UNPROVED if mended else set())


@pytest.mark.parametrize(
    "name", ["extra.txt", "data/extra.txt", "data/records/extra.json", "data/trail/extra.note", "data/certificates/extra.pem",
             "data/catalogue/other-1.json", "data/signatures/02-extra.json", "data/report/sign-off-v0.pdf", "data/evidence/extra.txt"]
)  # fmt: skip
@pytest.mark.parametrize("mended", [False, True], ids=["manifests left", "manifests made again"])
def test_a_file_too_many_is_noticed(name: str, mended: bool, bag: Path, tmp_path: Path) -> None:
    def add(copied: Path) -> None:
        (copied / name).write_bytes(b"{}")

    run = verified(copy_of(bag, tmp_path, add, again=mended), script=bag / "verify.py")
    assert (run.returncode, run.stderr) == (1, "")
    if name.endswith(("extra.txt", "extra.json", "extra.note", "extra.pem", "other-1.json")) and "evidence" not in name and mended:
        assert f"DOES NOT HOLD  package: {name} is none that bundles have" in run.stdout


def pythons() -> list[Path]:
    """Those on the search path, and those that pyenv keeps; each version once."""
    found = [Path(path) for minor in range(6, 20) if (path := shutil.which(f"python3.{minor}"))]
    found += sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))
    versions = {}
    for path in found:
        asked = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False)
        version = tuple(map(int, asked.stdout.split())) if asked.returncode == 0 else ()
        if version >= (3, 6):
            versions.setdefault(version, path)
    return list(versions.values()) or [Path(sys.executable)]


def test_every_python_at_hand_says_the_same(bag: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    ours = verified(script=bag / "verify.py")

    def reword(copied: Path) -> None:
        flip(copied / "data/trail/entries.jsonl", place_in(copied / "data/trail/entries.jsonl"))

    tampered = copy_of(bag, tmp_path, reword, again=True)
    for python in pythons():
        with subtests.test(python=str(python)):
            says_the_same(python, bag, tampered, ours.stdout)


def says_the_same(python: Path, bag: Path, tampered: Path, said: str) -> None:
    theirs = verified(script=bag / "verify.py", python=python)
    assert (theirs.returncode, theirs.stderr, theirs.stdout) == (0, "", said)
    run = verified(tampered, script=bag / "verify.py", python=python)
    assert (run.returncode, run.stderr) == (1, "")
    assert "DOES NOT HOLD  trail: entry 0 was changed or moved" in run.stdout
    nothing = verified(bag / "nothing", script=bag / "verify.py", python=python)
    assert (nothing.returncode, nothing.stderr) == (2, "")


def test_an_older_python_is_told_what_it_lacks(bag: Path) -> None:
    """It can't read the file, so that it can say nothing itself: the first line that it doesn't understand says it."""
    lines = (bag / "verify.py").read_text(encoding="ascii").splitlines()
    code = [line for line in lines[lines.index('"""', 1) + 1 :] if line]
    assert code[0].startswith("import ")
    assert code[1].startswith('NOTHING_WAS_CHECKED: str = "Python 3.6 or later is needed"')
