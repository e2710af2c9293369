"""Authenticating anew, for each signature and for changing how others sign in: what a person must give, and whether it is right.

21 CFR 11.200(a) asks for two distinct components at a signing. The name is the first: it stands in the session. The second is the password,
or a fresh sign-in at the person's provider, and, where the person has enrolled a second factor, that one besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Q, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import proofs, providers
from accounts.events import tell
from accounts.models import FailedCheck, User

LIMIT = 5
WINDOW = timedelta(minutes=15)
# Longer than any check takes. One that came to no answer by then, its process killed for instance, told nobody anything and counts no more.
UNANSWERED = timedelta(minutes=1)


class TooManyFailures(Exception):
    """Signing is closed to the person for a while. ``unanswered``: not all of the attempts were wrong, some have come to no answer so far."""

    def __init__(self, *, unanswered: bool = False) -> None:
        super().__init__(unanswered)
        self.unanswered = unanswered

    @property
    def wait(self) -> timedelta:
        """After how long it is worth another attempt."""
        return UNANSWERED if self.unanswered else WINDOW

    def __str__(self) -> str:
        if self.unanswered:
            return (
                "Attempts of yours to sign have come to no answer: they are still looked at, or the service was interrupted. Wait a minute."
            )
        minutes = int(WINDOW.total_seconds() // 60)
        return _("Too many wrong passwords or codes. Signing is closed to you for %(minutes)s minutes.") % {"minutes": minutes}


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
    enrolled = Authenticator.objects.filter(user=user).annotate(of=Value("factor")).values_list("of", "type")
    connected = SocialAccount.objects.filter(user=user).annotate(of=Value("provider")).values_list("of", "provider")
    found = set(enrolled.union(connected))
    kinds = {name for of, name in found if of == "factor"}
    return Factors(
        password=user.has_usable_password(),
        totp=Authenticator.Type.TOTP in kinds,
        passkeys=Authenticator.Type.WEBAUTHN in kinds,
        recovery_codes=Authenticator.Type.RECOVERY_CODES in kinds,
        providers=providers.configured(sorted(name for of, name in found if of == "provider")),
    )


def check(
    request: HttpRequest | None, user: User, *, password: str = "", code: str = "", credential: dict[str, Any] | None = None, signing: bool = True
) -> str:  # fmt: skip
    """How the person authenticated for this signature: ``password`` or ``provider:<id>``, with ``+totp``, ``+recovery-code`` or ``+passkey``.

    ``request`` is None for a call of the API, where neither passkeys nor providers can be used. ``signing``: False for another act than a
    signature, which is asked for and told in other words. Raises Wrong for what is missing or wrong: an enrolled second factor must be given
    besides the first. Five wrong ones of either kind within 15 minutes close signing for 15 minutes from the fifth, to right ones too: raises
    TooManyFailures.
    Not to be called inside a transaction (RuntimeError): what is counted must outlive whatever its caller rolls back.
    """
    factors, code = factors_of(user), code.strip()
    by_provider = not password and request is not None and bool(factors.providers) and providers.has_fresh_sign_in(request)
    if not by_provider:
        _refuse_without_first(request, factors, password, signing)
        if user.temporary_password:
            then = _("Change it, then sign.") if signing else _("Change it first.")
            raise Wrong("password", f"{_('Your password is still the one that an administrator gave you, and has seen.')} {then}")
    _refuse_without_second(request, factors, code, credential)
    attempt = _count(user)
    try:
        if not by_provider and not user.check_password(password):  # slow by design, so no lock is held meanwhile
            raise Wrong("password", _("That isn't your password."))
        second = _second(request, user, factors, code, credential)
        first = "password"
        if by_provider:
            assert request is not None
            first = f"provider:{_fresh_provider(request, user)}"
    except Wrong as wrong:
        _was_wrong(attempt)
        if wrong.field != "provider":
            tell(_told_as(wrong.field, signing), user)
        raise
    FailedCheck.objects.filter(user=user).delete()
    return f"{first}+{second}" if second else first


def _told_as(field: str, signing: bool) -> str:
    which = "check" if field == "password" else "factor"
    return f"person.signature_{which}_failed" if signing else f"person.confirmation_{which}_failed"


def _fresh_provider(request: HttpRequest, user: User) -> str:
    provider = providers.fresh_provider_sign_in(request, user)
    if provider is None:
        raise Wrong("provider", _("Your fresh sign-in is too old or was used already. Sign in again."))
    return provider


def _refuse_without_first(request: HttpRequest | None, factors: Factors, password: str, signing: bool) -> None:
    if factors.password:
        if not password:
            raise Wrong(
                "password",
                _("Enter your password; it is your signature.") if signing else _("Enter your password; it is asked for again here."),
            )
    elif not factors.providers:
        cannot = (
            _("You can't sign: your account has no password.") if signing else _("You can't confirm this: your account has no password.")
        )
        raise Wrong("password", f"{cannot} {_('Ask an administrator of your organisation.')}")
    elif request is None:
        raise Wrong(
            "password", _("You sign in through a provider, which the API can't send you back to. Sign on the page of the assessment.")
        )
    else:
        raise Wrong(
            "provider",
            _("Sign in again with your provider first; it is your signature.")
            if signing
            else _("Sign in again with your provider first; it is asked for again here."),
        )


def _refuse_without_second(request: HttpRequest | None, factors: Factors, code: str, credential: dict[str, Any] | None) -> None:
    if not factors.second or (code and factors.codes) or (credential and factors.passkeys and request is not None):
        return
    if factors.totp and factors.passkeys and request is not None:
        raise Wrong("code", _("Enter the code that your authenticator app shows now, or use your passkey: you have enrolled both."))
    if factors.totp:
        raise Wrong("code", _("Enter the code that your authenticator app shows now: you have enrolled one as a second factor."))
    if request is None:
        raise Wrong("code", _("You have enrolled a passkey, which the API can't ask for. Sign on the page of the assessment."))
    raise Wrong("credential", _("Use your passkey: you have enrolled it as a second factor."))


def _second(request: HttpRequest | None, user: User, factors: Factors, code: str, credential: dict[str, Any] | None) -> str:
    """How the second factor was proved, empty where none is enrolled. Raises Wrong."""
    if not factors.second:
        return ""
    try:
        if code and factors.codes:
            return proofs.prove_by_code(user, code)
        assert request is not None
        assert credential is not None
        return proofs.prove_by_passkey(request, user, credential)
    except proofs.NotProved as error:
        raise Wrong("code" if code and factors.codes else "credential", str(error)) from None


def check_password(user: User, password: str) -> bool:
    """Whether it is the person's password, second factors apart; a wrong one counts and is recorded as in ``check``."""
    attempt = _count(user)
    if user.check_password(password):
        FailedCheck.objects.filter(user=user).delete()
        return True
    _was_wrong(attempt)
    tell(_told_as("password", signing=True), user)
    return False


