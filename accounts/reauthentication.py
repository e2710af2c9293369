"""Authenticating anew for each signature: what a person must give, and whether it is right.

21 CFR 11.200(a) asks for two distinct components at a signing. The name is the first: it stands in the session. The second is the password,
or a fresh sign-in at the person's provider, and, where the person has enrolled a second factor, that one besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import proofs, providers
from accounts.events import tell
from accounts.models import FailedCheck, User

LIMIT = 5
WINDOW = timedelta(minutes=15)


class TooManyFailures(Exception):
    """Signing is closed to the person for a while."""

    def __str__(self) -> str:
        minutes = int(WINDOW.total_seconds() // 60)
        return f"Too many wrong passwords or codes. Signing is closed to you for {minutes} minutes."


@dataclass
class Wrong(Exception):
    """What the person gave doesn't prove who they are; ``field``: ``password``, ``code``, ``credential`` or ``provider``."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Factors:
    """What a person can prove themselves by; ``providers``: the identifiers of those that they sign in through."""

    password: bool
    totp: bool = False
    passkeys: bool = False
    recovery_codes: bool = False
    providers: tuple[str, ...] = ()

    @property
    def second(self) -> bool:
        """Whether a second factor is enrolled, and so asked for."""
        return self.totp or self.passkeys

    @property
    def codes(self) -> bool:
        """Whether there is any code that the person could type."""
        return self.second and (self.totp or self.recovery_codes)


def factors_of(user: User) -> Factors:
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return Factors(
        password=user.has_usable_password(),
        totp=Authenticator.Type.TOTP in kinds,
        passkeys=Authenticator.Type.WEBAUTHN in kinds,
        recovery_codes=Authenticator.Type.RECOVERY_CODES in kinds,
        providers=providers.of(user),
    )


def check(request: HttpRequest | None, user: User, *, password: str = "", code: str = "", credential: dict[str, Any] | None = None) -> str:
    """How the person authenticated for this signature: ``password`` or ``provider:<id>``, with ``+totp``, ``+recovery-code`` or ``+passkey``.

    ``request`` is None for a call of the API, where neither passkeys nor providers can be used. Raises Wrong for what is missing or wrong:
    an enrolled second factor must be given besides the first. Five wrong ones of either kind within 15 minutes close signing for 15 minutes
    from the fifth, to right ones too: raises TooManyFailures.
    Not to be called inside a transaction (RuntimeError): what is counted must outlive whatever its caller rolls back.
    """
    factors, code = factors_of(user), code.strip()
    by_provider = not password and request is not None and bool(factors.providers) and providers.has_fresh_sign_in(request)
    if not by_provider:
        _refuse_without_first(request, factors, password)
        if user.temporary_password:
            raise Wrong("password", "Your password is still the one that an administrator gave you, and has seen. Change it, then sign.")
    _refuse_without_second(request, factors, code, credential)
    _count(user)
    if not by_provider and not user.check_password(password):  # slow by design, so no lock is held meanwhile
        tell("person.signature_check_failed", user)
        raise Wrong("password", "That isn't your password.")
    second = _second(request, user, factors, code, credential)
    first = "password"
    if by_provider:
        assert request is not None
        provider = providers.fresh_provider_sign_in(request, user)
        if provider is None:
            raise Wrong("provider", "Your fresh sign-in is too old or was used for another signature. Sign in again.")
        first = f"provider:{provider}"
    FailedCheck.objects.filter(user=user).delete()
    return f"{first}+{second}" if second else first


def _refuse_without_first(request: HttpRequest | None, factors: Factors, password: str) -> None:
    if factors.password:
        if not password:
            raise Wrong("password", "Enter your password; it is your signature.")
    elif not factors.providers:
        raise Wrong("password", "You can't sign: your account has no password. Ask an administrator of your organisation.")
    elif request is None:
        raise Wrong("password", "You sign in through a provider, which the API can't send you back to. Sign on the page of the assessment.")
    else:
        raise Wrong("provider", "Sign in again with your provider first; it is your signature.")


def _refuse_without_second(request: HttpRequest | None, factors: Factors, code: str, credential: dict[str, Any] | None) -> None:
    if not factors.second or (code and factors.codes) or (credential and factors.passkeys and request is not None):
        return
    if factors.totp and factors.passkeys and request is not None:
        raise Wrong("code", "Enter the code that your authenticator app shows now, or use your passkey: you have enrolled both.")
    if factors.totp:
        raise Wrong("code", "Enter the code that your authenticator app shows now: you have enrolled one as a second factor.")
    if request is None:
        raise Wrong("code", "You have enrolled a passkey, which the API can't ask for. Sign on the page of the assessment.")
    raise Wrong("credential", "Use your passkey: you have enrolled it as a second factor.")


def _second(request: HttpRequest | None, user: User, factors: Factors, code: str, credential: dict[str, Any] | None) -> str:
    """How the second factor was proved, empty where none is enrolled; a wrong one is recorded in the trail."""
    if not factors.second:
        return ""
    try:
        if code and factors.codes:
            return proofs.prove_by_code(user, code)
        assert request is not None
        assert credential is not None
        return proofs.prove_by_passkey(request, user, credential)
    except proofs.NotProved as error:
        tell("person.signature_factor_failed", user)
        raise Wrong("code" if code and factors.codes else "credential", str(error)) from None


def check_password(user: User, password: str) -> bool:
    """Whether it is the person's password, second factors apart; a wrong one counts and is recorded as in ``check``."""
    _count(user)
    right = user.check_password(password)
    with transaction.atomic():
        if right:
            FailedCheck.objects.filter(user=user).delete()
        else:
            tell("person.signature_check_failed", user)
    return right


def _count(user: User) -> None:
    """Take one of the attempts left. It counts as failed until it is known not to be, so guesses made at once can't slip past the limit.

    The attempts are rows, so the limit holds over every process.
    """
    with transaction.atomic(durable=True):
        User.objects.select_for_update().get(pk=user.pk)
        now = timezone.now()
        FailedCheck.objects.filter(user=user, at__lt=now - 2 * WINDOW).delete()
        if _closed(user, now):
            raise TooManyFailures
        FailedCheck.objects.create(user=user)


def _closed(user: User, now: datetime) -> bool:
    newest = list(FailedCheck.objects.filter(user=user).order_by("-at", "-pk").values_list("at", flat=True)[:LIMIT])
    return len(newest) == LIMIT and newest[0] - newest[-1] <= WINDOW and now - newest[0] < WINDOW
