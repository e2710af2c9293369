"""How a person of the organisation signs in, and what an administrator can do where they have lost it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import reauthentication, resetting
from accounts.access import member, people_of
from accounts.models import Organisation, Role, User


def _person(request: Any, person: int) -> User:
    return get_object_or_404(people_of(request.organisation), pk=person)


def _page(
    request: Any, user: User, *, form: str = "", errors: dict[str, str] | None = None, trouble: str = "", password: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """``form``: the one that was sent, ``factors``, ``password`` or the provider's identifier, whose reason is given back as it was typed.
    ``password``: the temporary one that was just set."""
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    connected = SocialAccount.objects.filter(user=user).order_by("provider").values_list("provider", flat=True).distinct()
    context = {
        "nav": "people", "person": user, "why_not": resetting.why_not(request.user, request.organisation, user), "trouble": trouble,
        "why_no_password": resetting.why_no_password(request.user, request.organisation, user), "password": password,
        "app": Authenticator.Type.TOTP in kinds, "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "codes": Authenticator.Type.RECOVERY_CODES in kinds, "second": bool(kinds),
        "connections": [{"provider": one, "name": resetting.provider_name(one)} for one in connected],
        "factors": reauthentication.factors_of(request.user), "form": form, "errors": errors or {}, "typed": request.POST.get("reason", ""),
        "back": reverse("accounts:sign_in_of", args=[request.organisation.slug, user.pk]),
    }  # fmt: skip
    return render(request, "accounts/sign_in_of.html", context, status=status)


@require_safe
@member(Role.ADMINISTRATOR)
def sign_in_of(request: Any, person: int) -> HttpResponse:
    return _page(request, _person(request, person))


@require_POST
@member(Role.ADMINISTRATOR)
def factors_remove(request: Any, person: int) -> HttpResponse:
    user = _person(request, person)

    def remove() -> HttpResponse:
        resetting.factors_remove(
            actor=request.user, organisation=request.organisation, user=user, reason=request.POST.get("reason", "")
        )  # fmt: skip
        return _done(request, user, _("The second factors of %(name)s are removed, and their sessions are ended.") % {"name": user.name})

    return _confirmed(request, user, "factors", remove)


@require_POST
@never_cache
@member(Role.ADMINISTRATOR)
def password_reset(request: Any, person: int) -> HttpResponse:
    """A temporary password, which stands on the answer and nowhere else."""
    user = _person(request, person)

    def set_one() -> HttpResponse:
        password = resetting.password_reset(
            actor=request.user, organisation=request.organisation, user=user, reason=request.POST.get("reason", "")
        )  # fmt: skip
        return _page(request, _person(request, person), password=password)

    return _confirmed(request, user, "password", set_one, resetting.why_no_password)


@require_POST
@member(Role.ADMINISTRATOR)
def provider_disconnect(request: Any, person: int) -> HttpResponse:
    user, provider = _person(request, person), request.POST.get("provider", "")

    def disconnect() -> HttpResponse:
        resetting.provider_disconnect(
            actor=request.user, organisation=request.organisation, user=user, provider=provider, reason=request.POST.get("reason", "")
        )  # fmt: skip
        return _done(request, user, _("%(name)s is disconnected from the provider, and their sessions are ended.") % {"name": user.name})

    return _confirmed(request, user, provider, disconnect)


def _done(request: Any, user: User, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("accounts:sign_in_of", org=request.organisation.slug, person=user.pk)


def _confirmed(
    request: Any, user: User, form: str, act: Callable[[], HttpResponse],
    why_refused: Callable[[User, Organisation, User], str] = resetting.why_not,
) -> HttpResponse:  # fmt: skip
    """Do it once the administrator has authenticated again. What is refused anyhow is refused before that, which uses up a code."""
    if why := why_refused(request.user, request.organisation, user):
        return _page(request, user, trouble=why, status=422)
    try:
        resetting.given_reason(request.POST.get("reason", ""))
        wrong, status = _wrong(request)
        if wrong:
            return _page(request, user, form=form, errors=wrong, status=status)
        return act()
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            errors = {name: " ".join(found) for name, found in error.message_dict.items()}
            return _page(request, user, form=form, errors=errors, status=422)
        return _page(request, user, form=form, trouble=" ".join(error.messages), status=422)


def _wrong(request: Any) -> tuple[dict[str, str], int]:
    """What is wrong with how the administrator authenticated again, by field, and the answer's status."""
    try:
        credential = json.loads(request.POST.get("credential") or "null")
    except (ValueError, RecursionError):  # the latter for thousands of brackets within each other
        return {"credential": _("The passkey's answer can't be read. Try again.")}, 422
    try:
        reauthentication.check(
            request, request.user, password=request.POST.get("password", ""), code=request.POST.get("code", ""), credential=credential,
            signing=False,
        )  # fmt: skip
    except reauthentication.TooManyFailures as error:
        return {"password": str(error)}, 429
    except reauthentication.Wrong as error:
        return {error.field: f"{error.message} {_('Nothing was changed.')}"}, 422
    return {}, 200
