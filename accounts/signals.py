"""Sign-in, sign-out and failed sign-in are events of the trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts.events import tell, tell_of_nobody_known
from accounts.models import User

LONGEST_TYPED = 254


@receiver(user_logged_in)
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    tell("person.signed_in", user)


@receiver(user_logged_out)
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        tell("person.signed_out", user)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")[:LONGEST_TYPED]
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        tell("person.sign_in_failed", user, known=False)
    else:
        tell_of_nobody_known("person.sign_in_failed", email)
