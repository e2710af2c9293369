"""What taking a role from somebody would cost, asked before it is done: records that wait are known here and not where people are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import member
from accounts.models import Role
from accounts.services import loss_with
from assessments.leaving import awaited_of
from assessments.models import Assessment, Status


@require_safe
@never_cache
@member(Role.ADMINISTRATOR)
def taking(request: HttpRequest, membership: int) -> HttpResponse:
    """The question before a role is taken; back to the people where nothing goes with it."""
    organisation = request.organisation  # type: ignore[attr-defined]
    held = get_object_or_404(organisation.memberships.select_related("user", "organisation"), pk=membership)
    loss = loss_with(held)
    if not loss:
        return redirect("accounts:people", org=organisation.slug)
    waiting = Assessment.objects.filter(organisation=organisation, status=Status.IN_REVIEW).count() if loss.signing else 0
    context = {"nav": "administration", "held": held, "loss": loss, "waiting": waiting, "awaited": awaited_of(held)}
    return render(request, "reports/role_taking.html", context)
