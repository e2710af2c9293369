"""Detached signatures over the bytes of one small record, made with the key of an organisation's seal and checked with its certificate alone.

Two methods, both over SHA-256 of the data: ECDSA on P-256 with the signature in DER (FIPS 186-5, RFC 3279), and RSA PKCS#1 v1.5 (RFC 8017).
``openssl dgst -sha256 -verify`` checks either. Pure: the offline verifier uses it without this service.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ECDSA = "ecdsa-p256-sha256"
RSA = "rsa-pkcs1v15-sha256"

SealKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Signed:
    """``algorithm``: ``ECDSA`` or ``RSA``; ``certificate_fingerprint``: SHA-256 of the certificate's DER bytes in 64 hexadecimal digits."""

    algorithm: str
    certificate_fingerprint: str
    signature: bytes


def sign(key: SealKey, data: bytes) -> tuple[str, bytes]:
    """The algorithm's name and the signature over ``data``. ``key``: EC on P-256, or RSA."""
    if isinstance(key, rsa.RSAPrivateKey):
        return RSA, key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return ECDSA, key.sign(data, ec.ECDSA(hashes.SHA256()))


def check_signed(data: bytes, algorithm: str, signature: bytes, certificate_der: bytes) -> bool:
    """Whether ``signature`` was made over exactly ``data`` with the key of the certificate.

    False too for an algorithm that isn't one of ours or doesn't suit the certificate's key, and for a certificate that can't be read. It
    doesn't look at who issued the certificate nor at its dates.
    """
    try:
        key = x509.load_der_x509_certificate(certificate_der).public_key()
        if algorithm == ECDSA and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        elif algorithm == RSA and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
