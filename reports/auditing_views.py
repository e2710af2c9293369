"""The page of auditors: what is here, what was checked when, and handing reports out one by one or several at once."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from accounts.models import Role
from assessments.permissions import require
from reports import auditing, downloading, gathering
from reports.checking import report_check
from reports.views import withheld
from reports.wording import CLASSES


@require_safe
@never_cache
@member(Role.AUDITOR)
def audit(request: HttpRequest) -> HttpResponse:
    """Where an auditor begins."""
    return _page(request)


@require_POST
@member()
def gather(request: HttpRequest) -> HttpResponseBase:
    """The chosen reports as one zip; the page comes back where none or too many are chosen."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "report")  # type: ignore[arg-type]
    chosen = request.POST.getlist("report")
    if not chosen:
        return _refused(request, _("Choose the reports to download first."))
    if len(chosen) > gathering.MOST:
        return _refused(request, _("Choose at most %(most)s reports at once.") % {"most": gathering.MOST})
    ids = list(dict.fromkeys(_id(text) for text in chosen))
    seen = downloading.reports_seen(request.user, organisation)  # type: ignore[arg-type]
    found = {report.pk: report for report in seen.filter(pk__in=ids).select_related("assessment", "organisation", "decision_record")}
    if len(found) < len(ids):
        raise Http404(_("There is no such report."))
    try:
        made = gathering.reports_gather(actor=request.user, organisation=organisation, reports=[found[one] for one in ids])  # type: ignore[arg-type]
    except downloading.Withheld as error:
        return withheld(request, str(error))
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return StreamingHttpResponse(made.chunks, content_type="application/zip", headers=headers)


@require_POST
@never_cache
@member()
def check(request: HttpRequest, report: UUID) -> HttpResponse:
    """Check one stored report now, and say in sentences what holds and what doesn't."""
    organisation = request.organisation  # type: ignore[attr-defined]
    seen = downloading.reports_seen(request.user, organisation)  # type: ignore[arg-type]
    found = get_object_or_404(seen.select_related("assessment", "organisation"), pk=report)
    require(request.user, organisation, "report")  # type: ignore[arg-type]
    checked = report_check(actor=request.user, report=found)  # type: ignore[arg-type]
    nav = "audit" if Role.AUDITOR in request.roles else "reports"  # type: ignore[attr-defined]
    return render(request, "reports/report_checked.html", {"report": found, "checked": checked, "nav": nav})


def _page(request: HttpRequest, *, trouble: str = "", status: int = 200) -> HttpResponse:
    organisation, rights = request.organisation, request.rights  # type: ignore[attr-defined]
    search = auditing.search_from(request.GET.dict())
    found = auditing.find(request.user, organisation, rights, search, request.GET.get("page"))  # type: ignore[arg-type]
    given = search.given()
    context = {
        "found": found, "page": found.page, "search": search, "trouble": trouble, "accesses": rights.limits, "classes": CLASSES,
        "outcomes": [("approved", _("Approved")), ("rejected", _("Rejected")), (auditing.UNDECIDED, _("Not decided"))],
        "query": f"{urlencode(given)}&" if given else "", "most": gathering.MOST, "nav": "audit",
        "all_open": rights.limits is None or any(access.whole for access in rights.limits),
        "lines": [(line, CLASSES.get(line.risk_class, line.risk_class)) for line in found.lines],
    }  # fmt: skip
    return render(request, "reports/audit.html", context, status=status)


def _refused(request: HttpRequest, message: str) -> HttpResponse:
    """The page of auditors with what is wrong; for others, who have no such page, the message alone."""
    if Role.AUDITOR in request.roles:  # type: ignore[attr-defined]
        return _page(request, trouble=message, status=422)
    context = {"code": 422, "heading": _("Nothing was downloaded"), "message": message}
    return render(request, "error.html", context, status=422)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404(_("There is no such report.")) from None
