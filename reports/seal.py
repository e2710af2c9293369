"""Putting the organisation's seal on a finished PDF: a PAdES B-B signature that covers the whole file and allows no change after it.

The bytes of the unsigned file stay as they are, at the beginning of the sealed one. A seal is never the same twice (ECDSA, and its time), which is
why the digest of the unsigned file is kept too.
"""

from __future__ import annotations

import io

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from reports.finishing import SEAL_FIELD


def seal(pdf: bytes, signer: SimpleSigner, *, reason: str) -> bytes:
    """Return ``pdf`` with the seal in its empty field. ``reason`` is shown by readers beside the signature."""
    metadata = PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
    )
    out = io.BytesIO()
    PdfSigner(metadata, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True, output=out)
    return out.getvalue()
