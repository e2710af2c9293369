from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import token_create

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


def test_somebody_elses_token_is_out_of_reach(client, cast):
    token, _ = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="x")
    client.force_login(cast.contributor)
    assert client.post(reverse("accounts:token_revoke", args=["meridian-bank", token.pk])).status_code == 404
