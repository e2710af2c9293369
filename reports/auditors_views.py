"""Limited access of auditors: administrators give it for some days, assessments or a period, see who has it, and end it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member
from accounts.auditing import audit_access_end, audit_access_give, scope_in_words
from accounts.ids import uuid_in
from accounts.models import AuditAccess, Role
from assessments.permissions import visible

SHOWN = 200  # assessments to choose from, and accesses
DAYS = ("starts_on", "ends_on", "period_from", "period_to")
TEXTS = ("name", "email", "reason", "scope", *DAYS)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Role.ADMINISTRATOR)
def auditors(request: HttpRequest) -> HttpResponse:
    """Who audits under limits, and the form that lets somebody do so; it comes back with what is wrong."""
    return _give(request) if request.method == "POST" else _page(request)


@require_POST
@member(Role.ADMINISTRATOR)
def end(request: HttpRequest, access: UUID) -> HttpResponse:
    """End an access before its last day."""
    organisation = request.organisation  # type: ignore[attr-defined]
    found = get_object_or_404(organisation.audit_accesses.select_related("organisation", "user"), pk=access)
    reason = request.POST.get("reason", "")
    try:
        audit_access_end(actor=request.user, access=found, reason=reason)  # type: ignore[arg-type]
    except ValidationError as error:
        return _page(request, ending={"pk": found.pk, "message": " ".join(error.messages), "reason": reason}, status=422)
    messages.success(request, _("%(name)s has no access any more.") % {"name": found.user.name})
    return redirect("reports:auditors", org=organisation.slug)


def _give(request: HttpRequest) -> HttpResponse:
    organisation, given = request.organisation, request.POST  # type: ignore[attr-defined]
    wrong: dict[str, str] = {}
    days = {name: _day(given.get(name, ""), name, wrong) for name in DAYS}
    for name in ("starts_on", "ends_on"):
        if days[name] is None:
            wrong.setdefault(name, _("Enter the day."))
    chosen = None
    if given.get("scope") != "all":
        typed = given.getlist("assessment")
        known = visible(request.user, organisation).filter(pk__in=[one for text in typed if (one := uuid_in(text))])  # type: ignore[arg-type]
        chosen = list(known.values_list("pk", flat=True))
        if len(chosen) < len(set(typed)):
            wrong["assessments"] = _("One of the chosen assessments isn't there any more. Choose again.")
    try:
        if wrong:
            raise ValidationError(wrong)
        access, password = audit_access_give(
            actor=request.user, organisation=organisation, email=given.get("email", ""), name=given.get("name", ""),  # type: ignore[arg-type]
            reason=given.get("reason", ""), assessments=chosen, by_provider="by_provider" in given, **days,  # type: ignore[arg-type]
        )  # fmt: skip
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {"email": error.messages}
        return _page(request, errors={name: " ".join(texts) for name, texts in found.items()}, status=422)
    return _page(request, added=access, password=password)


def _page(
    request: HttpRequest, *, errors: dict[str, str] | None = None, ending: dict[str, Any] | None = None, added: AuditAccess | None = None,
    password: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    organisation = request.organisation  # type: ignore[attr-defined]
    words, today = request.GET.get("q", "").replace("\0", "").strip()[:200], timezone.now().date()
    cases = visible(request.user, organisation).select_related("use_case")  # type: ignore[arg-type]
    if words:
        cases = cases.filter(Q(title__icontains=words) | Q(use_case__name__icontains=words))
    chosen = set(request.POST.getlist("assessment")) if errors else set()
    shown = list(cases[: SHOWN + 1])
    rows = organisation.audit_accesses.select_related("user", "given_by", "ended").annotate(listing=Count("audited"))[:SHOWN]
    typed = {name: request.POST.get(name, "") for name in TEXTS} if errors else {"starts_on": today.isoformat(), "scope": "all"}
    context = {
        "nav": "people", "errors": errors or {}, "typed": typed, "ending": ending or {}, "added": added, "password": password, "words": words,
        "cases": [(case, str(case.pk) in chosen) for case in shown[:SHOWN]], "more": len(shown) > SHOWN, "shown": SHOWN,
        "accesses": [_row(access, today) for access in rows],
    }  # fmt: skip
    return render(request, "reports/auditors.html", context, status=status)


def _row(access: Any, today: date) -> dict[str, Any]:
    ended = getattr(access, "ended", None)
    if ended:
        state, tone = _("Ended"), "plain"
    elif access.ends_on < today:
        state, tone = _("Over"), "plain"
    elif access.starts_on > today:
        state, tone = _("To come"), "info"
    else:
        state, tone = _("Now"), "good"
    return {
        "access": access, "state": state, "tone": tone, "ended": ended, "scope": scope_in_words(access, access.listing),
        "may_end": not ended and access.ends_on >= today,
    }  # fmt: skip


def _day(text: str, name: str, wrong: dict[str, str]) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        wrong[name] = _("This is no date. Write it as year, month and day, such as 2026-11-23.")
        return None
