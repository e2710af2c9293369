"""The trail's pages: what happened, found by person, action, object, time and text; exported; and where the log was signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.access import member
from assessments.permissions import require
from assessments.views.common import page_context
from audit.models import AuditCheckpoint, AuditEvent
from audit.verify import verify_stream
from reports import exporting, reading
from reports.views import find_assessment, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member()
def trail(request: HttpRequest) -> HttpResponse:
    """What happened in the organisation, in sentences; asked by POST, whether it is still what was written."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "trail")  # type: ignore[arg-type]
    checked = verify_stream(organisation.stream, second_place=True) if request.method == "POST" else None
    if checked is not None and request.htmx:  # type: ignore[attr-defined]
        return render(request, "reports/_checked.html", {"checked": checked})
    return _trail_page(request, checked=checked)


@require_GET
@never_cache
@member()
def export(request: HttpRequest) -> HttpResponseBase:
    """What was looked for, as a file; that it was handed out is recorded before the first byte leaves."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "trail")  # type: ignore[arg-type]
    filters, wrong = reading.filters_from(request.GET.dict())
    form = request.GET.get("format", exporting.CSV)
    if form not in exporting.FORMATS:
        wrong["format"] = _("The trail can be exported as csv or as jsonl.")
    if wrong:
        return _trail_page(request)
    made = exporting.trail_export(actor=request.user, organisation=organisation, filters=filters, format=form)  # type: ignore[arg-type]
    return StreamingHttpResponse(made.chunks, content_type=made.media_type, headers=exporting.headers_of(made))


@require_safe
@never_cache
@member()
def checkpoints(request: HttpRequest) -> HttpResponse:
    """Where the organisation's log was signed, the newest first, each with its signed note."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "trail")  # type: ignore[arg-type]
    rows = AuditCheckpoint.objects.filter(stream=organisation.stream).order_by("-size").defer("token", "frontier")
    return render(request, "reports/checkpoints.html", {"page": page_of(request, rows), "nav": "trail"})


@require_safe
@never_cache
@member()
def assessment_trail(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What happened to one assessment and to its reports."""
    case = find_assessment(request, assessment, "trail")
    page = page_of(request, reading.events_of_assessment(case))
    context = page_context(request, case, page=page, entries=entries_of(page), nav="assessments")
    return render(request, "reports/assessment_trail.html", context)


def entries_of(page: Page) -> list[reading.Entry]:
    return [reading.entry_of(event) for event in page]


def _trail_page(request: HttpRequest, *, checked: object = None) -> HttpResponse:
    """The page, with the entries that fit; with none of them, and what is wrong beside each field, where the search can't be read."""
    stream = request.organisation.stream  # type: ignore[attr-defined]
    filters, wrong = reading.filters_from(request.GET.dict())
    if request.GET.get("format", exporting.CSV) not in exporting.FORMATS:
        wrong["format"] = _("The trail can be exported as csv or as jsonl.")
    page = page_of(request, AuditEvent.objects.none() if wrong else reading.events(stream, filters))
    given = filters.given()
    context: dict[str, Any] = {
        "page": page,
        "entries": entries_of(page),
        "filters": filters,
        "typed": {name: request.GET.get(name, "") for name in reading.NAMES},
        "wrong": wrong,
        "query": f"{urlencode(given)}&" if given else "",
        "actions": _with_chosen(reading.actions_in(stream), filters.action),
        "people": _with_chosen(reading.people_in(stream), filters.person),
        "types": _with_chosen(reading.types_in(stream), filters.object_type),
        "signed": AuditCheckpoint.objects.filter(stream=stream).order_by("-size").defer("token", "frontier").first(),
        "checked": checked,
        "nav": "trail",
    }
    return render(request, "reports/trail.html", context, status=422 if wrong else 200)


def _with_chosen(choices: list[reading.Choice], chosen: str) -> list[reading.Choice]:
    """A choice that no entry has stays in sight, since it narrows all the same."""
    if chosen and chosen not in {choice.key for choice in choices}:
        return [*choices, reading.Choice(chosen, chosen, 0)]
    return choices
