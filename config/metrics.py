"""What monitoring reads at /metrics/: counts and times of the whole service, in Prometheus' text form. No organisation is named."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from audit.models import AuditCheckpoint, AuditEvent, StreamHead
from audit.watch import latest_checks
from jobs.models import Job, Outbox

KINDS = ("organisation", "system")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For a bearer of METRICS_TOKEN; for everybody else, and where it isn't set, there is no such page."""
    token = settings.METRICS_TOKEN
    if not token or not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        raise Http404(_("There is no such page."))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Standing())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Standing(Collector):
    """Reads the database at each scrape, so that every process answers the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _checks()
        yield _unsigned()
        yield from _work()


def _checks() -> Iterator[GaugeMetricFamily]:
    ok = GaugeMetricFamily(
        "countersign_trail_ok", "1 where the last check found every stream of this kind sound, 0 where not.", labels=["stream_kind"]
    )
    at = GaugeMetricFamily(
        "countersign_trail_last_check_timestamp_seconds",
        "When the stream of this kind that was checked longest ago was checked, in Unix time.",
        labels=["stream_kind"],
    )
    unchecked = GaugeMetricFamily("countersign_trail_unchecked_streams", "Streams that were never checked.", labels=["stream_kind"])
    checks = {check.stream: check for check in latest_checks()}
    streams = set(StreamHead.objects.values_list("stream", flat=True)) | set(checks)
    for kind in KINDS:
        mine = [stream for stream in streams if _kind(stream) == kind]
        checked = [checks[stream] for stream in mine if stream in checks]
        unchecked.add_metric([kind], len(mine) - len(checked))
        if checked:
            ok.add_metric([kind], int(all(check.ok for check in checked)))
            at.add_metric([kind], min(check.at for check in checked).timestamp())
    yield from (ok, at, unchecked)


def _unsigned() -> GaugeMetricFamily:
    """A stream that hasn't grown needs no new checkpoint, so what counts is how long its oldest unsigned entry has been waiting."""
    lag = GaugeMetricFamily(
        "countersign_checkpoint_lag_seconds", "Age of the oldest entry that no signed checkpoint holds; 0 where there is none.",
        labels=["stream_kind"],
    )  # fmt: skip
    sizes = dict(AuditCheckpoint.objects.order_by("stream").values("stream").annotate(size=Max("size")).values_list("stream", "size"))
    first = AuditEvent.objects.filter(stream=OuterRef("stream")).order_by("index")
    oldest: dict[str, datetime] = {}
    for stream, size, began in StreamHead.objects.annotate(began=Subquery(first.values("at")[:1])).values_list("stream", "size", "began"):
        signed = sizes.get(stream, 0)
        since = began if not signed else AuditEvent.objects.filter(stream=stream, index=signed).values_list("at", flat=True).first()
        if signed < size and since is not None:
            oldest[_kind(stream)] = min(oldest.get(_kind(stream), since), since)
    now = timezone.now()
    for kind in KINDS:
        lag.add_metric([kind], max((now - oldest[kind]).total_seconds(), 0) if kind in oldest else 0)
    return lag


def _work() -> Iterator[GaugeMetricFamily]:
    now = timezone.now()
    due = Outbox.objects.filter(due_at__lte=now).aggregate(at=Min("due_at"))["at"]
    yield GaugeMetricFamily(
        "countersign_outbox_lag_seconds", "How long the relay is behind: age of the oldest due row of the outbox.",
        value=(now - due).total_seconds() if due else 0,
    )  # fmt: skip
    counts = dict(Job.objects.order_by("status").values("status").annotate(n=Count("pk")).values_list("status", "n"))
    jobs = GaugeMetricFamily("countersign_jobs", "Jobs by status.", labels=["status"])
    for status in Job.Status.values:
        jobs.add_metric([status], counts.get(status, 0))
    yield jobs


def _kind(stream: str) -> str:
    return "system" if stream == "system" else "organisation"
