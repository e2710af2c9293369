"""The seal: that it is there once, valid, covers every byte of the file, and what it says of the time (PAdES B-B, B-T or B-LTA)."""

from __future__ import annotations

import io

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from reports.verifier.checks import Check
from reports.verifier.cms_form import wrong_seal
from reports.verifier.issuers import check_issuers, row_of
from reports.verifier.timestamps import check_document_timestamp, check_seal_timestamp, lacks_its_timestamp, timestamp_context

_COVERED_LASTING = "The seal covers every byte of the document but those of the timestamp over it, with what is needed to check it."
_NOT_WHOLE = "The seal doesn't say that it covers the document from its first byte to its last."


def check_seal(data: bytes) -> tuple[list[Check], str]:
    """The checks, and the SHA-256 of the seal's certificate in hexadecimal ("" without one)."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        signatures = reader.embedded_signatures
        seals = [each for each in signatures if each.sig_object_type != "/DocTimeStamp"]
        stamps = [each for each in signatures if each.sig_object_type == "/DocTimeStamp"]
    except Exception as error:  # a damaged file may fail in any of the reader's ways
        return [Check("seal", False, f"The seal can't be read: the file was damaged ({_short(error)}).")], ""
    if len(seals) != 1:
        count = "no seal" if not seals else f"{len(seals)} signatures where one seal belongs"
        return [Check("seal", False, f"The document has {count}.")], ""
    if len(stamps) > 1:
        return [Check("seal", False, f"The document has {len(stamps)} timestamps over the whole document, where one at most belongs.")], ""
    signature = seals[0]
    try:
        certificate = signature.signer_cert
        context = ValidationContext(trust_roots=[certificate], allow_fetching=False, moment=signature.self_reported_timestamp)
        # what follows the seal of a document with a timestamp is compared more strictly with it, and sooner
        status = validate_pdf_signature(signature, context, timestamp_context(signature), skip_diff=bool(stamps))
        fingerprint = certificate.sha256.hex()
        wrong = _wrong_form(data, signature, stamps)
        issuing = check_issuers("certificate", "the seal's", row_of(certificate, [c.chosen for c in signature.signed_data["certificates"]]))
        timestamps = check_seal_timestamp(signature)
        lasting = check_document_timestamp(signature, stamps[0]) if stamps else []
        missing = not stamps and lacks_its_timestamp(reader)
    except Exception as error:
        return [Check("seal", False, f"The seal can't be checked: its signature or certificate was damaged ({_short(error)}).")], ""
    if missing:
        lasting = [Check("document timestamp", False, "The seal announces a timestamp over the whole document, which was taken away.")]
    checks = [_check_signature(status, "B-LTA" if stamps and timestamps else "B-T" if timestamps else "B-B")]
    if not _covers(status, stamps):
        checks.append(
            Check("seal's coverage", False, "Something was added to the document after it was sealed; the seal doesn't cover it.")
        )
    elif wrong:
        checks.append(Check("seal's coverage", False, wrong))
    else:
        checks.append(Check("seal's coverage", True, _COVERED_LASTING if stamps else "The seal covers every byte of the document."))
    return [*checks, issuing, *timestamps, *lasting], fingerprint


def _check_signature(status: PdfSignatureStatus, level: str) -> Check:
    if not status.intact:
        return Check("seal", False, "The seal is broken: the document was changed after it was sealed.")
    if not status.valid:
        return Check("seal", False, "The seal is false: its signature wasn't made with the key of its certificate.")
    at = status.signer_reported_dt
    told = f"; it was set at {at:%Y-%m-%d %H:%M:%S} UTC by its own account" if at else ""
    return Check("seal", True, f"The seal is valid, PAdES {level}{told}.")


def _covers(status: PdfSignatureStatus, stamps: list[EmbeddedPdfSignature]) -> bool:
    """Whether the seal covers the file, but for the one revision of a timestamp over the whole document."""
    if stamps:
        return status.coverage is not None and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    return status.coverage == SignatureCoverageLevel.ENTIRE_FILE and status.modification_level in (None, ModificationLevel.NONE)


def _wrong_form(data: bytes, seal: EmbeddedPdfSignature, stamps: list[EmbeddedPdfSignature]) -> str:
    """What is wrong with the bytes that no signature can cover, those of the signatures themselves: they must have their one form."""
    _, _, second, rest = (int(n) for n in seal.byte_range)
    if not stamps and second + rest != len(data):
        return _NOT_WHOLE
    # a timestamp that doesn't reach the end is told of by its own check
    gaps = _wrong_gap(data, seal) or next(filter(None, (_wrong_gap(data, stamp) for stamp in stamps)), "")
    return gaps or wrong_seal(bytes(seal.pkcs7_content), seal.signer_cert)


def _wrong_gap(data: bytes, signature: EmbeddedPdfSignature) -> str:
    first, length, second, _ = (int(n) for n in signature.byte_range)
    if first != 0 or not 0 < length < second:
        return _NOT_WHOLE
    hexadecimal = cms.ContentInfo.load(bytes(signature.pkcs7_content)).dump().hex().upper().encode()  # as pyHanko writes it
    gap = data[length:second]
    if gap[:1] + gap[-1:] != b"<>" or gap[1:-1] != hexadecimal.ljust(len(gap) - 2, b"0"):
        return "The bytes that hold the seal's signature were changed."
    return ""


def _short(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]
