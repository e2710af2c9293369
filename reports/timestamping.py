"""What a seal needs from elsewhere: timestamps (RFC 3161), and whether its certificates were revoked. Only configured hosts are asked."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from asn1crypto import cms, pem
from asn1crypto import x509 as asn1_x509
from django.conf import settings
from pyhanko.sign import SimpleSigner
from pyhanko.sign.general import CMSExtractionError, extract_certificate_info
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.aiohttp_fetchers.util import LazySession

from accounts.seal import SealUnreadable
from jobs.work import TryLater

SECONDS_TO_ANSWER = 10
CLOCKS_DIFFER = timedelta(minutes=5)  # at most, between this machine, the authority and who signs revocation data


class AuthorityAway(TryLater, ConnectionError):
    """A host that a seal needs doesn't answer, or wrongly; a fault that may pass."""


class ConfiguredHosts(LazySession):
    """Connections to the timestamp authority and to SEAL_REVOCATION_HOSTS, and to no other host, whatever a certificate names.

    ``refused``: the other hosts that were to be asked; ``failed``: those that gave no good answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hosts = {urlsplit(settings.SEAL_TIMESTAMP_URL).hostname, *settings.SEAL_REVOCATION_HOSTS}
        self.refused: set[str] = set()
        self.failed: set[str] = set()
        self.fetchers = AIOHttpFetcherBackend(self, SECONDS_TO_ANSWER).get_fetchers()  # type: ignore[arg-type]

    def get_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
            self._session = aiohttp.ClientSession(connector=connector, middlewares=(self._ask,), trust_env=True)
        return self._session

    async def _ask(
        self, request: aiohttp.ClientRequest, handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
    ) -> aiohttp.ClientResponse:
        host = request.url.host or ""
        if host not in self._hosts:
            self.refused.add(host)
            raise aiohttp.ClientConnectionError(f"{host} isn't one of the configured hosts")
        self.failed.add(host)
        answer = await handler(request)
        if answer.ok:
            self.failed.discard(host)
        return answer


class Authority(HTTPTimeStamper):
    """The authority at SEAL_TIMESTAMP_URL. What it answers is checked before it is used, by ``context`` where there is one."""

    def __init__(self, hosts: ConfiguredHosts, context: ValidationContext | None) -> None:
        super().__init__(settings.SEAL_TIMESTAMP_URL, timeout=SECONDS_TO_ANSWER, session=hosts)
        self.context = context

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Raises AuthorityAway, and PathBuildingError and PathValidationError where ``context`` doesn't vouch for who answered."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            own = extract_certificate_info(token["content"])
            # the imprint is compared with an empty digest, and so differs, where it was made with another algorithm
            found = await validate_tst_signed_data(
                token["content"],
                ValidationContext(trust_roots=[own.signer_cert], allow_fetching=False),
                lambda algorithm: message_digest if algorithm == md_algorithm else b"",
            )
        except TimestampRequestError as error:
            raise AuthorityAway("the timestamp authority for seals can't be reached, or refuses") from error
        except (ValueError, TypeError, KeyError, AttributeError, SignatureValidationError, CMSExtractionError) as error:
            raise AuthorityAway("the timestamp authority for seals answered with something that is no timestamp") from error
        if not found["intact"] or not found["valid"]:
            raise AuthorityAway("the timestamp authority for seals answered with a false timestamp, or one of other bytes")
        if self.context is not None:
            certificates = CertificateValidator(own.signer_cert, own.other_certs, validation_context=self.context)
            await certificates.async_validate_usage(set(), {"time_stamping"})
        return token


def context_of(roots: list[asn1_x509.Certificate], hosts: ConfiguredHosts, *, lasting: bool) -> ValidationContext:
    """What certificates are held to. ``lasting``: each one below a root must have revocation data, which is fetched."""
    return ValidationContext(
        trust_roots=roots,
        allow_fetching=lasting,
        fetchers=hosts.fetchers if lasting else None,
        revocation_mode="require" if lasting else "soft-fail",
        time_tolerance=CLOCKS_DIFFER,
    )


def roots_of(signer: SimpleSigner) -> list[asn1_x509.Certificate]:
    """Where the certificates of a seal end: those that issued themselves, else the last that the seal has."""
    chain = [signer.signing_cert, *signer.cert_registry]
    return [one for one in chain if one.subject == one.issuer] or chain[-1:]


def authority_roots() -> list[asn1_x509.Certificate]:
    """The certificates in SEAL_TIMESTAMP_ROOTS; none where nothing is configured. Raises SealUnreadable."""
    if not settings.SEAL_TIMESTAMP_ROOTS:
        return []
    try:
        data = Path(settings.SEAL_TIMESTAMP_ROOTS).read_bytes()
        found: list[Any] = [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(data, multiple=True)]
    except (OSError, ValueError) as error:
        raise SealUnreadable(
            f"SEAL_TIMESTAMP_ROOTS names {settings.SEAL_TIMESTAMP_ROOTS}, which isn't a file of certificates in PEM ({error})."
        ) from error
    return found
