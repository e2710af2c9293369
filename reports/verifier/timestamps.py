"""Timestamps of a seal and of the whole sealed document: that they hold, who gave them, and that what is needed to check them later is there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from reports.verifier.checks import Check
from reports.verifier.cms_form import timestamp_in, wrong_timestamp
from reports.verifier.issuers import check_issuers, name_of, row_of

TIMESTAMP_FIELD = "Timestamp"
_CLOCKS_DIFFER = timedelta(minutes=5)
_DSS_PARTS = ("/Certs", "/CRLs", "/OCSPs")
_ADDED = "Something was added to the document after it was sealed, beside the timestamp over it and what is needed to check it."


def check_seal_timestamp(seal: EmbeddedPdfSignature) -> list[Check]:
    """The checks of the timestamp that a seal holds; none where it holds none."""
    token = timestamp_in(seal.signed_data)
    if token is None:
        return []
    signature = seal.signer_info["signature"].native
    checks = _check("timestamp", "the seal", token, lambda algorithm: hashlib.new(algorithm, signature).digest())
    valid = seal.signer_cert["tbs_certificate"]["validity"]
    if checks[0].ok and not valid["not_before"].native - _CLOCKS_DIFFER <= _time(token) <= valid["not_after"].native:
        checks[0] = Check("timestamp", False, "The seal's certificate wasn't valid when the seal was timestamped.")
    return checks


def check_document_timestamp(seal: EmbeddedPdfSignature, stamp: EmbeddedPdfSignature) -> list[Check]:
    """The checks of the timestamp over the whole document, and of what lies under it."""
    token = cms.ContentInfo.load(bytes(stamp.pkcs7_content))
    checks = _check("document timestamp", "the whole document", token, stamp.compute_digest)
    if stamp.evaluate_signature_coverage() != SignatureCoverageLevel.ENTIRE_FILE:
        checks[0] = Check("document timestamp", False, "Something was added to the document after the timestamp over it.")
    elif stamp.field_name != TIMESTAMP_FIELD or not _only_what_belongs(stamp.reader, seal, stamp):
        checks[0] = Check("document timestamp", False, _ADDED)
    checks.append(_check_validation_data(seal, token))
    return checks


def timestamp_context(seal: EmbeddedPdfSignature) -> ValidationContext | None:
    """What pyHanko holds the timestamp in a seal to: that it leads where its own certificates lead."""
    token = timestamp_in(seal.signed_data)
    return None if token is None else _context(token)


def lacks_its_timestamp(reader: PdfFileReader) -> bool:
    """Whether a seal announces a timestamp over the whole document, and there is none."""
    return any(name == TIMESTAMP_FIELD for name, _, _ in enumerate_sig_fields(reader, filled_status=False))


def _check(name: str, of: str, token: cms.ContentInfo, imprint: Callable[[str], bytes]) -> list[Check]:
    """That a timestamp is one ``of`` what has the ``imprint`` (by the name of a hash function), and who gave it."""
    row = row_of(*_certificates(token["content"]))
    context = _context(token)
    found = asyncio.run(validate_tst_signed_data(token["content"], context, imprint))
    authority = check_issuers(f"{name} authority", "the timestamp authority's", row, who="the authority")
    if not found["intact"]:
        return [Check(name, False, f"The timestamp isn't one of {of}: it is of other bytes."), authority]
    if not found["valid"]:
        return [
            Check(name, False, f"The timestamp of {of} is false: its signature wasn't made with the key of its certificate."),
            authority,
        ]
    if wrong := wrong_timestamp(token):
        return [Check(name, False, f"The timestamp of {of} {wrong}."), authority]
    if found["validation_path"] is None:
        message = f"The timestamp of {of} was given with a certificate that isn't one for timestamps, or wasn't valid then."
        return [Check(name, False, message), authority]
    told = f"{name_of(row.row[0].subject)} timestamped {of} at {_time(token):%Y-%m-%d %H:%M:%S} UTC."
    return [Check(name, True, told), authority]


def _context(token: cms.ContentInfo) -> ValidationContext:
    own, held = _certificates(token["content"])
    return ValidationContext(
        trust_roots=[row_of(own, held).last],
        other_certs=held,
        moment=_time(token),
        allow_fetching=False,
        time_tolerance=_CLOCKS_DIFFER,
    )


def _time(token: cms.ContentInfo) -> datetime:
    told: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return told


def _certificates(signed: cms.SignedData) -> tuple[asn1_x509.Certificate, list[asn1_x509.Certificate]]:
    """Whose signature it is, and all certificates that it holds."""
    return extract_certificate_info(signed).signer_cert, [each.chosen for each in signed["certificates"]]


def _only_what_belongs(reader: PdfFileReader, seal: EmbeddedPdfSignature, stamp: EmbeddedPdfSignature) -> bool:
    """Whether what follows the seal is one revision, which changes nothing but the validation data and the timestamp's field."""
    last = reader.total_revisions - 1
    if seal.signed_revision != last - 1 or stamp.signed_revision != last:
        return False
    earlier = reader.get_historical_resolver(last - 1)
    if all(name != TIMESTAMP_FIELD for name, _, _ in enumerate_sig_fields(earlier, filled_status=False)) or "/DSS" in earlier.root:
        return False
    field: Any = stamp.sig_field
    same = (
        _same_but(earlier.root, reader.root, "/DSS")
        and _same_but(earlier.get_object(field.container_ref), field, "/V")
        and all(earlier.trailer_view.raw_get(key) == reader.trailer_view.raw_get(key) for key in ("/Root", "/Info"))
    )
    belongs = [reader.root_ref, field.container_ref, field.raw_get("/V").reference]
    if "/DSS" in reader.root:  # where it is missing its own check says so
        store = reader.root.raw_get("/DSS")
        belongs.append(store.reference)
        for part in _DSS_PARTS:
            belongs += [stream.reference for stream in store.get_object().get(part, [])]
    changed = reader.xrefs.explicit_refs_in_revision(last) | reader.xrefs.refs_freed_in_revision(last)
    others = changed - {Reference(each.idnum, each.generation) for each in belongs}
    # the table of objects itself may be one
    return same and all(reader.get_object(each).get("/Type") == "/XRef" for each in others)


