"""Pages that belong to no app: the way in, health, the page of components, and what is shown when something is wrong."""

from __future__ import annotations

import logging
from collections.abc import Set

from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import places_of
from accounts.models import Role, User
from assessments.charts.holdings import states_chart
from config.problems import json_problem

log = logging.getLogger(__name__)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One organisation: there; several: choose; none: say whom to ask."""
    assert isinstance(request.user, User)
    held = {organisation: roles or frozenset({Role.AUDITOR.value}) for organisation, roles in places_of(request.user).items()}
    organisations = [
        (organisation, [role.label for role in Role if role in roles], reverse(_first_page(roles), args=[organisation.slug]))
        for organisation, roles in held.items()
    ]
    request.places = list(held)  # type: ignore[attr-defined]
    if len(organisations) == 1:
        return redirect(organisations[0][2])
    return render(request, "home.html", {"organisations": organisations})


def _first_page(roles: Set[str]) -> str:
    """Where somebody begins: who only audits, on the page of auditors."""
    return "reports:audit" if roles == {Role.AUDITOR} else "assessments:home"


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the web process can reach its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


STATUSES = ("draft", "in_review", "returned", "approved", "rejected", "withdrawn", "expired", "superseded")
TOKENS = (
    "ink", "paper", "surface", "line", "muted", "primary", "primary-dark", "primary-soft", "gold", "gold-soft",
    "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "info", "info-soft",
)  # fmt: skip
SEVERITIES = ("low", "medium", "high", "critical")


@require_safe
@login_required
def design(request: HttpRequest) -> HttpResponse:
    """Every component of the design system on one page, with something to show in each."""
    lines = [
        ("Vendor API", "Closed API", "€ 1,204,380"),
        ("Managed weights", "Managed open weights", "€ 987,112"),
        ("Own cluster", "Self-hosted open weights", "€ 1,530,000"),
    ]
    context = {
        "statuses": STATUSES,
        "tokens": TOKENS,
        "severities": SEVERITIES,
        "choices": [(severity, severity.capitalize()) for severity in SEVERITIES],
        "definitions": [("Use case", "The AI use that the organisation plans"), ("Option", "One way to source the model for it")],
        "lines": lines,
        "page": Paginator(lines, 1).get_page(2),
        "chart": states_chart([("Draft", 4), ("In review", 2), ("Approved", 7)]),
    }
    return render(request, "design.html", context)


def _error(request: HttpRequest, code: int, heading: str, message: str, icon: str = "question-circle", *, back: str = "") -> HttpResponse:
    """``back``: the page to lead to; where one begins, if it isn't given."""
    if request.path.startswith("/api/"):
        return json_problem(code, message)
    context = {"code": code, "heading": heading, "message": message, "icon": icon, "back": back}
    return render(request, "error.html", context, status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return _error(request, 413, _("That is too much at once"), _("Send it in smaller parts. What you saved before is safe."), "upload")
    return _error(
        request, 400, _("That request can't be read"), _("Go back, check what you entered, and try again."), "exclamation-circle-fill"
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = str(exception or "") or _("Your roles in this organisation don't allow it.")
    return _error(request, 403, _("You may not do this"), message, "lock-fill")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = _("The address is wrong, or what was here belongs to another organisation or isn't open to you.")
    return _error(request, 404, _("There is nothing here"), message, "search")


def method_not_allowed(request: HttpRequest, back: str) -> HttpResponse:
    """Called by ``config.methods``, as Django has no handler for it."""
    message = _("This address only takes what a form sends. The page that it belongs to shows how things stand.")
    return _error(request, 405, _("There is no page at this address"), message, "search", back=back)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _error(request, 429, _("Too many attempts"), _("Wait a few minutes, then try again."), "hourglass-split")


# For a page of which not even the template can be read: nothing in it needs a file.
BARE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Something went wrong · Countersign</title></head>
<body><h1>Something went wrong on our side</h1><p>What you saved before is safe. <a href="/">To my work</a></p></body></html>
"""


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered with no context and no database: either may be what failed."""
    if request.path.startswith("/api/"):
        return json_problem(500, _("Something went wrong on our side; the log has it."))
    try:
        page = loader.get_template("500.html").render()
    except Exception:
        log.exception("The page for errors can't be rendered")
        page = BARE
    return HttpResponse(page, status=500)
