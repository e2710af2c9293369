"""Timestamps of RFC 3161: an authority's word that a note existed at a time, which this service couldn't have written later."""

from __future__ import annotations

import hashlib
import logging
import urllib.request
from datetime import datetime
from http.client import HTTPException
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

SECONDS_TO_ANSWER = 10
MOST_BYTES = 64 * 1024
_GRANTED = (0, 1)
_SHA256 = "2.16.840.1.101.3.4.2.1"

log = logging.getLogger(__name__)


class BadTimestamp(ValueError):
    """An authority's answer isn't a timestamp of these bytes; the message says why."""


def stamp(data: bytes) -> bytes | None:
    """Ask the authority at TIMESTAMP_URL, and return its answer (a TimeStampResp in DER).

    None where no authority is configured, and where it can't be reached or answers wrongly: the log says so, and nothing is held up.
    """
    url = settings.TIMESTAMP_URL
    if not url:
        return None
    request = (
        TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).cert_request(cert_request=True).build()
    )
    try:
        answer = _ask(url, request.as_bytes())
        check(answer, data, nonce=request.nonce)
    except (OSError, ValueError, HTTPException) as error:
        log.warning("The timestamp authority gave no timestamp, so a checkpoint goes without one: %s", error)
        return None
    return answer


def check(answer: bytes, data: bytes, *, nonce: int | None = None) -> datetime:
    """Return the time that an authority's answer states for ``data``.

    Compared are its status, the digest, and the nonce if given; its signature and certificates where TIMESTAMP_ROOTS names a file of trusted
    certificates. Raises BadTimestamp.
    """
    try:
        response = decode_timestamp_response(answer)
        status, info = response.status, response.tst_info
    except ValueError as error:
        raise BadTimestamp(f"it can't be read ({error})") from None
    if status not in _GRANTED:
        raise BadTimestamp(f"the authority refused: status {status} {' '.join(response.status_string)}")
    imprint = info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != hashlib.sha256(data).digest():
        raise BadTimestamp("it is of other bytes")
    if nonce is not None and info.nonce != nonce:
        raise BadTimestamp("its nonce isn't the one that was asked with")
    if settings.TIMESTAMP_ROOTS:
        _check_signature(response, data)
    return info.gen_time


def _check_signature(response: TimeStampResponse, data: bytes) -> None:
    roots = load_pem_x509_certificates(Path(settings.TIMESTAMP_ROOTS).read_bytes())
    try:
        VerifierBuilder(roots=roots).build().verify_message(response, data)
    except VerificationError as error:
        raise BadTimestamp(f"its signature doesn't hold ({error})") from None


def _ask(url: str, question: bytes) -> bytes:
    """Raises OSError and ValueError; the address comes from the settings and is http or https."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"TIMESTAMP_URL {url!r} is neither http nor https")
    request = urllib.request.Request(url, question, {"Content-Type": "application/timestamp-query"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:  # noqa: S310
        return bytes(answer.read(MOST_BYTES))
