"""What every template knows of the person's organisations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import organisations_of


def organisation(request: HttpRequest) -> dict[str, Any]:
    """``organisation`` and ``roles`` of this request, where it is made within one, and ``my_organisations`` for the switcher."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"organisation": None, "roles": frozenset(), "my_organisations": []}
    user, places = request.user, getattr(request, "places", None)
    return {
        "organisation": getattr(request, "organisation", None),
        "roles": getattr(request, "roles", frozenset()),
        "my_organisations": places if places is not None else SimpleLazyObject(lambda: list(organisations_of(user))),
    }
