"""The trail's pages: what happened, found by person, action, object, time and text; exported; and where the log was signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.access import member
from accounts.models import Organisation
from assessments.naming import titles_for
from assessments.permissions import require
from assessments.views.common import page_context
from audit.actions import name_of
from audit.models import AuditCheckpoint, AuditEvent
from reports import exporting, reading
from reports.alarm import check_now
from reports.health import last_check
from reports.sentence_search import MOST_READ, Saying
from reports.views import find_assessment, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member()
def trail(request: HttpRequest) -> HttpResponse:
    """What happened in the organisation, in sentences; asked by POST, whether it is still what was written."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "trail", request.rights)  # type: ignore[attr-defined, arg-type]
    checked = check_now(organisation, request.user) if request.method == "POST" else None  # type: ignore[arg-type]
    if checked is not None and request.htmx:  # type: ignore[attr-defined]
        return render(request, "reports/_checked.html", {"checked": checked})
    return _trail_page(request, checked=checked)


@require_GET
@never_cache
@member()
def export(request: HttpRequest) -> HttpResponseBase:
    """What was looked for, as a file; that it was handed out is recorded before the first byte leaves."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "trail", request.rights)  # type: ignore[attr-defined, arg-type]
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
    require(request.user, organisation, "trail", request.rights)  # type: ignore[attr-defined, arg-type]
    rows = AuditCheckpoint.objects.filter(stream=organisation.stream).order_by("-size").defer("token", "frontier")
    return render(request, "reports/checkpoints.html", {"page": page_of(request, rows), "nav": "trail"})


@require_safe
@never_cache
@member()
def assessment_trail(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What happened to one assessment and to its reports."""
    case = find_assessment(request, assessment, "trail")
    events, kind = reading.events_of_assessment(case), request.GET.get("kind", "")
    if kind in KINDS_OF_EVENT:
        events = events.filter(action__regex=rf"^({'|'.join(KINDS_OF_EVENT[kind][1])})")
    page = page_of(request, events)
    context = page_context(
        request, case, page=page, entries=entries_of(page, case.organisation), nav="assessments", kind=kind if kind in KINDS_OF_EVENT else "",
        kinds=[("", _("Everything")), *((key, label) for key, (label, _prefixes) in KINDS_OF_EVENT.items())],
        check=last_check(case.organisation.stream), query=f"kind={kind}&" if kind in KINDS_OF_EVENT else "",
    )  # fmt: skip
    return render(request, "reports/assessment_trail.html", context)


# What one looks for in an assessment's timeline: the beginnings of the actions that belong to each.
KINDS_OF_EVENT: dict[str, tuple[Any, tuple[str, ...]]] = {
    "sign-off": (
        gettext_lazy("Sign-off"),
        (
            r"assessment\.(submitted|signed|abstained|returned|approved|rejected|withdrawn|expired|superseded)",
            r"record\.",
            r"condition\.",
            r"acceptance\.",
        ),
    ),
    "answers": (gettext_lazy("Answers and figures"), (r"response\.", r"answers\.", r"figure\.", r"weights\.")),
    "evidence": (gettext_lazy("Evidence"), (r"evidence\.",)),
    "description": (
        gettext_lazy("Description and options"),
        (r"assessment\.(created|imported|continued|changed|moved|succeeded)", r"option\."),
    ),
    "findings": (gettext_lazy("Findings"), (r"finding\.", r"acceptance\.")),
    "reports": (gettext_lazy("Reports and exports"), (r"report", r"bundle\.", r"assessment\.exported", r"job\.")),
}


def entries_of(page: Page, organisation: Organisation) -> list[reading.Entry]:
    """With titles in place of the catalogue's ids, as each assessment's release has them; an export keeps the ids."""
    events = list(page)
    titles = titles_for(events, organisation)
    return [reading.entry_of(event, titles.get(event.object_id)) for event in events]


def _trail_page(request: HttpRequest, *, checked: object = None) -> HttpResponse:
    """The page, with the entries that fit; with none of them, and what is wrong beside each field, where the search can't be read."""
    stream = request.organisation.stream  # type: ignore[attr-defined]
    filters, wrong = reading.filters_from(request.GET.dict())
    if request.GET.get("format", exporting.CSV) not in exporting.FORMATS:
        wrong["format"] = _("The trail can be exported as csv or as jsonl.")
    seen = reading.seen_by(request.user, request.organisation, request.rights)  # type: ignore[attr-defined, arg-type]
    organisation = request.organisation  # type: ignore[attr-defined]
    there = Saying(AuditEvent.objects.none()) if wrong else reading.events(organisation, filters, seen)
    page = page_of(request, there.rows)
    given = filters.given()
    context: dict[str, Any] = {
        "page": page,
        "partly": there.partly,
        "most_read": MOST_READ,
        "entries": entries_of(page, organisation),
        "filters": filters,
        "typed": {name: request.GET.get(name, "") for name in reading.NAMES},
        "wrong": wrong,
        "query": f"{urlencode(given)}&" if given else "",
        "actions": _with_chosen(reading.actions_in(stream, seen), filters.action, name_of(filters.action)),
        "people": _with_chosen(reading.people_in(stream, seen), filters.person),
        "types": _with_chosen(reading.types_in(stream, seen), filters.object_type),
        "signed": AuditCheckpoint.objects.filter(stream=stream).order_by("-size").defer("token", "frontier").first(),
        "checked": checked,
        "check": last_check(stream),
        "limited": bool(seen),
        "nav": "trail",
    }
    return render(request, "reports/trail.html", context, status=422 if wrong else 200)


def _with_chosen(choices: list[reading.Choice], chosen: str, text: str = "") -> list[reading.Choice]:
    """A choice that no entry has stays in sight, since it narrows all the same."""
    if chosen and chosen not in {choice.key for choice in choices}:
        return [*choices, reading.Choice(chosen, _(text) if text else chosen, 0)]
    return choices
