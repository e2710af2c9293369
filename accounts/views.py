"""An organisation's people, and one's own API tokens."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.access import member
from accounts.models import ApiToken, Membership, Role, User


def _people_page(request: Any, status: int = 200, **more: Any) -> HttpResponse:
    rows = Membership.objects.filter(organisation=request.organisation).select_related("user").order_by("user__name", "user_id", "role")
    people = [(user, list(memberships)) for user, memberships in groupby(rows, key=lambda m: m.user)]
    for user, memberships in people:
        held = {m.role for m in memberships}
        user.grantable = [(value, label) for value, label in Role.choices if value not in held]  # type: ignore[attr-defined]
    return render(
        request,
        "accounts/people.html",
        {"nav": "people", "people": people, "role_choices": Role.choices, "typed": {}, "errors": {}, **more},
        status=status,
    )


@require_safe
@member(Role.ADMINISTRATOR)
def people(request: HttpRequest) -> HttpResponse:
    return _people_page(request)


@require_POST
@member(Role.ADMINISTRATOR)
def person_add(request: Any) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("email", "name", "role")}
    try:
        user, password = services.user_create(
            actor=request.user, organisation=request.organisation, by_provider="by_provider" in request.POST, **typed
        )
    except ValidationError as error:
        errors = error.message_dict if hasattr(error, "error_dict") else {"email": error.messages}
        return _people_page(request, status=422, typed=typed, errors={name: " ".join(found) for name, found in errors.items()})
    return _people_page(request, added=user, password=password)


@require_POST
@member(Role.ADMINISTRATOR)
def role_grant(request: Any) -> HttpResponse:
    user = get_object_or_404(User.objects.filter(memberships__organisation=request.organisation).distinct(), pk=_number(request, "user"))
    try:
        services.membership_grant(actor=request.user, user=user, organisation=request.organisation, role=request.POST.get("role", ""))
        messages.success(request, f"{user.name} is {Role(request.POST['role']).label.lower()} now.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("accounts:people", org=request.organisation.slug)


@require_POST
@member(Role.ADMINISTRATOR)
def role_revoke(request: Any) -> HttpResponse:
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organisation"), pk=_number(request, "membership"), organisation=request.organisation
    )
    try:
        services.membership_revoke(actor=request.user, membership=membership)
        messages.success(request, f"{membership.user.name} is no longer {Role(membership.role).label.lower()}.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("accounts:people", org=request.organisation.slug)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def tokens(request: Any) -> HttpResponse:
    """One's own tokens here; a new one's text is shown once, on the answer to the form."""
    context: dict[str, Any] = {"nav": "tokens", "errors": {}, "typed": ""}
    if request.method == "POST":
        context["typed"] = request.POST.get("name", "")
        try:
            context["token"], context["plain"] = services.token_create(
                actor=request.user, organisation=request.organisation, name=context["typed"]
            )
            context["typed"] = ""
        except ValidationError as error:
            context["errors"] = {"name": " ".join(error.messages)}
    context["tokens"] = ApiToken.objects.filter(user=request.user, organisation=request.organisation)
    return render(request, "accounts/tokens.html", context, status=422 if context["errors"] else 200)


@require_POST
@member()
def token_revoke(request: Any, token: int) -> HttpResponse:
    found = get_object_or_404(
        ApiToken.objects.select_related("organisation"), pk=token, organisation=request.organisation, user=request.user
    )
    services.token_revoke(actor=request.user, token=found)
    messages.success(request, f"The token {found.name} no longer works.")
    return redirect("accounts:tokens", org=request.organisation.slug)
