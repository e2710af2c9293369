"""Whoever signs in with a temporary password changes it before anything else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import user_create
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
OWN = "another battery and staple"
CHANGE = reverse("account_change_password")


@pytest.fixture
def added(cast: Cast) -> tuple[User, str]:
    """Somebody whom the administrator has just added, and their temporary password."""
    return user_create(
        actor=cast.administrator, organisation=cast.organisation, email="nadia@example.com", name="Nadia", role="contributor"
    )


@pytest.fixture
def theirs(client: Client, added: tuple[User, str]) -> Client:
    client.post(reverse("account_login"), {"login": added[0].email, "password": added[1]})
    return client


def change(client: Client, old: str, new: str, **more: str):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new, **more})


def test_every_page_leads_to_the_change_until_it_is_made(theirs, added, cast):
    page = "/o/meridian-bank/assessments/?status=draft"
    for address in (page, "/", "/account/settings/", "/verify/"):
        assert theirs.get(address).status_code == 302
    led = theirs.get(page, follow=True)
    assert led.request["PATH_INFO"] == CHANGE
    assert "temporary one, which an administrator has seen" in led.content.decode()
    assert led.context["redirect_field_value"] == page
    assert change(theirs, added[1], OWN, next=page)["Location"] == page
    assert theirs.get(page).status_code == 200
    assert not User.objects.get(email=added[0].email).temporary_password


def test_what_is_sent_is_not_carried_out(theirs, cast):
    sent = theirs.post("/account/settings/", {"time_zone": "Europe/Berlin", "formats": ""})
    assert sent["Location"] == f"{CHANGE}?next=%2F"
    assert not User.objects.filter(time_zone="Europe/Berlin").exists()
    part = theirs.get("/o/meridian-bank/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == f"{CHANGE}?next=%2F"


def test_the_temporary_one_is_no_new_one(theirs, added):
    page = change(theirs, added[1], added[1])
    assert "That is the password that you have." in page.content.decode()
    assert theirs.get("/account/settings/").status_code == 302


def test_signing_out_and_the_api_stay_open(theirs):
    assert theirs.get("/api/v1/organisations/").status_code == 200
    assert theirs.get(reverse("account_logout")).status_code == 200
    assert theirs.post(reverse("account_logout")).status_code == 302
    assert theirs.get(reverse("account_login")).status_code == 200


def test_it_costs_no_question_to_the_database(theirs, added, django_assert_num_queries):
    with django_assert_num_queries(1):  # the session with its person
        theirs.get("/account/settings/")


def test_a_password_of_ones_own_leads_nowhere(client, cast):
    client.post(reverse("account_login"), {"login": cast.auditor.email, "password": "correct horse battery staple"})
    assert client.get("/account/settings/").status_code == 200


def test_whoever_comes_through_a_provider_goes_on(theirs):
    """They may not have the temporary password, which it takes to change it."""
    session = theirs.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 1.0, "provider": "oidc", "uid": "1"}]
    session.save()
    assert theirs.get("/account/settings/").status_code == 200
