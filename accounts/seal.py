"""The organisation's seal: an EC P-256 key with a certificate that it issued to itself, made when it is first needed.

The seal proves that a document left this service under this organisation's key and hasn't been changed since. It does not prove who the
organisation is: nobody else vouches for the certificate. Its fingerprint, told apart from the document, is what ties the two together.

The key lies in VAR_DIR/seals/<organisation uuid>.p12, readable by this service's account alone, under a passphrase derived from SECRET_KEY; a
copy of the folder is worth nothing without that key.
"""

from __future__ import annotations

import base64
import datetime
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12, serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.encoding import force_bytes

if TYPE_CHECKING:
    from pyhanko.sign import SimpleSigner

    from accounts.models import Organisation

YEARS_VALID = 10
_NAME_LIMIT = 64  # X.520: upper bound of a common name and of an organisation's name


class SealUnreadable(RuntimeError):
    """The key file can't be opened with this service's SECRET_KEY."""


@dataclass(frozen=True)
class Seal:
    """``fingerprint``: SHA-256 of the certificate's DER bytes in 64 hexadecimal digits."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def signer_for(organisation: Organisation) -> SimpleSigner:
    """pyHanko's signer with the organisation's key; both are made on first use. Raises SealUnreadable."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko.sign import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    seal = seal_of(organisation)
    der = seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(seal.certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore(),
    )


def seal_of(organisation: Organisation) -> Seal:
    """The organisation's key and certificate, made on first use. Raises SealUnreadable."""
    path = _path(organisation)
    if not path.exists():
        _make(organisation, path)
    return _read(path, organisation)


def known_fingerprint(organisation: Organisation) -> str | None:
    """The fingerprint of the organisation's certificate, or None where it has never sealed anything."""
    return seal_of(organisation).fingerprint if _path(organisation).exists() else None


def _path(organisation: Organisation) -> Path:
    return Path(settings.VAR_DIR) / "seals" / f"{organisation.uuid}.p12"


def _passphrase(secret: str | bytes, organisation: Organisation) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"countersign/seal/{organisation.uuid}".encode())
    return base64.urlsafe_b64encode(derive.derive(force_bytes(secret)))


def _make(organisation: Organisation, path: Path) -> None:
    """Write a new key. Where two processes do so at once, one of them wins and the other's key is thrown away unused."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    data = serialize_key_and_certificates(
        b"seal", key, _certificate(key, organisation), None, BestAvailableEncryption(_passphrase(settings.SECRET_KEY, organisation))
    )
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # refuses to replace what is there, and never shows half a file
    finally:
        draft.unlink()


def _certificate(key: ec.EllipticCurvePrivateKey, organisation: Organisation) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation.name[:_NAME_LIMIT]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Seal of {organisation.name}"[:_NAME_LIMIT]),
        ]
    )
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=366 * YEARS_VALID))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _read(path: Path, organisation: Organisation) -> Seal:
    data = path.read_bytes()
    for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        try:
            held = load_pkcs12(data, _passphrase(secret, organisation))
        except ValueError:
            continue
        if isinstance(held.key, ec.EllipticCurvePrivateKey) and held.cert is not None:
            return Seal(held.key, held.cert.certificate)
    raise SealUnreadable(
        f"The seal of {organisation.name} ({path}) can't be opened: SECRET_KEY isn't the one it was made under. Add the former one to "
        "SECRET_KEY_FALLBACKS."
    )
