"""How the service stands for one organisation, and starting failed work again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from accounts.models import Role
from jobs.models import Job
from reports import service
from reports.health import job_restart, standing_of


@require_safe
@never_cache
@member(Role.ADMINISTRATOR, Role.AUDITOR)
def health(request: HttpRequest) -> HttpResponse:
    """The trail's last check, its checkpoints, the work that waits or failed, mail and the seal."""
    organisation = request.organisation  # type: ignore[attr-defined]
    limited = request.rights.limits is not None  # type: ignore[attr-defined]
    context = {
        "service": [] if limited else service.checks(),
        "versions": service.versions(),
        "standing": standing_of(organisation),
        "may_restart": Role.ADMINISTRATOR in request.roles,  # type: ignore[attr-defined]
        "limited": limited,
        "nav": "health",
    }
    return render(request, "reports/health.html", context)


@require_POST
@member(Role.ADMINISTRATOR)
def job_again(request: HttpRequest, job: UUID) -> HttpResponse:
    """Give one of the organisation's failed jobs another set of attempts; one that hasn't failed any more is left alone."""
    organisation = request.organisation  # type: ignore[attr-defined]
    found = get_object_or_404(Job, pk=job, stream=organisation.stream)
    restarted = job_restart(actor=request.user, organisation=organisation, job=found)  # type: ignore[arg-type]
    messages.success(request, _("It was started again.") if restarted else _("It hadn't failed any more."))
    return redirect("reports:health", org=organisation.slug)
