"""Several reports handed out at once: a zip with a list of them, each download recorded before the first byte leaves."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.formats import guarded
from accounts.models import Organisation, User
from assessments.permissions import require
from audit.trail import time_text
from reports.bundle import Changed
from reports.downloading import check_stored, file_name, record_download
from reports.models import Report
from reports.zipping import Pipe, member

MOST = 50
COLUMNS = ("file", "sha256", "size", "kind", "edition", "made_at", "assessment", "title", "outcome", "decided_at", "decision_record")
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Gathered:
    """A zip that has been recorded and can be read once."""

    file_name: str
    chunks: Iterator[bytes]


def reports_gather(*, actor: User, organisation: Organisation, reports: Sequence[Report]) -> Gathered:
    """The reports as they were sealed, stored and not packed, behind ``manifest.csv``; memory doesn't grow with them.

    ``reports``: of this organisation, 1 to ``MOST``, with their assessments and decision records. Raises PermissionDenied, ValueError for none or
    more, and reports.downloading.Withheld, before anything is recorded, where a stored file can't be read or isn't what was sealed.
    """
    require(actor, organisation, "report")
    if not 0 < len(reports) <= MOST:
        raise ValueError(f"{len(reports)} reports; from 1 to {MOST} can be handed out at once")
    for report in reports:
        check_stored(report)
    with transaction.atomic():
        for report in reports:
            record_download(actor, report, together=len(reports))
    now = timezone.now()
    top = f"reports-{organisation.slug}-{now:%Y%m%dT%H%M%SZ}"
    return Gathered(f"{top}.zip", _zipped(top, reports, now))


def _zipped(top: str, reports: Sequence[Report], now: datetime) -> Iterator[bytes]:
    """Raises Changed where a file is another by now: the zip then ends without its directory, and doesn't open."""
    pipe = Pipe()
    names = _names(reports)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        archive.writestr(member(f"{top}/manifest.csv", now, packed=False), manifest(reports, names))
        for report, name in zip(reports, names, strict=True):
            digest = hashlib.sha256()
            with report.file.open("rb") as file, archive.open(member(f"{top}/{name}", now, report.size, packed=False), "w") as entry:
                for chunk in file.chunks(_CHUNK):
                    digest.update(chunk)
                    entry.write(chunk)
                    if pipe.full:
                        yield pipe.taken()
            if digest.hexdigest() != report.sha256:
                raise Changed(f"{name} was changed while it was handed out, so the zip was broken off.")
    yield pipe.taken()


def manifest(reports: Sequence[Report], names: Sequence[str]) -> bytes:
    """The list as CSV (RFC 4180) in UTF-8; times in UTC, sizes in bytes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for report, name in zip(reports, names, strict=True):
        decision = report.decision_record
        cells = [
            name, report.sha256, str(report.size), report.kind, str(report.edition), time_text(report.created_at), str(report.assessment_id),
            report.assessment.title, decision.outcome if decision else "", time_text(decision.created_at) if decision else "",
            decision.digest if decision else "",
        ]  # fmt: skip
        writer.writerow([guarded(cell) for cell in cells])
    return text.getvalue().encode()


def _names(reports: Sequence[Report]) -> list[str]:
    """What each is called in the zip: numbered, since titles may be the same."""
    return [f"{number:02d}-{file_name(report)}" for number, report in enumerate(reports, start=1)]
