"""PKCS#12 files as an organisation's certification authority hands them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12PrivateKeyTypes, serialize_key_and_certificates
from cryptography.x509.oid import NameOID

PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Authority:
    """A root and one authority under it, which issues certificates for seals."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority() -> Authority:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("Test Root", root_key, issuer="Test Root", issuer_key=root_key, ca=True)
    return Authority(root, certificate("Test Issuer", key, issuer="Test Root", issuer_key=root_key, ca=True), key)


def certificate(
    name: str, key: PKCS12PrivateKeyTypes, *, issuer: str, issuer_key: CertificateIssuerPrivateKeyTypes, ca: bool = False, days: int = 365
) -> x509.Certificate:
    """A certificate for ``key``; ``days``: how long it is valid from yesterday on, negative for one that is over."""
    since = datetime.now(UTC) - timedelta(days=1 if days > 0 else 1 - days)
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=abs(days)))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def issued(by: Authority, key: PKCS12PrivateKeyTypes, name: str = "North Bank", *, days: int = 365) -> bytes:
    """A PKCS#12 file with ``key``, a certificate for it and those of its issuers, under PASSPHRASE."""
    own = certificate(name, key, issuer="Test Issuer", issuer_key=by.key, days=days)
    return packed(key, own, [by.certificate, by.root])


def packed(key: PKCS12PrivateKeyTypes | None, own: x509.Certificate | None, others: list[x509.Certificate]) -> bytes:
    return serialize_key_and_certificates(b"seal", key, own, others, BestAvailableEncryption(PASSPHRASE.encode()))


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)
