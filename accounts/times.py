"""Choosing the time zone and the conventions that pages are written in: one's own, and an organisation's for whoever hasn't chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import formats
from accounts.access import member
from accounts.events import tell
from accounts.models import Organisation, Role, User
from accounts.services import administrator_only, tell_organisation
from accounts.sessions import person_of


class TimesMiddleware:
    """Pages are written as the person who reads them has chosen; the API speaks UTC. Within an organisation ``accounts.access.member`` adds
    what that has chosen for whoever hasn't."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            # Whoever comes with a token has no session that need be looked for.
            request.user = SimpleLazyObject(lambda: person_of(request))  # type: ignore[assignment]
            return self.get_response(request)
        if SESSION_KEY not in request.session:
            return self.get_response(request)
        # The person and not a promise of one, which would be gone through each time that something is asked of them.
        request.user = user = person_of(request)
        if not isinstance(user, User):
            return self.get_response(request)
        with formats.shown_in(user.time_zone, user.formats):
            return self.get_response(request)


def _checked(time_zone: str, style: str) -> dict[str, str]:
    """Both as they are kept, empty where nothing is chosen; raises ValidationError by field."""
    wrong = {}
    if time_zone and time_zone not in formats.zones():
        wrong["time_zone"] = _("Choose a time zone from the list.")
    if style and style not in formats.STYLES:
        wrong["formats"] = _("Choose one of the ways of writing from the list.")
    if wrong:
        raise ValidationError(wrong)
    return {"time_zone": time_zone, "formats": style}


def person_times_set(*, actor: User, time_zone: str, style: str) -> None:
    """What the person's own pages are written in; raises ValidationError by field."""
    chosen = _checked(time_zone, style)
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=actor.pk)
        before = {name: getattr(person, name) for name in chosen}
        if before == chosen:
            return
        User.objects.filter(pk=person.pk).update(**chosen)
        tell("person.times_set", person, changes={"before": before, "after": chosen})


def organisation_times_set(*, actor: User, organisation: Organisation, time_zone: str, style: str) -> None:
    """What pages are written in for whoever hasn't chosen. Raises PermissionDenied, and ValidationError by field."""
    administrator_only(actor, organisation)
    chosen = _checked(time_zone, style)
    with transaction.atomic():
        kept = Organisation.objects.select_for_update().get(pk=organisation.pk)
        before = {name: getattr(kept, name) for name in chosen}
        if before == chosen:
            return
        Organisation.objects.filter(pk=kept.pk).update(**chosen)
        tell_organisation(kept, "organisation.times_set", actor, changes={"before": before, "after": chosen})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: Any) -> HttpResponse:
    """*Your settings*."""

    def save(chosen: dict[str, str]) -> None:
        person_times_set(actor=request.user, **chosen)

    return _page(request, request.user, "account_settings", {}, save, organisation_page=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Role.ADMINISTRATOR)
def organisation_times(request: Any) -> HttpResponse:
    """The same for whoever in the organisation hasn't chosen."""
    organisation = request.organisation

    def save(chosen: dict[str, str]) -> None:
        organisation_times_set(actor=request.user, organisation=organisation, **chosen)

    return _page(request, organisation, "accounts:times", {"org": organisation.slug}, save, organisation_page=True)


def _page(
    request: Any,
    of: User | Organisation,
    name: str,
    where: dict[str, str],
    save: Callable[[dict[str, str]], None],
    *,
    organisation_page: bool,
) -> HttpResponse:
    typed, errors = {"time_zone": of.time_zone, "formats": of.formats}, {}
    if request.method == "POST":
        typed = {field: request.POST.get(field, "") for field in typed}
        try:
            save({"time_zone": typed["time_zone"], "style": typed["formats"]})
        except ValidationError as error:
            errors = {field: " ".join(found) for field, found in error.message_dict.items()}
        else:
            messages.success(request, _("Saved. Pages are written like this from now on."))
            return redirect(reverse(name, kwargs=where))
    if organisation_page:
        no_zone, no_style = _("UTC, until somebody chooses"), _("British, until somebody chooses")
    else:
        no_zone, no_style = _("As my organisation"), _("As my organisation")
    context = {
        "nav": "people" if organisation_page else "", "organisation_page": organisation_page, "typed": typed, "errors": errors,
        "zones": [("", no_zone), *((zone, zone.replace("_", " ")) for zone in formats.zones())],
        "styles": [("", no_style), *_samples()],
    }  # fmt: skip
    return render(request, "accounts/times.html", context, status=422 if errors else 200)


def _samples() -> list[tuple[str, str]]:
    """Each way of writing, shown with the time that it is."""
    now, found = timezone.now(), []
    for key, style in formats.STYLES.items():
        with formats.shown_in(timezone.get_current_timezone_name(), key):
            found.append((key, f"{_(style.name)}: {formats.moment(now)} · {formats.number('1,204.5')}"))
    return found
