"""The documents of one assessment: its sign-off report in every edition, the executive summary, a draft, and the style they are printed in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from assessments.errors import Refused, WrongStatus
from assessments.permissions import ACTIONS, require
from assessments.views.common import page_context
from reports.asking import jobs_of, report_ask, report_correct
from reports.bundle import BundleRefused
from reports.bundling import bundle_open
from reports.looks import Style
from reports.models import ON_REQUEST, Kind, Paper, Report
from reports.standing import standing_of_report
from reports.styling import style_of, style_row, style_set
from reports.views import find_assessment


@require_safe
@never_cache
@member()
def documents(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Everything that was printed of an assessment, newest edition first, and what can be asked for."""
    return _documents(request, assessment)


def _documents(request: HttpRequest, assessment: UUID, refused: dict | None = None, status: int = 200) -> HttpResponse:
    case = find_assessment(request, assessment, "report")
    made = Report.objects.filter(assessment=case).select_related("superseded_by", "style").order_by("-created_at")
    rows = list(made)
    standing = standing_of_report(case)
    jobs = jobs_of(case, standing.decision)
    asks = [
        {
            "kind": kind,
            "label": label,
            "job": jobs[kind],
            "nothing_to_print": case.latest_snapshot is None,
            "made": any(r.kind == kind and r.later is None for r in rows),
        }
        for kind, label in ON_REQUEST
        if (standing.decision is None) == (kind == Kind.DRAFT) or any(r.kind == kind for r in rows)
    ]
    # The report's own standing has the name that the spine has for how far the assessment is.
    context = page_context(
        request, case, reports=rows, asks=asks, may_ask=bool(ACTIONS["ask_report"] & request.roles),  # type: ignore[attr-defined]
        may_correct=bool(ACTIONS["correct_report"] & request.roles), refused=refused or {},  # type: ignore[attr-defined]
        under_way=any(job is not None and not job.over for job in jobs.values()),
    ) | {"standing": standing}  # fmt: skip
    return render(request, "reports/documents.html", context, status=status)


@require_POST
@member()
def ask(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Ask for an executive summary or a draft."""
    case = find_assessment(request, assessment, "ask_report")
    try:
        report_ask(actor=request.user, assessment=case, kind=request.POST.get("kind", ""))  # type: ignore[arg-type]
    except (Refused, WrongStatus) as error:
        messages.error(request, str(error))
    return redirect("reports:documents", org=case.organisation.slug, assessment=case.pk)


@require_safe
@never_cache
@member()
def bundle(request: HttpRequest, assessment: UUID) -> HttpResponseBase:
    """The evidence bundle as a stream; where something that belongs in it is missing or was changed, there is none and the page says so."""
    case = find_assessment(request, assessment, "report")
    if request.method == "HEAD":
        return HttpResponse(content_type="application/zip")
    try:
        made = bundle_open(actor=request.user, assessment=case)  # type: ignore[arg-type]
    except (BundleRefused, WrongStatus) as error:
        home = reverse("reports:documents", args=[case.organisation.slug, case.pk])
        context = {"code": 409, "heading": _("There is no evidence bundle"), "message": str(error), "home": home}
        return render(request, "error.html", context, status=409)
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return StreamingHttpResponse(iter(made), content_type=made.media_type, headers=headers)


@require_POST
@member()
def correct(request: HttpRequest, report: UUID) -> HttpResponse:
    """Have a report made again; the form comes back with what is wrong."""
    organisation = request.organisation  # type: ignore[attr-defined]
    found = get_object_or_404(Report.objects.filter(organisation=organisation).select_related("assessment__organisation"), pk=report)
    find_assessment(request, found.assessment_id, "correct_report")
    reason = request.POST.get("reason", "")
    try:
        report_correct(actor=request.user, report=found, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        return _documents(request, found.assessment_id, {"report": found.pk, "message": error.fields["reason"], "reason": reason}, 422)
    except WrongStatus as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The new edition is being made."))
    return redirect("reports:documents", org=organisation.slug, assessment=found.assessment_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member()
def style(request: HttpRequest) -> HttpResponse:
    """How the organisation's reports look."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "report_style")  # type: ignore[arg-type]
    row = style_row(organisation)
    now: Style = style_of(row)
    typed, wrong, status = {"paper": now.paper, "colour": now.colour}, {}, 200
    if request.method == "POST":
        typed = {"paper": request.POST.get("paper", ""), "colour": request.POST.get("colour", "")}
        try:
            made = style_set(
                actor=request.user, organisation=organisation, logo=request.FILES.get("logo"),  # type: ignore[arg-type]
                keep_logo="remove_logo" not in request.POST, **typed,
            )  # fmt: skip
        except Refused as error:
            wrong, status = error.fields, 422
        else:
            messages.success(request, _("Reports that are made from now on look like this: style %(version)s.") % {"version": made.version})
            return redirect("reports:style", org=organisation.slug)
    context = {"style": row, "typed": typed, "wrong": wrong, "papers": Paper.choices, "nav": "administration"}
    return render(request, "reports/style.html", context, status=status)


@require_safe
@member()
def logo(request: HttpRequest) -> HttpResponse:
    """The logo in force, for the page that sets it."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "report_style")  # type: ignore[arg-type]
    row = style_row(organisation)
    if row is None or not row.logo:
        return HttpResponse(status=204)
    return HttpResponse(bytes(row.logo), content_type="image/png")
