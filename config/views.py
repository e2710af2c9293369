"""Pages that belong to no app: the way in, health, the page of components, and what is shown when something is wrong."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from config.problems import json_problem


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One organisation: there; several: choose; none: say whom to ask."""
    organisations = list(Organisation.objects.filter(memberships__user_id=request.user.pk).distinct())
    if len(organisations) == 1:
        return redirect("assessments:list", org=organisations[0].slug)
    return render(request, "home.html", {"organisations": organisations})


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the web process can reach its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
@login_required
def design(request: HttpRequest) -> HttpResponse:
    """Every component of the design system on one page."""
    return render(request, "design.html", {"statuses": STATUSES, "severities": ("low", "medium", "high", "critical")})


STATUSES = ("draft", "in_review", "returned", "approved", "rejected", "withdrawn")


def _error(request: HttpRequest, code: int, title: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return json_problem(code, message)
    return render(request, "error.html", {"code": code, "heading": title, "message": message, "home": reverse("home")}, status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400, "That request can't be read", "Go back, check what you entered, and try again.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403, "You may not do this", str(exception or "") or "Your roles in this organisation don't allow it.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404, "There is nothing here", "The address is wrong, or what was here belongs to another organisation.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered with no context and no database: either may be what failed."""
    if request.path.startswith("/api/"):
        return json_problem(500, "Something went wrong on our side; the log has it.")
    return HttpResponse(loader.get_template("500.html").render(), status=500)
