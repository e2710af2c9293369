"""How often an address may do what needs no sign-in. Kept in the database, so that a limit holds over every process."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import RateCount
from accounts.refusals import source_of


def count_in(what: str, address: str, *, most: int, within: timedelta) -> bool:
    """Count one more ``what`` (20 characters at most) from ``address``, and return whether it is among the first ``most`` of a span of ``within``.

    The span begins with the first one counted; an address is forgotten when another begins a span after that. Of IPv6 a network of 64 bits
    counts as one address.
    """
    source, now = source_of(address), timezone.now()
    rows = RateCount.objects.filter(what=what, source=source)
    for _again in range(2):
        if rows.filter(began__gt=now - within).update(count=F("count") + 1):
            return rows.filter(count__lte=most).exists()
        RateCount.objects.filter(what=what, began__lte=now - within).delete()
        try:
            with transaction.atomic():
                RateCount.objects.create(what=what, source=source, began=now, count=1)
        except IntegrityError:
            continue  # somebody at the same address was first
        return most >= 1
    return False
