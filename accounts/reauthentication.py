"""The fresh password check that each signature asks for."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import FailedCheck, User

LIMIT = 5
WINDOW = timedelta(minutes=15)


class TooManyFailures(Exception):
    """Signing is closed to the person for a while."""

    def __str__(self) -> str:
        return f"Too many wrong passwords. Signing is closed to you for {int(WINDOW.total_seconds() // 60)} minutes."


def check_password(user: User, password: str) -> bool:
    """Whether it is the person's password. Five wrong ones within 15 minutes close signing for 15 minutes: raises TooManyFailures.

    The failures are rows, so the limit holds over every process. The lock on the person lets guesses through one at a time.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        since = timezone.now() - WINDOW
        FailedCheck.objects.filter(user=user, at__lt=since).delete()
        if FailedCheck.objects.filter(user=user).count() >= LIMIT:
            raise TooManyFailures
        if user.check_password(password):
            FailedCheck.objects.filter(user=user).delete()
            return True
        FailedCheck.objects.create(user=user)
    return False
