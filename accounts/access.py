"""Which roles a person holds, and the decorator that lets only members of an organisation through."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import Membership, Organisation, Role, User


def roles_of(user: User | AnonymousUser, organisation: Organisation) -> frozenset[str]:
    """The roles of an active person in an organisation; empty for an outsider."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return frozenset(Membership.objects.filter(user_id=user.pk, organisation=organisation).values_list("role", flat=True))


def organisation_for(user: User | AnonymousUser, slug: str) -> tuple[Organisation, frozenset[str]]:
    """The organisation with the person's roles there; Http404 where the person holds none, as where there is no such organisation."""
    organisation = Organisation.objects.filter(slug=slug).first()
    roles = roles_of(user, organisation) if organisation else frozenset()
    if organisation is None or not roles:
        raise Http404("No such organisation, or it isn't yours.")
    return organisation, roles


def member(*allowed: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """For views under ``/o/<slug:org>/``: the view gets ``request.organisation`` and ``request.roles`` in place of ``org``.

    Anonymous people are sent to sign in, outsiders get 404, members with none of the ``allowed`` roles 403 (none named: any member).
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, org: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            request.organisation, request.roles = organisation_for(request.user, org)  # type: ignore[attr-defined]
            if allowed and not request.roles & set(allowed):  # type: ignore[attr-defined]
                names = " or ".join(Role(role).label.lower() for role in allowed)
                raise PermissionDenied(f"This needs the role {names} in {request.organisation.name}.")  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return inner

    return decorate
