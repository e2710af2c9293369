"""Whoever signed in with a temporary password, which an administrator has seen, chooses one of their own before anything else."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User


class OwnPasswordMiddleware:
    """Leads to the page that changes the password from every other one but the sign-out. It stands after ``accounts.times.TimesMiddleware``,
    which reads the person, so it asks the database nothing. The API is for scripts, whose tokens rest on no password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/") or not _must_change(request):
            return self.get_response(request)
        change = reverse("account_change_password")
        if request.path in (change, reverse("account_logout")):
            return self.get_response(request)
        then = request.get_full_path() if request.method == "GET" and not request.htmx else reverse("home")  # type: ignore[attr-defined]
        address = f"{change}?{urlencode({'next': then})}"
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


def _must_change(request: HttpRequest) -> bool:
    """Not for who came in through a provider: they may not have the temporary password at hand, which it takes to change it."""
    if SESSION_KEY not in request.session or not isinstance(request.user, User) or not request.user.temporary_password:
        return False
    return any(record.get("method") == "password" for record in get_authentication_records(request, request.user))
