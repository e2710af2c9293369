"""What an auditor finds on the page of auditors: the assessments in scope with their decisions and reports, and when what was checked.

A page costs the same few queries whatever is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery

from accounts.access import Rights
from accounts.models import Organisation, User
from assessments.models import Assessment, DecisionRecord, Participation, Snapshot
from assessments.permissions import visible
from audit.models import AuditCheck, AuditCheckpoint, AuditEvent
from reports.health import last_check
from reports.models import Kind, Report

PER_PAGE = 25
UNDECIDED = "undecided"
OUTCOMES = ("approved", "rejected", UNDECIDED)
LONGEST = 200
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")


@dataclass(frozen=True)
class Search:
    """What is looked for; an empty field doesn't narrow. ``text``: in titles and use cases, in the names of those who own, wrote, answered or
    decided, and, where it is six hexadecimal digits or more, at the beginning of digests. ``year``: of the decision, in UTC."""

    text: str = ""
    outcome: str = ""
    year: int | None = None

    def __bool__(self) -> bool:
        return bool(self.given())

    def given(self) -> dict[str, str]:
        """What narrows, by the names that addresses use."""
        return {name: str(value) for name, value in (("q", self.text), ("outcome", self.outcome), ("year", self.year)) if value}


@dataclass(frozen=True)
class Line:
    """One assessment. ``outcome`` and ``decided_at`` are empty while nothing is decided, ``report`` while none is made; ``risk_class`` is the class
    under the EU AI Act that the signed record states. ``checked_at``: when the report was last checked on demand, and ``held`` what that found."""

    assessment: Assessment
    outcome: str
    decided_at: datetime | None
    digest: str
    risk_class: str
    report: Report | None
    checked_at: datetime | None
    held: bool


@dataclass(frozen=True)
class Found:
    """``there``: how many assessments are in scope, and ``decided`` how many of them have a decision; ``years``: of decisions, the newest first."""

    page: Page
    lines: Sequence[Line]
    there: int
    decided: int
    years: Sequence[int]
    check: AuditCheck | None
    signed: AuditCheckpoint | None


def search_from(typed: Mapping[str, str]) -> Search:
    """What a person typed, as far as it can be read; what can't doesn't narrow."""
    text, outcome, year = (typed.get(name, "").replace("\0", "").strip() for name in ("q", "outcome", "year"))
    number = int(year) if re.fullmatch(r"[0-9]{4}", year, re.ASCII) and int(year) >= 1 else None
    return Search(text[:LONGEST], outcome if outcome in OUTCOMES else "", number)


def find(person: User, organisation: Organisation, rights: Rights, search: Search, page: str | None) -> Found:
    """The assessments that the person may see and that fit, those decided last first; ``page`` as typed, from 1."""
    everything = _with_decision(visible(person, organisation, rights))
    totals = everything.aggregate(there=Count("pk"), decided=Count("decided_at"), first=Min("decided_at"), last=Max("decided_at"))
    rows = _fitting(everything, organisation, search).select_related("use_case", "author")
    rows = rows.order_by(F("decided_at").desc(nulls_last=True), "-updated_at", "id")
    pages = _Counted(rows, PER_PAGE)
    if not search:
        pages.known = totals["there"]
    found = pages.get_page(page)
    years = range(totals["last"].year, totals["first"].year - 1, -1) if totals["last"] else ()
    return Found(
        found, _lines(organisation, list(found.object_list)), totals["there"], totals["decided"], list(years), last_check(organisation.stream),
        AuditCheckpoint.objects.filter(stream=organisation.stream).order_by("-size").defer("token", "frontier", "note").first(),
    )  # fmt: skip


class _Counted(Paginator):
    """A paginator that may know how many there are."""

    known: int | None = None

    @cached_property
    def count(self) -> int:
        return super().count if self.known is None else self.known


def _with_decision(rows: QuerySet[Assessment]) -> QuerySet[Any]:
    """Each with its newest decision, of which the records themselves aren't read."""
    decision = DecisionRecord.objects.filter(snapshot__assessment=OuterRef("pk")).order_by("-created_at", "id")
    names = {
        "decision": "pk", "outcome": "outcome", "decided_at": "created_at", "decision_digest": "digest", "decided_on": "snapshot",
        "snapshot_digest": "snapshot__digest",
    }  # fmt: skip
    return rows.annotate(**{name: Subquery(decision.values(column)[:1]) for name, column in names.items()})


