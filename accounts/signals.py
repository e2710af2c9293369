"""Sign-in and sign-out, failed ones, passwords and second factors are events of the trail."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.events import FACTORS, tell, tell_of_nobody_known
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
def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")[:LONGEST_TYPED]
    user = User.objects.filter(email__iexact=email).first()
    if user is not None and user == getattr(request, "user", None):
        # Whoever is signed in as that person is asked for the password again on the page that confirms that it is them.
        tell("person.identity_check_failed", user)
    elif user is not None:
        tell("person.sign_in_failed", user, known=False)
    else:
        tell_of_nobody_known("person.sign_in_failed", email)


@receiver(password_changed)
def password_was_changed(sender: Any, user: User, **kwargs: Any) -> None:
    User.objects.filter(pk=user.pk).update(temporary_password=False)
    tell("person.password_changed", user)


@receiver(mfa.authenticator_added)
def factor_added(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    tell("person.factor_added", user, changes={"factor": FACTORS[authenticator.type]})


@receiver(mfa.authenticator_removed)
def factor_removed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    tell("person.factor_removed", user, changes={"factor": FACTORS[authenticator.type]})


@receiver(mfa.authenticator_reset)
def recovery_codes_renewed(sender: Any, user: User, **kwargs: Any) -> None:
    tell("person.recovery_codes_renewed", user)


@receiver(mfa.authentication_failed)
def second_factor_failed(sender: Any, user: User, **kwargs: Any) -> None:
    tell("person.second_factor_failed", user, known=False)
