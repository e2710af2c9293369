"""A session knows whose it is, is good only while that person's account is, and goes when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditAccess, Membership, Role, Session
from accounts.tasks import clear_sessions
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(cast: Cast) -> str:
    return f"/o/{cast.organisation.slug}/"


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.risk_officer)
    return client


@pytest.mark.parametrize("page", ["/account/settings/", "/api/v1/organisations/"])
def test_session_person_and_places_are_read_in_one_statement(cast: Cast, client: Client, page: str) -> None:
    with CaptureQueriesContext(connection) as statements:
        assert client.get(page).status_code == 200
    asked = [q["sql"] for q in statements]
    assert sum("accounts_session" in sql for sql in asked) == 1 and not any('FROM "accounts_user" WHERE' in sql for sql in asked), asked
    assert Session.objects.get().user == cast.risk_officer


def test_a_visitor_has_no_session(home: str) -> None:
    assert Client().get(home).status_code == 302
    client = Client()
    client.cookies["countersign_session"] = "made-up-by-somebody-0123456789ab"
    assert client.get(home).status_code == 302


def test_a_session_is_nobodys_once_the_person_signs_out(client: Client, home: str) -> None:
    client.post("/account/sign-out/")
    assert client.get(home).status_code == 302
    assert not Session.objects.filter(user__isnull=False).exists()


def test_the_next_request_sees_what_was_taken_from_the_person(cast: Cast, client: Client, home: str) -> None:
    assert client.get(home).status_code == 200
    Membership.objects.filter(user=cast.risk_officer).delete()
    assert client.get(home).status_code == 404


def test_roles_and_a_limited_access_in_two_organisations_are_told_apart(cast: Cast, client: Client) -> None:
    today = timezone.now().date()
    AuditAccess.objects.create(
        organisation=cast.elsewhere, user=cast.risk_officer, starts_on=today, ends_on=today, listed=False, reason="A visit",
        given_by=cast.outsider, given_at=timezone.now(),
    )  # fmt: skip
    own = client.get(f"/o/{cast.organisation.slug}/").context
    assert own["roles"] == {Role.RISK_OFFICER} and set(own["my_organisations"]) == {cast.organisation, cast.elsewhere}
    assert client.get(f"/o/{cast.elsewhere.slug}/").context["roles"] == {Role.AUDITOR}


def test_a_closed_account_and_a_raised_generation_end_it(cast: Cast, client: Client, home: str) -> None:
    cast.risk_officer.session_generation += 1
    cast.risk_officer.save()
    assert client.get(home).status_code == 302
    client.force_login(cast.risk_officer)
    assert client.get(home).status_code == 200
    cast.risk_officer.is_active = False
    cast.risk_officer.save()
    assert client.get(home).status_code == 302


def test_sessions_that_are_over_are_deleted(cast: Cast, client: Client, home: str) -> None:
    over = Client()
    over.force_login(cast.approver)
    Session.objects.filter(user=cast.approver).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert over.get(home).status_code == 302
    clear_sessions()
    assert [row.user for row in Session.objects.all()] == [cast.risk_officer]