def _fitting(rows: QuerySet[Any], organisation: Organisation, search: Search) -> QuerySet[Any]:
    if search.outcome:
        rows = rows.filter(decision__isnull=True) if search.outcome == UNDECIDED else rows.filter(outcome=search.outcome)
    if search.year:
        first, last = datetime(search.year, 1, 1, tzinfo=UTC), datetime(search.year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        rows = rows.filter(decided_at__range=(first, last))
    if search.text:
        rows = rows.filter(_by_text(organisation, search.text))
    return rows


def _by_text(organisation: Organisation, text: str) -> Q:
    people = Participation.objects.filter(person__name__icontains=text, snapshot__assessment__organisation=organisation)
    fits = (
        Q(title__icontains=text) | Q(use_case__name__icontains=text) | Q(use_case__owner__icontains=text) | Q(author__name__icontains=text)
    )
    fits |= Q(pk__in=people.values("snapshot__assessment"))
    if match := _DIGEST.fullmatch(text.lower()):
        start = f"sha256:{match[1]}"
        snapshots = Snapshot.objects.filter(digest__startswith=start, assessment__organisation=organisation)
        decisions = DecisionRecord.objects.filter(digest__startswith=start, snapshot__assessment__organisation=organisation)
        reports = Report.objects.filter(sha256__startswith=match[1], organisation=organisation)
        fits |= Q(pk__in=snapshots.values("assessment")) | Q(pk__in=decisions.values("snapshot__assessment"))
        fits |= Q(pk__in=reports.values("assessment"))
    return fits


def _lines(organisation: Organisation, rows: list[Any]) -> list[Line]:
    decisions = [row.decision for row in rows if row.decision]
    reports = {
        report.decision_record_id: report
        for report in Report.objects.filter(decision_record__in=decisions, kind=Kind.SIGN_OFF).order_by("edition")
    }
    classes = _classes({row.snapshot_digest: row.decided_on for row in rows if row.decision})
    checks = _checks(organisation, reports)
    lines = []
    for row in rows:
        report = reports.get(row.decision)
        at, held = checks.get(str(report.pk), (None, False)) if report else (None, False)
        lines.append(
            Line(row, row.outcome or "", row.decided_at, row.decision_digest or "", classes.get(row.snapshot_digest, ""), report, at, held)
        )
    return lines


def _classes(snapshots: dict[str, UUID]) -> dict[str, str]:
    """The class that each record states, by the record's digest. Records are large and never change, so what was read is kept."""
    keys = {f"risk-class:{digest}": digest for digest in snapshots}
    known = {keys[key]: value for key, value in cache.get_many(keys).items()}
    missing = [pk for digest, pk in snapshots.items() if digest not in known]
    read = {}
    if missing:
        for digest, content in Snapshot.objects.filter(pk__in=missing).values_list("digest", "content").iterator(chunk_size=5):
            read[digest] = str(json.loads(bytes(content))["evaluation"]["ai_act"]["risk_class"])
        cache.set_many({f"risk-class:{digest}": found for digest, found in read.items()}, timeout=7 * 24 * 3600)
    return known | read


def _checks(organisation: Organisation, reports: dict[Any, Report]) -> dict[str, tuple[datetime, bool]]:
    """When each report was last checked on demand, and whether it held, by the report's id."""
    ids = [str(report.pk) for report in reports.values()]
    rows = AuditEvent.objects.filter(stream=organisation.stream, object_type="report", object_id__in=ids, action="report.checked")
    later = AuditEvent.objects.filter(
        stream=organisation.stream,
        object_type="report",
        object_id=OuterRef("object_id"),
        action="report.checked",
        index__gt=OuterRef("index"),
    )
    return {row.object_id: (row.at, _held(row)) for row in rows.filter(~Exists(later))}


def _held(event: AuditEvent) -> bool:
    try:
        return event.changes.get("failed") == []
    except (ValueError, KeyError, TypeError, AttributeError):  # the stored bytes were changed
        return False
