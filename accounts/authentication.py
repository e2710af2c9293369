"""API tokens: a secret of 43 characters behind a prefix to find it by; only its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.access import read_person
from accounts.models import ApiToken, Organisation, User
from accounts.refusals import CLOSED, EXPIRED, GUESS, REVOKED, tell_refused
from accounts.rows import instance

START = "cs_"
PREFIX_LENGTH = 12
USE_NOTED_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(rf"{START}[A-Za-z0-9_-]+")
_ANSWERS = {
    GUESS: gettext_lazy("This token isn't known. Make a new one on the tokens page."),
    # To whoever holds it: that it was once good is told to the organisation alone.
    REVOKED: gettext_lazy("This token isn't known. Make a new one on the tokens page."),
    EXPIRED: gettext_lazy("This token has expired. Make a new one on the tokens page."),
    CLOSED: gettext_lazy("This account is closed."),
}


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(*, user: User, organisation: Organisation, name: str, expires: datetime | None) -> tuple[ApiToken, str]:
    """A stored token and its plain text, which is shown once and never again."""
    plain = START + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, organisation=organisation, name=name, prefix=plain[:PREFIX_LENGTH], digest=digest_of(plain), expires=expires
    )
    return token, plain


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer cs_…``. A token opens the organisation it was made for; for another it is as if that weren't there."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, plain = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not plain.startswith(START):
            return None
        token = _stored(plain[:PREFIX_LENGTH]) if _TOKEN.fullmatch(plain) else None  # a database may refuse other characters
        now = timezone.now()
        if why := _refusal(token, plain, now):
            tell_refused(address=request.META.get("REMOTE_ADDR", ""), prefix=plain[:PREFIX_LENGTH], why=why, token=token)
            raise AuthenticationFailed(_ANSWERS[why])
        assert token is not None
        slug = request.parser_context.get("kwargs", {}).get("org") if request.parser_context else None
        if slug is not None and slug != token.organisation.slug:
            raise Http404(_("No such organisation, or the token isn't for it."))
        if token.last_used is None or now - token.last_used > USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


_WHO = "SELECT accounts_apitoken.*, user_id AS person FROM accounts_apitoken WHERE prefix = %s"


def _stored(prefix: str) -> ApiToken | None:
    """The token with that prefix, with its person, their places, and the organisation if it is one of these."""
    found = read_person(_WHO, [prefix], *(str(field.column) for field in ApiToken._meta.concrete_fields))
    if found is None:
        return None
    person, places, row = found
    assert person is not None  # a token has its person
    token = instance(ApiToken, row)
    token.user, person.places_read = person, places
    if there := next((one for one in places if one.pk == token.organisation_id), None):
        token.organisation = there
    return token


def _refusal(token: ApiToken | None, plain: str, now: datetime) -> str:
    """Why a token isn't good, empty where it is; ``token``: the stored one of its prefix."""
    if token is None or not hmac.compare_digest(token.digest, digest_of(plain)):
        return GUESS
    if token.revoked_at:
        return REVOKED
    if token.expires and token.expires <= now:
        return EXPIRED
    return "" if token.user.is_active else CLOSED
