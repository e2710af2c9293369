"""What can be checked here of PDF/A-3a and PDF/UA-1: qpdf, the machine-checkable rules of ``pdfua``, and what those two leave out."""

from __future__ import annotations

import io
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pdfua import validate
from pikepdf import Array, Dictionary, Object


def assert_sound(data: bytes, folder: Path, *, figures: int) -> None:
    """``figures``: how many there are at least."""
    path = folder / "sound.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
    assert [finding.message for finding in validate(str(path)).findings] == []
    with pikepdf.open(io.BytesIO(data)) as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "en-GB"
        assert root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            assert [metadata[key] for key in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")] == ["3", "A", "1"]
        elements = list(structure(root.StructTreeRoot))
        _headings(elements)
        _tables(elements)
        drawn = [e for e in elements if e.get("/S") == "/Figure"]
        assert len(drawn) >= figures
        assert all(str(figure.Alt) for figure in drawn)
        _annotations(document)
        assert len(root.OutputIntents) == 1
        for spec in root.AF:
            assert str(spec.AFRelationship) in ("/Source", "/Data", "/Supplement")
            assert {"/ModDate", "/CreationDate", "/Size", "/CheckSum"} <= set(spec.EF.F.Params.keys())
            assert str(spec.EF.F.Subtype) == "/application/json"
    fonts = subprocess.run(["pdffonts", str(path)], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert fonts
    # The columns from the right: object, subset, embedded; each is embedded and a subset.
    assert all(line.split()[-5:-3] == ["yes", "yes"] for line in fonts), fonts


def structure(root: Object) -> Iterator[Object]:
    """Every structure element in reading order."""
    kids = root.get("/K")
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield kid
            yield from structure(kid)


def _headings(elements: list[Object]) -> None:
    levels = [int(str(e.S)[2:]) for e in elements if str(e.get("/S"))[:2] == "/H" and str(e.S)[2:].isdigit()]
    assert levels
    assert levels[0] == 1
    assert all(later <= former + 1 for former, later in itertools.pairwise(levels)), levels


def _tables(elements: list[Object]) -> None:
    headers = [e for e in elements if e.get("/S") == "/TH"]
    assert headers
    assert {str(header.A.Scope) for header in headers} == {"/Column", "/Row"}


def _annotations(document: pikepdf.Pdf) -> None:
    """Each says in words what it is and has its place in the structure; a page with any goes through them in that order."""
    for page in document.pages:
        for annotation in page.get("/Annots", []):
            assert "/StructParent" in annotation
            assert "/Contents" in annotation or "/TU" in annotation
            assert str(page.Tabs) == "/S"
