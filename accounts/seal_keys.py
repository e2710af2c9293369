"""The key of an organisation's seal as a file: making it, opening it, putting another in its place.

In the default set-up it is an EC P-256 key with a certificate that it issued to itself, made when it is first needed. It lies in
VAR_DIR/seals/<organisation uuid>.p12, readable by this service's account alone, under a passphrase derived from SECRET_KEY; a copy of the
folder is worth nothing without that key. A former key is kept beside it, as <organisation uuid>.<16 digits of its fingerprint>.retired.p12.

SEAL_PKCS12 names a file from elsewhere instead (``{organisation}`` in it stands for the organisation's name in addresses), which
SEAL_PKCS12_PASSPHRASE opens. Nothing here writes to that file.
"""

from __future__ import annotations

import base64
import datetime
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates, load_pkcs12, serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.encoding import force_bytes

from accounts.signatures import SealKey

if TYPE_CHECKING:
    from accounts.models import Organisation

YEARS_VALID = 10
LEAST_RSA_BITS = 2048
_NAME_LIMIT = 64  # X.520: upper bound of a common name and of an organisation's name


class SealUnreadable(RuntimeError):
    """The organisation's key can't be used: its file can't be opened, or holds what can't seal. The message says which and what would help."""


class SealOutOfDate(SealUnreadable):
    """The certificate isn't valid at this time, or its key was replaced: nothing new may be sealed with it."""


@dataclass(frozen=True)
class Seal:
    """``chain``: the certificates of its issuers as the file holds them, without its own. ``fingerprint``: SHA-256 of the certificate's DER
    bytes in 64 hexadecimal digits."""

    key: SealKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def open_seal(organisation: Organisation) -> Seal:
    """The organisation's key and certificate, whatever its dates; made on first use unless one is configured. Raises SealUnreadable.

    Opening derives a key from the passphrase, on purpose slowly; a process does so once for each state of the file.
    """
    path = path_of(organisation)
    if settings.SEAL_PKCS12:
        passphrases: tuple[bytes, ...] = (settings.SEAL_PKCS12_PASSPHRASE.encode(),)
    else:
        passphrases = tuple(_passphrase(secret, organisation) for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
        if not path.exists():
            _put_first(_draft(organisation, path), path)
    try:
        stat = path.stat()
        found = _read(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size), passphrases)
    except OSError as error:
        raise SealUnreadable(f"The seal of {organisation.name} ({path}) can't be read: {error.strerror}.") from None
    if found is None:
        raise SealUnreadable(f"The seal of {organisation.name} ({path}) can't be opened: {_what_helps()}")
    return found


def path_of(organisation: Organisation) -> Path:
    """Where the key lies now, or will."""
    if settings.SEAL_PKCS12:
        named: str = settings.SEAL_PKCS12
        return Path(named.replace("{organisation}", organisation.slug))
    return Path(settings.VAR_DIR) / "seals" / f"{organisation.uuid}.p12"


def check_dates(seal: Seal, organisation: Organisation, now: datetime.datetime) -> None:
    """Raises SealOutOfDate where the certificate isn't valid at ``now``, which has a time zone."""
    since, until = seal.certificate.not_valid_before_utc, seal.certificate.not_valid_after_utc
    if since <= now <= until:
        return
    when = f"is valid only from {since:%Y-%m-%d %H:%M} UTC" if now < since else f"was valid until {until:%Y-%m-%d %H:%M} UTC"
    helps = "put a valid one there and run" if settings.SEAL_PKCS12 else "give the organisation a new one with"
    raise SealOutOfDate(
        f"The certificate of {organisation.name}'s seal ({path_of(organisation)}) {when}, so nothing can be sealed with it: {helps} "
        f"manage.py rotate_seal {organisation.slug}."
    )


def draft_of_new(organisation: Organisation) -> Path:
    """Write a new key beside the present one, under a name of its own; ``replace`` puts it in place."""
    return _draft(organisation, path_of(organisation))


def replace(organisation: Organisation, draft: Path, former: Seal) -> Path:
    """Put the drafted key in the former's place, and return where the former is kept now. At every moment there is one key."""
    path = path_of(organisation)
    kept = path.with_name(f"{organisation.uuid}.{former.fingerprint[:16]}.retired.p12")
    with suppress(FileExistsError):  # left by a replacement that was broken off here
        os.link(path, kept)
    os.replace(draft, path)
    _sync_folder(path.parent)
    return kept


def _passphrase(secret: str | bytes, organisation: Organisation) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"countersign/seal/{organisation.uuid}".encode())
    return base64.urlsafe_b64encode(derive.derive(force_bytes(secret)))


def _draft(organisation: Organisation, path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    data = serialize_key_and_certificates(
        b"seal", key, _certificate(key, organisation), None, BestAvailableEncryption(_passphrase(settings.SECRET_KEY, organisation))
    )
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _put_first(draft: Path, path: Path) -> None:
    """Where two processes make the first key at once, one of them wins and the other's is thrown away unused."""
    try:
        with suppress(FileExistsError):
            os.link(draft, path)  # refuses to replace what is there, and never shows half a file
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A key that something was signed with must still be there after the power failed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


@lru_cache(maxsize=256)
def _read(path: Path, version: tuple[int, int, int], passphrases: tuple[bytes, ...]) -> Seal | None:
    """None where no passphrase opens the file. ``version``: which state of the file it is; another one is read anew, so that a new key reaches
    every process. Raises OSError, and SealUnreadable for contents that can't seal."""
    data = path.read_bytes()
    for passphrase in passphrases:
        try:
            held = load_pkcs12(data, passphrase or None)
        except (ValueError, UnsupportedAlgorithm):
            continue
        return _seal_in(held, path)
    return None


def _seal_in(held: PKCS12KeyAndCertificates, path: Path) -> Seal:
    key, own = held.key, held.cert
    if key is None or own is None:
        lacks = "private key" if key is None else "certificate of its key"
        raise SealUnreadable(f"The file {path} can't seal: it holds no {lacks}.")
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < LEAST_RSA_BITS:
            raise SealUnreadable(f"The file {path} can't seal: its RSA key has {key.key_size} bits; give one of {LEAST_RSA_BITS} or more.")
    elif not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise SealUnreadable(f"The file {path} can't seal: give an RSA key, or an EC key on the curve P-256.")
    if own.certificate.public_key() != key.public_key():
        raise SealUnreadable(f"The file {path} can't seal: its certificate belongs to another key.")
    return Seal(key, own.certificate, tuple(other.certificate for other in held.additional_certs))


def _what_helps() -> str:
    if settings.SEAL_PKCS12:
        return "SEAL_PKCS12_PASSPHRASE isn't its passphrase, or the file isn't PKCS#12."
    return "SECRET_KEY isn't the one it was made under. Add the former one to SECRET_KEY_FALLBACKS."