def _count(user: User) -> FailedCheck:
    """Take one of the attempts left. It counts as failed until it is known not to be, so guesses made at once can't slip past the limit.

    The attempts are rows, so the limit holds over every process.
    """
    with transaction.atomic(durable=True):
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        now = timezone.now()
        FailedCheck.objects.filter(user=user, at__lt=now - 2 * WINDOW).delete()
        if counted := _closed_by(user, now):
            raise TooManyFailures(unanswered=not all(wrong for _at, wrong in counted))
        return FailedCheck.objects.create(user=user)


def _was_wrong(attempt: FailedCheck) -> None:
    """Before anything else is done about it: a trail that can't be written to must not give anybody more attempts."""
    FailedCheck.objects.filter(pk=attempt.pk).update(wrong=True)


def _closed_by(user: User, now: datetime) -> list[tuple[datetime, bool]]:
    """The attempts (when, and whether known to be wrong) that close signing to the person; none where it is open."""
    counted = FailedCheck.objects.filter(Q(wrong=True) | Q(at__gt=now - UNANSWERED), user=user)
    newest = list(counted.order_by("-at", "-pk").values_list("at", "wrong")[:LIMIT])
    closed = len(newest) == LIMIT and newest[0][0] - newest[-1][0] <= WINDOW and now - newest[0][0] < WINDOW
    return newest if closed else []
