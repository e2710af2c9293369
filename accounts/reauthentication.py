"""The fresh password check that each signature asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.events import tell
from accounts.models import FailedCheck, User

LIMIT = 5
WINDOW = timedelta(minutes=15)


class TooManyFailures(Exception):
    """Signing is closed to the person for a while."""

    def __str__(self) -> str:
        return f"Too many wrong passwords. Signing is closed to you for {int(WINDOW.total_seconds() // 60)} minutes."


def check_password(user: User, password: str) -> bool:
    """Whether it is the person's password; a wrong one is recorded in the trail.

    Five wrong ones within 15 minutes close signing for 15 minutes from the fifth, to the right password too: raises TooManyFailures.
    Not to be called inside a transaction (RuntimeError): what is counted must outlive whatever its caller rolls back.
    """
    _count(user)
    # Slow by design, so no lock is held meanwhile.
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


@dataclass
class Wrong(Exception):
    """What the person gave doesn't prove who they are; ``field``: where it was given."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Factors:
    """What a person can prove themselves by."""

    password: bool
    totp: bool = False
    passkeys: bool = False
    providers: tuple[str, ...] = ()


def factors_of(user: User) -> Factors:
    return Factors(password=user.has_usable_password())


def check(request: HttpRequest | None, user: User, *, password: str = "", code: str = "", credential: dict[str, Any] | None = None) -> str:
    """How the person authenticated for this signature. Raises Wrong and TooManyFailures."""
    if not password:
        raise Wrong("password", "Enter your password; it is your signature.")
    if not check_password(user, password):
        raise Wrong("password", "That isn't your password.")
    return "password"
