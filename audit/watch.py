"""The nightly look at every stream, the look at one that somebody asks for, and what was found: for the pages, the mail and the metric that
raise an alarm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from audit import verify
from audit.models import AuditCheck
from audit.places import PlaceUnavailable
from audit.verify import Report

KEPT = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StreamReport:
    """What verifying one stream found, and how long it took in seconds. ``further``: what is wrong with the records that the stream tells of,
    in sentences without their full stop."""

    stream: str
    report: Report
    seconds: float
    further: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        return bool(self.report.problems or self.further)

    @property
    def ok(self) -> bool:
        """Nothing is wrong, and nothing was left unchecked."""
        return self.report.ok and not self.report.unchecked and not self.further

    @property
    def problem(self) -> str:
        """The first thing that is wrong, or else what couldn't be checked; nothing where all is sound."""
        if self.report.problems:
            return self.report.problems[0].message
        if self.further:
            return self.further[0]
        return self.report.unchecked[0] if self.report.unchecked else ""


def watch(further: Callable[[str], list[str]] = lambda stream: []) -> list[StreamReport]:
    """Verify every stream against the table and the second place, and keep what was found; the log tells what isn't sound.

    ``further``: what else is wrong with what a stream tells of, in sentences; asked of each stream that is sound, since it rests on that.
    """
    unreachable: list[str] = []
    try:
        streams = verify.streams_and_places()
    except PlaceUnavailable as error:  # each stream's own verification says so too
        unreachable, streams = [str(error)], verify.streams()
    reports = [verify_and_keep(stream, further) for stream in streams]
    for problem in unreachable:
        log.error("The trail was verified without the second place: %s", problem)
    return reports


def latest_checks() -> list[AuditCheck]:
    """What was found last, one check a stream, those that aren't sound first."""
    newest = AuditCheck.objects.filter(stream=OuterRef("stream")).order_by("-at", "-id").values("pk")[:1]
    return list(AuditCheck.objects.filter(pk=Subquery(newest)).order_by("ok", "stream"))


def verify_and_keep(stream: str, further: Callable[[str], list[str]], by: str = "") -> StreamReport:
    """Verify one stream and keep what was found; ``further`` as in ``watch``, ``by``: the reference of the person who asks."""
    start = time.monotonic()
    report = verify.verify_stream(stream, second_place=True)
    found = StreamReport(stream, report, time.monotonic() - start, tuple(further(stream) if report.ok else ()))
    AuditCheck.objects.create(
        stream=stream,
        at=timezone.now(),
        ok=found.ok,
        size=report.size,
        root=report.root,
        seconds=found.seconds,
        problem=found.problem,
        by=by,
    )
    former = AuditCheck.objects.filter(stream=stream).order_by("-at", "-id").values_list("pk", flat=True)[KEPT:]
    AuditCheck.objects.filter(pk__in=list(former)).delete()
    if not found.ok:
        log.error("The trail %s isn't sound: %s", stream, found.problem)
    return found
