"""Refused tokens of the API, told to the trail: who tries one may be a thief, and must not be able to flood the log by it.

What was told lately is kept in the database, so the limits hold over every process. Beyond them a refusal is in the service's log alone.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.events import SYSTEM
from accounts.models import ApiToken, RefusedToken
from audit.trail import record

EVERY = timedelta(minutes=15)
# How many are told within that time: of one token, from however many addresses; of guesses, from one address and from all of them.
MOST_OF_A_TOKEN = 20
MOST_GUESSES_FROM_ONE = 20
MOST_GUESSES = 200

# As the trail keeps them, in no language but this one.
GUESS, EXPIRED, REVOKED, CLOSED = "it isn't known", "it has expired", "it was revoked", "the account of its person is closed"


def tell_refused(*, address: str, prefix: str, why: str, token: ApiToken | None) -> bool:
    """Record that a token was refused, once in 15 minutes for each source and prefix; returns whether it was recorded now.

    ``prefix``: what the token began with. ``why``: one of the constants above. ``token``: the stored one of that prefix, whose organisation is
    told; None: there is none, and the system's stream is told.
    """
    source, prefix, known = source_of(address), re.sub(r"[^A-Za-z0-9_-]", "?", prefix), why != GUESS
    now = timezone.now()
    if _told_enough(source, prefix, known, now):
        return False
    with transaction.atomic():
        if not _first(source, prefix, known, now):
            return False
        record(
            stream=token.organisation.stream if token else SYSTEM, action="token.refused", actor=None, object_type="token",
            object_id=str(token.pk) if token else "unknown", changes={"why": why, **({"person": token.user.reference} if token else {})},
            personal={"object_label": prefix, "address": source},
        )  # fmt: skip
    RefusedToken.objects.filter(at__lt=now - 2 * EVERY).delete()
    return True


def source_of(address: str) -> str:
    """What an address is counted under: whoever has one IPv6 address has as many as they like in its network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "an unknown address"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _told_enough(source: str, prefix: str, known: bool, now: datetime) -> bool:
    lately = RefusedToken.objects.filter(known=known, at__gt=now - EVERY)
    if lately.filter(source=source, prefix=prefix).exists():
        return True
    if known:
        return lately.filter(prefix=prefix).count() >= MOST_OF_A_TOKEN
    return lately.filter(source=source).count() >= MOST_GUESSES_FROM_ONE or lately.count() >= MOST_GUESSES


def _first(source: str, prefix: str, known: bool, now: datetime) -> bool:
    """Whether it is this call that tells; of several at once it is one."""
    same = RefusedToken.objects.filter(source=source, prefix=prefix, known=known)
    if same.filter(at__lte=now - EVERY).update(at=now):
        return True
    try:
        with transaction.atomic():
            RefusedToken.objects.create(source=source, prefix=prefix, known=known, at=now)
    except IntegrityError:
        return False
    return True
