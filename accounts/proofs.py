"""What proves a person's second factor: the codes of an authenticator app, recovery codes and passkeys, each good once.

allauth.mfa keeps the factors. What it remembers of used codes lies in a cache of one process, so that is kept here, in the database.
"""

from __future__ import annotations

import struct
import time
from datetime import timedelta
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import get_credentials, get_server, parse_authentication_response
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import UserVerificationRequirement

from accounts.models import UsedProof, User

# Longer than anything that is good once stays good: a session, in which the challenge of a passkey stands, lasts 12 hours.
KEPT = timedelta(days=2)
PASSKEY_SECONDS = 300
CHALLENGE = "signing.passkey"

WRONG_CODE = _("That isn't a code that your authenticator app shows now, nor an unused recovery code.")
USED_CODE = _("That code was used already. Wait for the next one that your authenticator app shows.")
WRONG_PASSKEY = _("The passkey wasn't accepted. Use one that is listed on your page Security, and try again.")
OLD_PASSKEY = _("That use of the passkey is too old or was used already. Use the passkey again.")


class NotProved(Exception):
    """The second factor isn't right; the text says what would be."""


def use_once(user: User, proof: str) -> bool:
    """Whether it is the person's first use of this proof, which it then is no more; two at once can't both be the first."""
    try:
        with transaction.atomic():
            UsedProof.objects.create(user=user, proof=proof)
    except IntegrityError:
        return False
    UsedProof.objects.filter(user=user, at__lt=timezone.now() - KEPT).delete()
    return True


def prove_by_code(user: User, code: str) -> str:
    """``totp`` or ``recovery-code``, by what the code is; raises NotProved for a wrong or used one.

    A code of an authenticator app (RFC 6238) is good in its 30 seconds and in those before and after, for clocks that differ; section 5.2
    there asks that it be accepted once.
    """
    factors = {factor.type: factor for factor in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN)}
    if totp := factors.get(Authenticator.Type.TOTP):
        secret = decrypt(totp.data["secret"])
        for step in yield_hotp_counters_from_time():
            if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
                if not use_once(user, f"totp:{step}"):
                    raise NotProved(USED_CODE)
                return "totp"
    if (recovery := factors.get(Authenticator.Type.RECOVERY_CODES)) and recovery.wrap().validate_code(code):
        return "recovery-code"
    raise NotProved(WRONG_CODE)


def passkey_options(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the browser needs to ask for one of the person's passkeys (WebAuthn's PublicKeyCredentialRequestOptions under ``publicKey``).

    The challenge is kept in the session, good once and for five minutes.
    """
    options, state = get_server().authenticate_begin(
        credentials=get_credentials(user), user_verification=UserVerificationRequirement(app_settings.WEBAUTHN_USER_VERIFICATION)
    )
    request.session[CHALLENGE] = {"state": state, "at": time.time()}
    return dict(options)


def prove_by_passkey(request: HttpRequest, user: User, credential: dict[str, Any]) -> str:
    """``passkey``; raises NotProved unless the credential answers the challenge that ``passkey_options`` gave this session."""
    kept = request.session.pop(CHALLENGE, None)
    if kept is None or not 0 <= time.time() - kept["at"] <= PASSKEY_SECONDS:
        raise NotProved(OLD_PASSKEY)
    try:
        parse_authentication_response(credential)
        get_server().authenticate_complete(kept["state"], get_credentials(user), credential)  # type: ignore[arg-type]
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError, struct.error):
        # It comes from outside, and the library reads it with whatever error its shape leads to.
        raise NotProved(WRONG_PASSKEY) from None
    if not use_once(user, f"passkey:{kept['state']['challenge']}"):
        raise NotProved(OLD_PASSKEY)
    return "passkey"
