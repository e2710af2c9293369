"""What anybody may learn of a file: whether this service issued it, unchanged, and whether it was superseded. Nothing else is told or kept.

The file is hashed while it comes in and never stored or parsed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.http import HttpRequest

from accounts.limiting import count_in
from assessments.models import DecisionRecord, Snapshot, Status
from reports.models import Kind, Report

ISSUED, SUPERSEDED, UNKNOWN = "issued", "superseded", "unknown"
OUTCOMES = (ISSUED, SUPERSEDED, UNKNOWN)
LARGEST = 200 * 1024 * 1024  # bytes of a file; a report has less
LARGEST_REQUEST = LARGEST + 64 * 1024  # with what a form puts around it
MOST, WITHIN = 60, timedelta(minutes=10)  # checks from one address


def outcome_of(sha256: str) -> str:
    """``issued``: a file of this digest is a report of this service that still stands; ``superseded``: it was one, and stands no more; ``unknown``:
    no report of this service has it. ``sha256``: 64 hexadecimal digits. One query, the same whatever comes out."""
    rows = Report.objects.filter(sha256=sha256).annotate(over=ExpressionWrapper(_replaced() | _outdated(), BooleanField()))
    found = list(rows.values_list("over", flat=True))
    if not found:
        return UNKNOWN
    return SUPERSEDED if all(found) else ISSUED


def _replaced() -> Q:
    """A later edition has taken the report's place."""
    return Q(Exists(Report.objects.filter(supersedes=OuterRef("pk"))))


def _outdated() -> Q:
    """The decision that the report tells of stands no more: a newer one took its place, or its approval has run out; of a draft, that the assessment
    was decided or submitted anew since."""
    decided = DecisionRecord.objects.filter(snapshot__assessment=OuterRef("assessment"))
    decided_later = Exists(decided.filter(created_at__gt=OuterRef("decision_record__created_at")))
    submitted_later = Exists(Snapshot.objects.filter(assessment=OuterRef("assessment"), number__gt=OuterRef("snapshot__number")))
    draft = Q(kind=Kind.DRAFT) & (Q(Exists(decided)) | Q(submitted_later))
    return Q(assessment__status__in=(Status.SUPERSEDED, Status.EXPIRED)) | Q(decided_later) | draft


def may_ask(request: HttpRequest) -> bool:
    """Count one more check from the address of the request; False where that is too many."""
    return count_in("verify", request.META.get("REMOTE_ADDR", ""), most=MOST, within=WITHIN)


def too_large(request: HttpRequest) -> bool:
    """Whether the request holds more than is read, by what it says of itself; a server passes no more than that on."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isascii() and length.isdigit() and int(length) > LARGEST_REQUEST


def digest_of(chunks: Iterable[bytes]) -> str:
    """SHA-256 in 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


class Hashed(UploadedFile):
    """A file that was uploaded, of which only the size and the digest are left."""

    def __init__(self, name: str | None, size: int, sha256: str) -> None:
        super().__init__(io.BytesIO(), name, size=size)
        self.sha256 = sha256


class HashingHandler(FileUploadHandler):
    """Hashes each uploaded file piece by piece as it comes in, and keeps nothing of it."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._digest.update(raw_data)

    def file_complete(self, file_size: int) -> Hashed:
        return Hashed(self.file_name, file_size, self._digest.hexdigest())
