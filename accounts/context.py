"""What every template knows of the person's organisations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import places_of, rights_of
from accounts.models import Organisation


def organisation(request: HttpRequest) -> dict[str, Any]:
    """``organisation`` and ``roles`` of this request, and ``my_organisations`` for the switcher. Where the request isn't made within one, as on
    the pages of the account, it is the person's only one, if there is but one."""
    user = getattr(request, "user", None)
    if not user or not user.is_authenticated:
        return {"organisation": None, "roles": frozenset(), "my_organisations": []}
    if here := getattr(request, "organisation", None):
        return {"organisation": here, "roles": request.roles, "my_organisations": request.places}  # type: ignore[attr-defined]
    # Asked for when the head of a page is drawn, which no part of a page has.
    places = getattr(request, "places", None)
    mine = places if places is not None else SimpleLazyObject(lambda: list(places_of(user)))

    def only() -> Organisation | None:
        return mine[0] if len(mine) == 1 else None

    def held() -> frozenset[str]:
        here = only()
        return rights_of(user, here).roles if here else frozenset()

    return {
        "organisation": SimpleLazyObject(only),
        "roles": SimpleLazyObject(held),
        "my_organisations": mine,
    }
