"""Pages of reports. Auditors read them all and change nothing; a download is itself an event of the trail. For the trail's see
``trail_views``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from accounts.models import Role
from assessments.errors import WrongStatus
from assessments.models import Assessment
from assessments.permissions import require, visible
from reports import cancelling, downloading
from reports.standing import standing_of_report

PER_PAGE = 50


@require_safe
@never_cache
@member()
def panel(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """How far the report is: a fragment that asks again each second while it is being made; a page of its own without scripts."""
    case = find_assessment(request, assessment, "report")
    standing = standing_of_report(case)
    context = {
        "assessment": case, "standing": standing, "may_restart": Role.ADMINISTRATOR in request.roles,  # type: ignore[attr-defined]
        "may_cancel": standing.job is not None and cancelling.may_cancel(request.user, request.roles, standing),  # type: ignore
    }  # fmt: skip
    part = request.htmx  # type: ignore[attr-defined]
    return render(request, "reports/_panel.html" if part else "reports/panel.html", context)


@require_POST
@member()
def again(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Give a report that failed or was cancelled another set of attempts; what has happened meanwhile the panel shows."""
    return _changed(request, assessment, cancelling.report_again)


@require_POST
@member()
def cancel(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Cancel the report that waits or is being made."""
    return _changed(request, assessment, cancelling.report_cancel)


def _changed(request: HttpRequest, assessment: UUID, change: Callable[..., None]) -> HttpResponse:
    case = find_assessment(request, assessment, "report")
    with suppress(WrongStatus):
        change(actor=request.user, assessment=case)
    return redirect("reports:panel", org=request.organisation.slug, assessment=case.pk)  # type: ignore[attr-defined]


@require_safe
@member()
def listing(request: HttpRequest) -> HttpResponse:
    """Every report that the organisation has, the newest first."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "report", request.rights)  # type: ignore[attr-defined, arg-type]
    reports = downloading.reports_seen(request.user, organisation, request.rights).select_related("assessment", "decision_record__snapshot")  # type: ignore[attr-defined, arg-type]
    may_style = Role.ADMINISTRATOR in request.roles  # type: ignore[attr-defined]
    return render(request, "reports/list.html", {"page": page_of(request, reports), "nav": "reports", "may_style": may_style})


@require_safe
@never_cache
@member()
def download(request: HttpRequest, report: UUID) -> HttpResponseBase:
    """The stored PDF, unless the store holds other bytes than were sealed. The event is recorded before the first byte leaves."""
    organisation = request.organisation  # type: ignore[attr-defined]
    seen = downloading.reports_seen(request.user, organisation)  # type: ignore[arg-type]
    found = get_object_or_404(seen.select_related("assessment", "organisation"), pk=report)
    require(request.user, organisation, "report")  # type: ignore[arg-type]
    try:
        if request.method == "HEAD":
            downloading.check_stored(found)
            return HttpResponse(content_type="application/pdf", headers={"Content-Length": str(found.size)})
        file = downloading.report_open(actor=request.user, report=found)  # type: ignore[arg-type]
    except downloading.Withheld as error:
        return withheld(request, str(error))
    return FileResponse(file, as_attachment=True, filename=downloading.file_name(found), content_type="application/pdf")


def find_assessment(request: HttpRequest, assessment: UUID, action: str) -> Assessment:
    """Http404 for what the person may not know of, PermissionDenied for what their roles don't allow."""
    organisation = request.organisation  # type: ignore[attr-defined]
    seen = visible(request.user, organisation, request.rights)  # type: ignore[attr-defined, arg-type]
    case = get_object_or_404(seen.select_related("organisation", "use_case", "author", "proposed_option"), pk=assessment)
    require(request.user, organisation, action, request.rights)  # type: ignore[attr-defined, arg-type]
    return case


def page_of(request: HttpRequest, rows: object) -> Page:
    """The page of ``rows`` that the address asks for; the last one where it asks for one that isn't there."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]


def withheld(request: HttpRequest, message: str) -> HttpResponse:
    """A page that says why a report isn't handed out."""
    home = reverse("reports:list", args=[request.organisation.slug])  # type: ignore[attr-defined]
    context = {"code": 503, "heading": _("This report can't be handed out"), "message": message, "home": home}
    return render(request, "error.html", context, status=503)
