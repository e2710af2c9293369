"""Signing in through an organisation's own provider (OpenID Connect), and being sent back to it for each signature."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.events import tell, tell_of_nobody_known
from accounts.models import User
from accounts.proofs import use_once

FRESH = "signing.provider"
FRESH_SECONDS = 120
PURPOSE = "signature"
CLOCKS_DIFFER_SECONDS = 30


def of(user: User) -> tuple[str, ...]:
    """The identifiers of the configured providers that the person is connected to."""
    return configured(SocialAccount.objects.filter(user=user).order_by("provider").values_list("provider", flat=True))


def configured(connected: Iterable[str]) -> tuple[str, ...]:
    """Those of the identifiers that are of configured providers, each once."""
    found = tuple(dict.fromkeys(connected))
    known = {app.provider_id or app.provider for app in get_adapter().list_apps(None)} if found else set()
    return tuple(one for one in found if one in known)


def provider_redirect(request: HttpRequest, next_url: str) -> HttpResponse:
    """Send the signed-in person to their provider for a sign-in made for one signature; they come back to ``next_url``, a path of ours.

    Raises LookupError where they are connected to none, and requests.RequestException where it can't be reached.
    """
    user: User = request.user  # type: ignore[assignment]
    connected = of(user)
    if not connected:
        raise LookupError("The person is connected to no provider.")
    provider = get_adapter(request).get_provider(request, connected[0])
    data = {"purpose": PURPOSE, "user": user.pk, "nonce": secrets.token_urlsafe(16), "at": time.time()}
    # OpenID Connect Core 1.0, 3.1.2.1: both ask that the person authenticates now; the second has the answer say when they did.
    asking = {"prompt": "login", "max_age": "0", "login_hint": user.email}
    return provider.redirect(
        request, process=AuthProcess.REDIRECT, next_url=next_url, data=data, auth_params={**provider.get_auth_params(), **asking}
    )


def has_fresh_sign_in(request: HttpRequest) -> bool:
    """Whether this session holds a sign-in made for a signature that is less than two minutes old."""
    kept = request.session.get(FRESH)
    return kept is not None and 0 <= time.time() - kept["at"] <= FRESH_SECONDS


def fresh_provider_sign_in(request: HttpRequest, user: User) -> str | None:
    """The identifier of the provider that the person signed in with for this signature within two minutes, and uses it up; None: there is none."""
    fresh = has_fresh_sign_in(request)
    kept = request.session.pop(FRESH, None)
    if not fresh or kept["user"] != user.pk or kept["provider"] not in of(user) or not use_once(user, f"provider:{kept['nonce']}"):
        return None
    return str(kept["provider"])


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Providers come from the settings alone, and let in nobody whom no administrator has added."""

    def list_apps(self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """Those of the settings: a row in the database must not be able to name somebody who vouches for people."""
        return [app for app in super().list_apps(request, provider=provider, client_id=client_id) if app.pk is None]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Called with what the provider says, before anybody is signed in by it."""
        process = sociallogin.state.get("process")
        if process == AuthProcess.REDIRECT:
            data = sociallogin.state.get("data") or {}
            if data.get("purpose") == PURPOSE:
                _keep_fresh(request, sociallogin, data)
        elif process == AuthProcess.CONNECT:
            # An account is connected by its first sign-in alone, where the provider vouches for the address.
            raise ImmediateHttpResponse(redirect("home"))
        elif not sociallogin.is_existing:
            _connect(request, sociallogin)


def _keep_fresh(request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> None:
    """Keep the sign-in in the session for one signature; whatever is wrong with it is told to the person, and nothing is kept.

    The browser carries the request to the provider and could take ``prompt`` out of it, so what counts is the time of the sign-in that the
    provider says (``auth_time``), in a token that comes from it directly.
    """
    request.session.pop(FRESH, None)
    user, account = request.user, sociallogin.account
    token = account.extra_data.get("id_token") or {}
    authenticated_at = token.get("auth_time")
    theirs = sociallogin.is_existing and account.user_id == user.pk and token.get("sub", account.uid) == account.uid
    if not user.is_authenticated or data["user"] != user.pk or not theirs:
        messages.error(request, _("You signed in as somebody else there. Sign in again with your own account."))
    elif not isinstance(authenticated_at, int):
        messages.error(request, _("Your provider doesn't say when you signed in, so it can't stand for a signature. Ask an administrator."))
    elif authenticated_at < data["at"] - CLOCKS_DIFFER_SECONDS:
        messages.error(request, _("Your provider took an earlier sign-in of yours. Sign out there, and sign in again."))
    else:
        request.session[FRESH] = {"provider": account.provider, "user": user.pk, "nonce": data["nonce"], "at": time.time()}
        messages.success(request, _("You have signed in again. It is good for one signature, within two minutes."))
        tell("person.provider_confirmed", user, changes={"provider": account.provider})


def _verified_address(sociallogin: SocialLogin) -> str:
    """The address that the provider has verified, in small letters where it is ASCII and as it was sent otherwise; empty where there is none.

    allauth gives it in small letters, which make the Kelvin sign a k, and a database that ignores case takes a dotless i for an i: either
    way somebody with an address that only looks like a person's would come in as them.
    """
    if not any(one.verified is True for one in sociallogin.email_addresses):  # some send the text "false"
        return ""
    said = sociallogin.account.extra_data
    sent = str((said.get("userinfo") or said.get("id_token") or {}).get("email") or "")
    return sent.lower() if sent.isascii() else sent


def _connect(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Connect the provider's account to the person whom an administrator added under the address that it has verified.

    Raises ImmediateHttpResponse with a page that says why, where there is none, where the person is connected to another account there
    (an address may be given to somebody else in time), and where the account here is closed.
    """
    email = _verified_address(sociallogin)
    user = User.objects.filter(email=email).first() if email else None  # they are kept in small letters
    other = user is not None and SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists()
    if user is None or other:
        changes = {"provider": sociallogin.account.provider}
        if user is None:
            tell_of_nobody_known("person.provider_refused", email or "somebody without a verified address", changes=changes)
        else:
            tell("person.provider_refused", user, known=False, changes=changes)
        reason = "other" if other else "unknown" if email else "unverified"
        raise ImmediateHttpResponse(render(request, "socialaccount/refused.html", {"reason": reason, "email": email}, status=403))
    if not user.is_active:
        raise ImmediateHttpResponse(get_account_adapter(request).respond_user_inactive(request, user))
    sociallogin.connect(request, user)
    tell("person.provider_connected", user, changes={"provider": sociallogin.account.provider})