def _same_but(before: Any, after: Any, key: str) -> bool:
    return {k: before.raw_get(k) for k in before if k != key} == {k: after.raw_get(k) for k in after if k != key}


def _check_validation_data(seal: EmbeddedPdfSignature, stamp: cms.ContentInfo) -> Check:
    """That the file itself holds the certificates and revocation data by which every certificate was good when the document was timestamped."""
    name, reader = "validation data", seal.reader
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Check(name, False, "The document has a timestamp, but lacks the certificates and revocation data that belong under it.")
    token = timestamp_in(seal.signed_data)
    signed = [seal.signed_data, stamp["content"], *([token["content"]] if token is not None else [])]
    known = list(store.load_certs())
    try:
        for one in signed:
            own, held = _certificates(one)
            _require_good(store, own, [*held, *known], _time(stamp))
    except (PathBuildingError, PathValidationError) as error:
        return Check(name, False, f"By the revocation data in the document not every certificate was good: {error}")
    return Check(name, True, "The document holds all that is needed to check its seal and timestamps when their issuers are gone.")


def _require_good(store: DocumentSecurityStore, own: asn1_x509.Certificate, others: Iterable[asn1_x509.Certificate], at: datetime) -> None:
    """Raises PathBuildingError and PathValidationError."""
    row = row_of(own, {one.sha256: one for one in others}.values())
    context = store.as_validation_context({
        "trust_roots": [row.last], "allow_fetching": False, "moment": at, "revocation_mode": "require", "time_tolerance": _CLOCKS_DIFFER,
    })  # fmt: skip
    asyncio.run(CertificateValidator(own, validation_context=context).async_validate_usage(set()))
