from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import token_create, token_revoke
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def call(client, plain: str, org: str = "meridian-bank"):
    return client.get(f"/api/v1/organisations/{org}/assessments/", headers={"Authorization": f"Bearer {plain}"})


def test_a_token_is_shown_once_and_only_its_digest_is_kept(client, cast):
    client.force_login(cast.risk_officer)
    address = reverse("accounts:tokens", args=["meridian-bank"])
    plain = client.post(address, {"name": "nightly export"}).context["plain"]
    token = ApiToken.objects.get()
    assert plain.startswith("cs_")
    assert plain not in (token.digest, token.prefix)
    assert len(token.digest) == 64
    assert plain not in client.get(address).content.decode()
    client.logout()
    assert call(client, plain).status_code == 200


def test_a_token_opens_its_own_organisation_alone(client, cast):
    _, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    assert call(client, plain, "harbour-insurance").status_code == 404
    assert call(client, plain, "no-such").status_code == 404


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + ("a" if t[-1] != "a" else "b"), lambda t: "cs_" + "x" * 43])
def test_a_wrong_token_is_refused(client, cast, spoil):
    _, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    answer = call(client, spoil(plain))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_an_expired_or_revoked_token_is_refused(client, cast):
    token, plain = token_create(
        actor=cast.risk_officer, organisation=cast.organisation, name="x", expires=timezone.now() + timedelta(minutes=1)
    )
    assert call(client, plain).status_code == 200
    ApiToken.objects.update(expires=timezone.now())
    assert call(client, plain).status_code == 401
    ApiToken.objects.update(expires=None)
    client.force_login(cast.risk_officer)
    client.post(reverse("accounts:token_revoke", args=["meridian-bank", token.pk]))
    client.logout()
    assert call(client, plain).status_code == 401


@pytest.mark.parametrize("name", ["", "  ", "n" * 101, "a\x00b"])
def test_a_token_needs_a_name_that_can_be_kept(client, cast, name):
    client.force_login(cast.risk_officer)
    page = client.post(reverse("accounts:tokens", args=["meridian-bank"]), {"name": name})
    assert page.status_code == 422
    assert 'id="error_name"' in page.content.decode()
    assert not ApiToken.objects.exists()


def test_use_is_noted_at_most_once_a_minute(client, cast):
    token, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    start = timezone.now()
    seen = []
    for seconds in (0, 30, 61):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert call(client, plain).status_code == 200
        token.refresh_from_db()
        seen.append(round((token.last_used - start).total_seconds()))
    assert seen == [0, 0, 61]


def test_making_and_revoking_are_recorded(cast):
    token, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    token_revoke(actor=cast.administrator, token=token)
    events = AuditEvent.objects.filter(stream=cast.organisation.stream).order_by("index")
    assert [event.sentence() for event in events] == [
        f"Risk officer made the API token {token.prefix} for “x”, which expires: never",
        f"Administrator revoked the API token {token.prefix}",
    ]
    assert all(plain not in bytes(event.canonical).decode() for event in events)


def test_what_a_token_is_for_and_when_it_ends_are_recorded_and_its_name_can_be_erased(cast):
    token, _ = token_create(
        actor=cast.risk_officer, organisation=cast.organisation, name="nightly export of Ann", expires=datetime(2030, 1, 31, 12, tzinfo=UTC)
    )
    event = AuditEvent.objects.get(action="token.created")
    assert event.sentence() == (
        f"Risk officer made the API token {token.prefix} for “nightly export of Ann”, which expires: 2030-01-31T12:00:00.000000Z"
    )
    assert b"Ann" not in bytes(event.canonical)


def test_a_revoked_token_is_no_longer_listed_nor_revoked_again(client, cast):
    token, _ = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="nightly export")
    client.force_login(cast.risk_officer)
    assert "nightly export" in client.get(reverse("accounts:tokens", args=["meridian-bank"])).content.decode()
    revoke = reverse("accounts:token_revoke", args=["meridian-bank", token.pk])
    page = client.post(revoke, follow=True)
    assert "nightly export no longer works" in page.content.decode()
    assert "nightly export" not in client.get(reverse("accounts:tokens", args=["meridian-bank"])).content.decode()
    assert client.post(revoke).status_code == 404
    token_revoke(actor=cast.administrator, token=token)
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_only_its_person_and_administrators_revoke(cast):
    token, _ = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    with pytest.raises(PermissionDenied):
        token_revoke(actor=cast.auditor, token=token)
    assert ApiToken.objects.filter(pk=token.pk).exists()


def test_somebody_elses_token_is_out_of_reach(client, cast):
    token, _ = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    client.force_login(cast.contributor)
    assert client.post(reverse("accounts:token_revoke", args=["meridian-bank", token.pk])).status_code == 404
