"""What every page of an organisation knows of its trail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Role
from audit.models import AuditCheck
from reports.health import last_check


def trail_alarm(request: HttpRequest) -> dict[str, Any]:
    """``trail_alarm``: for an administrator of the request's organisation, the last check of its trail where that wasn't sound; else None.

    One small query, made when a page looks at it: fragments and answers without a template cost nothing.
    """
    organisation = getattr(request, "organisation", None)
    if organisation is None or Role.ADMINISTRATOR not in getattr(request, "roles", ()):
        return {"trail_alarm": None}

    def alarm() -> AuditCheck | None:
        check = last_check(organisation.stream)
        return check if check is not None and not check.ok else None

    return {"trail_alarm": SimpleLazyObject(alarm)}
