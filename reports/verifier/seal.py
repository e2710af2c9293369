"""The seal: that it is there once, valid, and covers every byte of the file."""

from __future__ import annotations

import io
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from reports.verifier.checks import Check

_METHODS = {"ec": "sha256_ecdsa", "rsa": "sha256_rsa"}  # by the key of the certificate
_MOST_CERTIFICATES = 10  # a seal's own, and those of its issuers


def check_seal(data: bytes) -> tuple[list[Check], str]:
    """The checks, and the SHA-256 of the seal's certificate in hexadecimal ("" without one)."""
    try:
        signatures = PdfFileReader(io.BytesIO(data)).embedded_signatures
    except Exception as error:  # a damaged file may fail in any of the reader's ways
        return [Check("seal", False, f"The seal can't be read: the file was damaged ({_short(error)}).")], ""
    if len(signatures) != 1:
        count = "no seal" if not signatures else f"{len(signatures)} signatures where one seal belongs"
        return [Check("seal", False, f"The document has {count}.")], ""
    signature = signatures[0]
    try:
        certificate = signature.signer_cert
        context = ValidationContext(trust_roots=[certificate], allow_fetching=False, moment=signature.self_reported_timestamp)
        status = validate_pdf_signature(signature, signer_validation_context=context)
        fingerprint = certificate.sha256.hex()
        exact = _exact(data, signature)
        issuing = _check_issuers(signature)
    except Exception as error:
        return [Check("seal", False, f"The seal can't be checked: its signature or certificate was damaged ({_short(error)}).")], ""
    checks = []
    if not status.intact:
        checks.append(Check("seal", False, "The seal is broken: the document was changed after it was sealed."))
    elif not status.valid:
        checks.append(Check("seal", False, "The seal is false: its signature wasn't made with the key of its certificate."))
    else:
        at = status.signer_reported_dt
        checks.append(
            Check(
                "seal",
                True,
                f"The seal is valid; it was set at {at:%Y-%m-%d %H:%M:%S} UTC by its own account." if at else "The seal is valid.",
            )
        )
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and status.modification_level in (None, ModificationLevel.NONE)
    if not whole:
        checks.append(
            Check("seal's coverage", False, "Something was added to the document after it was sealed; the seal doesn't cover it.")
        )
    elif exact:
        checks.append(Check("seal's coverage", False, exact))
    else:
        checks.append(Check("seal's coverage", True, "The seal covers every byte of the document."))
    checks.append(issuing)
    return checks, fingerprint


def _exact(data: bytes, signature: EmbeddedPdfSignature) -> str:
    """What is wrong with the bytes that no signature can cover, those of the signature itself: they must have their one form."""
    first, length, second, rest = (int(n) for n in signature.byte_range)
    if first != 0 or second + rest != len(data) or not 0 < length < second:
        return "The seal doesn't say that it covers the document from its first byte to its last."
    content = bytes(signature.pkcs7_content)
    parsed = cms.ContentInfo.load(content)
    der = parsed.dump()
    hexadecimal = der.hex().upper().encode()  # as pyHanko writes it
    gap = data[length:second]
    if gap[:1] + gap[-1:] != b"<>" or gap[1:-1] != hexadecimal.ljust(len(gap) - 2, b"0"):
        return "The bytes that hold the seal's signature were changed."
    if cms.ContentInfo.load(der, strict=True).copy().dump(force=True) != der:
        return "The seal's signature isn't in the one form (DER) that it must have."
    return _expected(parsed["content"], signature.signer_cert)


def _expected(signed: Any, certificate: asn1_x509.Certificate) -> str:
    """The parts of a CMS signature that its own arithmetic leaves open, held to the one value that our seals have."""
    signer = signed["signer_infos"][0]
    certificates = [each.chosen.dump() for each in signed["certificates"]]
    method = cms.SignedDigestAlgorithm({"algorithm": _METHODS.get(certificate.public_key.algorithm, "sha256_ecdsa")})
    sha256 = [a["algorithm"].native for a in signed["digest_algorithms"]]
    fits = (
        signed["version"].native == "v1"
        and len(signed["signer_infos"]) == 1
        and signer["version"].native == "v1"
        and 1 <= len(certificates) <= _MOST_CERTIFICATES
        and len(set(certificates)) == len(certificates)
        and sha256 == ["sha256"]
        and signer["digest_algorithm"]["algorithm"].native == "sha256"
        and signer["signature_algorithm"].dump() == method.dump()
        and signed["encap_content_info"]["content_type"].native == "data"
        and signed["encap_content_info"]["content"].native is None
        and signed["crls"].native is None
        and signer["unsigned_attrs"].native is None
        # as bytes: names are otherwise compared without regard to their case
        and signer["sid"].chosen["issuer"].dump() == certificate.issuer.dump()
        and signer["sid"].chosen["serial_number"].native == certificate.serial_number
    )
    return "" if fits else "The seal's signature has parts that our seals don't have, or lacks some."


def _check_issuers(signature: EmbeddedPdfSignature) -> Check:
    """Who issued the seal's certificate: the organisation itself, or others whose certificates are in the file, each checked by the next one.

    Nothing else ties the issuers' certificates to the document, so all of them must belong to the one row, and what the last one says of itself
    can be checked only where it is a root.
    """
    own = x509.load_der_x509_certificate(signature.signer_cert.dump())
    held = [x509.load_der_x509_certificate(c.chosen.dump()) for c in signature.signed_data["certificates"]]
    rest = [certificate for certificate in held if certificate != own]
    last = own
    while not _issued_by(last, last):
        issuer = next((candidate for candidate in rest if _issued_by(last, candidate)), None)
        if issuer is None:
            break
        rest.remove(issuer)
        last = issuer
    named, sha256 = _name(own.subject), own.fingerprint(hashes.SHA256()).hex()
    rooted = _issued_by(last, last)
    if rest or (last is own and not rooted and own.issuer == own.subject):
        message = (
            "The seal's certificate was changed, or isn't one that an organisation issued to itself or got from the issuers in the file."
        )
        return Check("certificate", False, message)
    if last is own and rooted:
        message = f"{named} issued the seal's certificate to itself, SHA-256 {sha256}: compare this with what the organisation says."
        return Check("certificate", True, message)
    issuers = f"{_name(own.issuer)} issued the seal's certificate to {named}, SHA-256 {sha256}"
    if not rooted:
        message = f"{issuers}, but the file lacks the certificate of {_name(last.issuer)}, without which that can't be checked here."
        return Check("certificate", None, message)
    root = f"{_name(last.subject)}, whose certificate has SHA-256 {last.fingerprint(hashes.SHA256()).hex()}"
    return Check("certificate", True, f"{issuers}, and its issuers lead to {root}: compare this with what the organisation says.")


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _name(name: x509.Name) -> str:
    """As people read it: the organisation, else the common name, else all of it."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string()


def _short(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]
