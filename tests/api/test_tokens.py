"""Who is let in: tokens, sessions, and the problems that others get."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.services import token_create, token_revoke
from tests.api.conftest import Caller
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db


def test_token_opens_its_own_organisation_alone(cast: Cast) -> None:
    Membership.objects.create(user=cast.auditor, organisation=cast.elsewhere, role="auditor")
    _, plain = token_create(actor=cast.auditor, organisation=cast.organisation, name="nightly check")
    caller = Caller(cast, None, plain)
    assert caller("get", "assessments").status_code == 200
    assert caller("get", "assessments", org=cast.elsewhere.slug).status_code == 404
    assert [row["slug"] for row in caller("get", "organisations").json()["results"]] == ["meridian-bank"]


def test_token_has_the_roles_that_its_person_holds_now(cast: Cast) -> None:
    _, plain = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="script")
    caller = Caller(cast, None, plain)
    body = {"title": "T", "name": "N", "purpose": "P", "archetype": "customer-facing-chatbot"}
    assert caller("post", "assessments", body).status_code == 201
    Membership.objects.filter(user=cast.risk_officer).update(role="auditor")
    assert caller("post", "assessments", body).status_code == 403
    Membership.objects.filter(user=cast.risk_officer).delete()
    assert caller("get", "assessments").status_code == 404


def test_revoked_expired_and_unknown_tokens_are_nobody(cast: Cast) -> None:
    revoked, plain_revoked = token_create(actor=cast.auditor, organisation=cast.organisation, name="one")
    token_revoke(actor=cast.auditor, token=revoked)
    yesterday = timezone.now() - timedelta(days=1)
    _, plain_expired = token_create(actor=cast.auditor, organisation=cast.organisation, name="two", expires=yesterday)
    for plain in (plain_revoked, plain_expired, "cs_nothing"):
        answer = Caller(cast, None, plain)("get", "assessments")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["status"] == 401


def test_nobody_is_told_to_sign_in(call_as) -> None:
    answer = call_as("")("get", "assessments")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_session_needs_the_csrf_token_to_change_anything(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.risk_officer)
    answer = client.post(reverse("api:assessments", kwargs={"org": cast.organisation.slug}), "{}", content_type="application/json")
    assert answer.status_code == 403


def test_organisations_are_those_in_which_one_holds_a_role(call_as) -> None:
    rows = call_as("auditor")("get", "organisations").json()["results"]
    assert rows == [{"slug": "meridian-bank", "name": "Meridian Bank", "risk_appetite": "medium", "roles": ["auditor"]}]


@pytest.mark.parametrize(
    ("method", "body", "content_type", "status"),
    [
        ("post", "{", "application/json", 400),
        ("post", "[]", "application/json", 400),
        ("post", "<a/>", "text/xml", 415),
        ("delete", "", "application/json", 405),
    ],
)
def test_every_error_is_a_problem(officer, method: str, body: str, content_type: str, status: int) -> None:
    address = reverse("api:assessments", kwargs={"org": officer.cast.organisation.slug})
    answer = officer.client.generic(method.upper(), address, body, content_type=content_type)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail"} <= set(answer.json())


def test_unknown_address_is_a_problem_too(officer) -> None:
    answer = officer.client.get("/api/v1/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
