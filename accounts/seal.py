"""The organisation's seal: on documents (X.509, for pyHanko) and on small records (detached signatures, ``accounts.signatures``).

The seal proves that something left this service under this organisation's key and hasn't been changed since. Where the organisation issued the
certificate to itself, nobody else vouches for who it is: the fingerprint, told apart from the document, is what ties the two together.

Every certificate that an organisation ever sealed with stays in the table SealCertificate, and its first use is in the trail, so that what was
sealed before a rotation can be checked after it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import seal_keys
from accounts.models import Organisation, SealCertificate
from accounts.seal_keys import YEARS_VALID, Seal, SealOutOfDate, SealUnreadable
from accounts.signatures import Signed, check_signed, sign
from audit.trail import record

if TYPE_CHECKING:
    from pyhanko.sign import SimpleSigner

__all__ = [
    "YEARS_VALID",
    "Seal",
    "SealOutOfDate",
    "SealUnreadable",
    "Signed",
    "certificate_of",
    "check_signed",
    "known_certificates",
    "known_fingerprint",
    "rotate",
    "seal_of",
    "sign_bytes",
    "signer_for",
    "warm",
]


def signer_for(organisation: Organisation) -> SimpleSigner:
    """pyHanko's signer with the organisation's key and the certificates of its issuers. Asks no database: call ``warm`` before.

    Raises SealUnreadable.
    """
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    seal = _valid(organisation)
    der = seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    issuers = [asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)) for certificate in seal.chain]
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(seal.der),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore.from_certs(issuers),
    )


def seal_of(organisation: Organisation) -> Seal:
    """The organisation's key and certificate, whatever its dates; made on first use unless one is configured. Raises SealUnreadable."""
    return seal_keys.open_seal(organisation)


def known_fingerprint(organisation: Organisation) -> str | None:
    """The fingerprint of the certificate that the organisation seals with now, or None where no key was made yet. Raises SealUnreadable."""
    if not settings.SEAL_PKCS12 and not seal_keys.path_of(organisation).exists():
        return None
    return seal_of(organisation).fingerprint


def warm(organisation: Organisation) -> None:
    """Open the key, and enter its certificate in the table and the trail where it is new: call it before a transaction that signs.

    Raises SealUnreadable.
    """
    _in_service(organisation)


def sign_bytes(organisation: Organisation, data: bytes) -> Signed:
    """Sign ``data`` with the organisation's key. Quick after ``warm``: one indexed query and one signature. Raises SealUnreadable."""
    seal = _in_service(organisation)
    algorithm, signature = sign(seal.key, data)
    return Signed(algorithm, seal.fingerprint, signature)


def certificate_of(organisation: Organisation, fingerprint: str) -> bytes | None:
    """The DER bytes of a certificate that the organisation seals or sealed with; None where it has none of that SHA-256.

    The bytes are held to the fingerprint: a row that was changed in the database counts as none.
    """
    row = SealCertificate.objects.filter(organisation=organisation, fingerprint=fingerprint).first()
    if row is None or hashlib.sha256(row.certificate).hexdigest() != fingerprint:
        return None
    return bytes(row.certificate)


def known_certificates(organisation: Organisation) -> list[SealCertificate]:
    """Every certificate that the organisation ever sealed with, the oldest first; the one without ``retired_at`` is in use."""
    return list(SealCertificate.objects.filter(organisation=organisation).order_by("made_at", "pk"))


def rotate(organisation: Organisation, *, reason: str = "", actor: str = "system") -> tuple[str | None, str]:
    """Seal with another key from now on: a new one, or the one that SEAL_PKCS12 newly holds. What was sealed before stays verifiable.

    Returns the fingerprints of the former certificate (None where there was none) and of the new one. ``actor``: a person's reference or
    ``system``. Call it outside a transaction. Raises SealUnreadable, also where SEAL_PKCS12 still holds a certificate that was used before.
    """
    if settings.SEAL_PKCS12 or known_fingerprint(organisation) is None:
        return _take_what_is_there(organisation, reason, actor)
    _enter(organisation, seal_of(organisation))  # in case it never sealed anything through the table
    draft = seal_keys.draft_of_new(organisation)
    try:
        with transaction.atomic():
            _lock(organisation)
            former = seal_of(organisation)  # under the lock, so that two who rotate at once replace one after the other
            seal_keys.replace(organisation, draft, former)
            current = seal_of(organisation)
            _enter(organisation, current, reason=reason, actor=actor)
    finally:
        draft.unlink(missing_ok=True)
    return former.fingerprint, current.fingerprint


def _take_what_is_there(organisation: Organisation, reason: str, actor: str) -> tuple[str | None, str]:
    seal = _valid(organisation)
    used = known_certificates(organisation)
    if any(row.fingerprint == seal.fingerprint for row in used):
        raise SealUnreadable(
            f"{seal_keys.path_of(organisation)} holds a certificate that {organisation.name} has sealed with already, SHA-256 "
            f"{seal.fingerprint}: put the new key and its certificate there first."
        )
    _enter(organisation, seal, reason=reason, actor=actor)
    return next((row.fingerprint for row in used if row.retired_at is None), None), seal.fingerprint


def _valid(organisation: Organisation) -> Seal:
    seal = seal_of(organisation)
    seal_keys.check_dates(seal, organisation, timezone.now())
    return seal


def _in_service(organisation: Organisation) -> Seal:
    """The seal, valid today, in the table and not retired."""
    seal = _valid(organisation)
    if not _retired(organisation, seal):
        return seal
    again = _valid(organisation)  # the key may have been replaced between reading the file and the table
    if again.fingerprint == seal.fingerprint or _retired(organisation, again):
        raise SealOutOfDate(
            f"The key of {organisation.name}'s seal ({seal_keys.path_of(organisation)}) was replaced by another one, so nothing more can be "
            f"sealed with it: its certificate has SHA-256 {again.fingerprint}."
        )
    return again


def _retired(organisation: Organisation, seal: Seal) -> bool:
    row = SealCertificate.objects.filter(organisation=organisation, fingerprint=seal.fingerprint).only("retired_at").first()
    if row is None:
        _enter(organisation, seal)
        return False
    return row.retired_at is not None


def _lock(organisation: Organisation) -> None:
    """One at a time changes what an organisation seals with. Rows that only refer to the organisation don't wait for this."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _enter(organisation: Organisation, seal: Seal, *, reason: str = "", actor: str = "system") -> None:
    """Enter a certificate in the table and the trail, and retire the one before; does nothing where it is there already."""
    with transaction.atomic():
        _lock(organisation)
        if SealCertificate.objects.filter(organisation=organisation, fingerprint=seal.fingerprint).exists():
            return
        now = timezone.now()
        former = SealCertificate.objects.filter(organisation=organisation, retired_at=None).first()
        if former is not None:
            former.retired_at = now
            former.save(update_fields=["retired_at"])
        SealCertificate.objects.create(
            organisation=organisation,
            fingerprint=seal.fingerprint,
            certificate=seal.der,
            chain=[base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in seal.chain],
            made_at=now,
        )
        certificate = {"from": former.fingerprint, "to": seal.fingerprint} if former else seal.fingerprint
        record(
            stream=organisation.stream,
            action="seal.rotated" if former else "seal.made",
            actor=actor,
            object_type="organisation",
            object_id=str(organisation.uuid),
            changes={"certificate": certificate},
            reason=reason,
            personal={"object_label": organisation.name},
        )
