"""A person's second factors and provider: what allauth's pages don't have, or have otherwise."""

from __future__ import annotations

import logging
from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from accounts import proofs, providers
from accounts.reauthentication import factors_of

logger = logging.getLogger(__name__)


class SecurityView(IndexView):
    """The page *Security*: what one signs in and signs with."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        recovery = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
        left = len(recovery.wrap().get_unused_codes()) if recovery else 0
        return super().get_context_data(factors=factors_of(user), codes_left=left, **kwargs)


security = SecurityView.as_view()
remove_passkey = RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))


@never_cache
@require_POST
@login_required
def passkey_options(request: Any) -> HttpResponse:
    """What the browser asks for a passkey with, for one signature; 409 where the person has none."""
    if not factors_of(request.user).passkeys:
        return JsonResponse({"detail": _("You have no passkey. Add one on your page Security.")}, status=409)
    return JsonResponse(proofs.passkey_options(request, request.user))


@never_cache
@require_safe
@login_required
def provider_sign_in(request: Any) -> HttpResponse:
    """Off to the person's provider for a sign-in made for one signature, and back to ``next``."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or not back.startswith("/"):
        back = reverse("home")
    try:
        return providers.provider_redirect(request, back)
    except LookupError:
        messages.error(request, _("Your account is connected to no provider. Sign with your password."))
    except RequestException:
        logger.exception("The provider can't be reached")
        messages.error(request, _("Your provider can't be reached now. Try again later."))
    return redirect(back)


def _or_say_unreachable(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = view(request, provider_id)
    except RequestException:
        logger.exception("The provider can't be reached")
        messages.error(request, _("The provider can't be reached now. Try again later."))
        return redirect(settings.LOGIN_URL)
    return answer


@never_cache
def provider_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider to sign in; 404 for one that isn't configured."""
    return _or_say_unreachable(openid_connect.login, request, provider_id)


@never_cache
def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider; 404 for one that isn't configured."""
    return _or_say_unreachable(openid_connect.callback, request, provider_id)
