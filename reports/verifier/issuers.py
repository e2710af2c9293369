"""Who issued a certificate: its holder itself, or others whose certificates are in the file, each checked by the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from reports.verifier.checks import Check


@dataclass(frozen=True)
class Row:
    """A certificate and its issuers. ``rooted``: the last one issued itself; ``rest``: what is held beside the row."""

    row: list[x509.Certificate]
    rooted: bool
    rest: list[x509.Certificate]

    @property
    def last(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.row[-1].public_bytes(Encoding.DER))


def row_of(own: asn1_x509.Certificate, held: Iterable[asn1_x509.Certificate]) -> Row:
    """Put the certificates that stand beside ``own`` in a row. Raises ValueError where one can't be read."""
    first = x509.load_der_x509_certificate(own.dump())
    row = [first]
    rest = [one for one in (x509.load_der_x509_certificate(each.dump()) for each in held) if one != first]
    while not _issued_by(row[-1], row[-1]):
        issuer = next((candidate for candidate in rest if _issued_by(row[-1], candidate)), None)
        if issuer is None:
            break
        rest.remove(issuer)
        row.append(issuer)
    return Row(row, _issued_by(row[-1], row[-1]), rest)


def check_issuers(name: str, whose: str, found: Row, *, who: str = "the organisation") -> Check:
    """The check ``name`` of a row of certificates. ``whose``: "the seal's"; ``who`` is to be asked for the fingerprint.

    Nothing else ties the issuers' certificates to the document, so all of them must belong to the one row, and what the last one says of itself
    can be checked only where it is a root.
    """
    own, last = found.row[0], found.row[-1]
    named, sha256 = name_of(own.subject), own.fingerprint(hashes.SHA256()).hex()
    compare = f"compare this with what {who} says"
    if found.rest or (last is own and not found.rooted and own.issuer == own.subject):
        message = (
            f"{_capital(whose)} certificate was changed, or isn't one that {who} issued to itself or got from the issuers in the file."
        )
        return Check(name, False, message)
    if last is own and found.rooted:
        return Check(name, True, f"{named} issued {whose} certificate to itself, SHA-256 {sha256}: {compare}.")
    issuers = f"{name_of(own.issuer)} issued {whose} certificate to {named}, SHA-256 {sha256}"
    if not found.rooted:
        message = f"{issuers}, but the file lacks the certificate of {name_of(last.issuer)}, without which that can't be checked here."
        return Check(name, None, message)
    root = f"{name_of(last.subject)}, whose certificate has SHA-256 {last.fingerprint(hashes.SHA256()).hex()}"
    return Check(name, True, f"{issuers}, and its issuers lead to {root}: {compare}.")


def name_of(name: x509.Name) -> str:
    """As people read it: the organisation, else the common name, else all of it."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
