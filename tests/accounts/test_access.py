"""Who is let through to an address of an organisation, and what the others get; every address is played in tests/test_permissions.py."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse

from accounts.access import member, roles_of
from accounts.models import Membership, User

pytestmark = pytest.mark.django_db


@member("approver", "auditor")
def view(request, number: int) -> HttpResponse:
    return HttpResponse(f"{request.organisation.slug} {sorted(request.roles)} {number}")


def ask(rf, user, org: str = "meridian-bank") -> HttpResponse:
    request = rf.get("/o/somewhere/?page=2")
    request.user = user
    return view(request, org=org, number=7)


def test_a_member_with_a_role_is_let_through_with_organisation_and_roles(rf, cast):
    Membership.objects.create(user=cast.auditor, organisation=cast.organisation, role="contributor")
    assert ask(rf, cast.auditor).content == b"meridian-bank ['auditor', 'contributor'] 7"


def test_a_member_without_the_role_is_told_which(rf, cast):
    with pytest.raises(PermissionDenied, match="approver or auditor in Meridian Bank"):
        ask(rf, cast.contributor)


def test_an_outsider_cant_tell_an_organisation_from_none(rf, cast):
    for org in ("meridian-bank", "no-such"):
        with pytest.raises(Http404, match="No such organisation"):
            ask(rf, cast.outsider, org)


def test_nobody_known_is_sent_to_sign_in_and_back(rf, db):
    answer = ask(rf, AnonymousUser())
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next=/o/somewhere/%3Fpage%3D2"


def test_a_closed_account_holds_no_role(cast):
    User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    cast.auditor.refresh_from_db()
    assert roles_of(cast.auditor, cast.organisation) == frozenset()
    assert roles_of(AnonymousUser(), cast.organisation) == frozenset()
