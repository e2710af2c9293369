"""What every template knows of the person's organisations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.models import Organisation


def organisation(request: HttpRequest) -> dict[str, Any]:
    """``organisation`` and ``roles`` of this request, where it is made within one, and ``my_organisations`` for the switcher."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"organisation": None, "roles": frozenset(), "my_organisations": []}
    return {
        "organisation": getattr(request, "organisation", None),
        "roles": getattr(request, "roles", frozenset()),
        "my_organisations": Organisation.objects.filter(memberships__user=request.user).distinct(),
    }
