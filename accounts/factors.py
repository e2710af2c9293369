"""How allauth.mfa keeps and takes second factors here: secrets are encrypted, a code is good once, a wrong one is an event of the trail."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.proofs import USED_CODE, NotProved, prove_by_code, use_once

WRONG_FIRST_CODE = _("That code wasn't accepted. Enter the six digits that the app shows now.")


class FactorAdapter(DefaultMFAAdapter):
    # Left to passkeys alone, at sign-in and where one is added: the forms below have their own words for a wrong code.
    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": _("The passkey wasn't accepted. Try again.")}

    def encrypt(self, text: str) -> str:
        """Whoever reads the database, a copy of it for instance, can't make anybody's codes: that takes SECRET_KEY too."""
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises cryptography.fernet.InvalidToken where SECRET_KEY has changed and SECRET_KEY_FALLBACKS doesn't name the former one."""
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    def key(secret: str | bytes) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factors\0" + force_bytes(secret)).digest()))

    return MultiFernet([key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


class _CodeOnce:
    """A form's ``code``, taken by our own rule instead of allauth's."""

    user: User
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        clear = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        try:
            kind = prove_by_code(self.user, code)
        except NotProved as error:
            _failed(self.user)
            raise ValidationError(str(error)) from None
        kind = Authenticator.Type.TOTP if kind == "totp" else Authenticator.Type.RECOVERY_CODES
        self.authenticator = Authenticator.objects.get(user=self.user, type=kind)
        clear()
        return code


class SignInCode(_CodeOnce, AuthenticateForm):
    pass


class ConfirmingCode(_CodeOnce, ReauthenticateForm):
    pass


class FirstCode(ActivateTOTPForm):
    """The code that shows that the app has the secret; it is used by that."""

    def clean_code(self) -> str:
        try:
            code = super().clean_code()
        except ValidationError as error:
            if error.code == "incorrect_code":
                raise ValidationError(WRONG_FIRST_CODE) from None
            raise
        steps = [step for step in yield_hotp_counters_from_time() if f"{hotp_value(self.secret, step):06}" == code.strip()]
        if not all(use_once(self.user, f"totp:{step}") for step in steps):
            raise ValidationError(USED_CODE)
        return str(code)


class _PasskeyTold:
    """A form's ``credential``, with a wrong one told to the trail."""

    user: User

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc, no-any-return]
        except ValidationError:
            _failed(self.user)
            raise


class SignInPasskey(_PasskeyTold, AuthenticateWebAuthnForm):
    pass


class ConfirmingPasskey(_PasskeyTold, ReauthenticateWebAuthnForm):
    pass


def _failed(user: User) -> None:
    signals.authentication_failed.send(sender=Authenticator, request=context.request, user=user, authenticator=None)
