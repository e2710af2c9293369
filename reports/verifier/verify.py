"""All checks on one file, in the order in which a person would make them."""

from __future__ import annotations

import io
import re

import pikepdf

from reports.verifier import records
from reports.verifier.checks import Check, Verification
from reports.verifier.seal import check_seal

LARGEST = 200 * 1024 * 1024  # bytes


def verify_pdf(data: bytes) -> Verification:
    """Check a sign-off report from its bytes alone; never raises for what the bytes are.

    The embedded records, that they are canonical and have the digests that the document states everywhere; that every verdict is bound to the
    snapshot; the figures, where the catalogue release is at hand; and the seal over the whole file.
    """
    if len(data) > LARGEST:
        return Verification([Check("document", False, f"The file has {len(data):,} bytes; a report has at most {LARGEST:,}.")])
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except (pikepdf.PdfError, ValueError) as error:
        return Verification(
            [Check("document", False, f"This is no whole PDF: it was cut or damaged, or is another file ({_short(error)}).")]
        )
    with pdf:
        checks = [Check("document", True, f"A PDF of {len(pdf.pages)} pages.")] if _pages(pdf) else []
        if not checks:
            checks = [Check("document", False, "The PDF's pages can't be read: it was damaged.")]
        found, snapshot, decision = records.check_records(pdf)
        checks += found
    sealed, certificate = check_seal(data)
    checks += sealed
    return Verification(checks, snapshot, decision, certificate)


def _pages(pdf: pikepdf.Pdf) -> int:
    try:
        return len(pdf.pages)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError):
        return 0


def _short(error: Exception) -> str:
    return " ".join(re.sub(r"<_io\.BytesIO[^>]*>:? ?", "", str(error)).split())[:160]
