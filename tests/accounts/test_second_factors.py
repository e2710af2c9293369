"""Enrolling, using and removing second factors, by the pages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from tests.accounts.authenticators import Passkey, code_now, enrol_app
from tests.fixtures import PASSWORD, Cast

pytestmark = pytest.mark.django_db
HALF_MINUTE = timedelta(seconds=30)


def sentences(cast: Cast) -> list[str]:
    return [event.sentence() for event in AuditEvent.objects.filter(stream=cast.organisation.stream).order_by("index")]


def begin(client: Client, user: User):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, follow=True, secure=True)


def confirm(client: Client) -> None:
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}, secure=True).status_code == 302


def options_on(page) -> dict:
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page.content.decode(), re.S)
    assert found is not None
    return json.loads(unescape(found[1]))


def add_passkey(client: Client) -> Passkey:
    passkey = Passkey()
    page = client.get(reverse("mfa_add_webauthn"), secure=True)
    answer = client.post(
        reverse("mfa_add_webauthn"), {"name": "Telephone", "credential": json.dumps(passkey.create(options_on(page)))}, secure=True
    )
    assert answer.status_code == 302
    return passkey


def test_an_app_is_enrolled_and_then_asked_for_at_sign_in(client, cast, django_capture_on_commit_callbacks):
    start = timezone.now()
    with time_machine.travel(start, tick=False), django_capture_on_commit_callbacks(execute=True):
        begin(client, cast.approver)
        confirm(client)
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(reverse("mfa_activate_totp")).content.decode())
        assert secret is not None
        wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
        assert b"accepted. Enter the six digits that the app shows now." in wrong.content
        assert b"passkey" not in wrong.content
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret[1])}, follow=True)
    assert len(re.findall(r"<code>\d{8}</code>", answer.content.decode())) == 10
    assert b"aren't shown again" in client.get(reverse("mfa_view_recovery_codes")).content
    told = sentences(cast)
    assert "Approver enrolled a second factor: authenticator app" in told
    assert "Approver enrolled a second factor: recovery codes" in told
    client.post(reverse("account_logout"))
    with time_machine.travel(start + HALF_MINUTE, tick=False):
        page = begin(client, cast.approver)
        assert page.request["PATH_INFO"] == reverse("mfa_authenticate")
        assert client.get(reverse("home")).status_code == 302
        page = client.post(reverse("mfa_authenticate"), {"code": "123"})
        assert b"isn&#x27;t a code" in page.content
        assert client.post(reverse("mfa_authenticate"), {"code": code_now(secret[1])})["Location"] == reverse("home")
    assert sentences(cast)[-2:] == [
        "Somebody gave a wrong second factor as Approver, after the right password or within a session",
        "Approver signed in",
    ]


def test_a_code_is_good_once(client, cast):
    enrol_app(cast.approver)
    with time_machine.travel(timezone.now(), tick=False):
        begin(client, cast.approver)
        assert client.post(reverse("mfa_authenticate"), {"code": code_now()}).status_code == 302
        client.post(reverse("account_logout"))
        begin(client, cast.approver)
        assert b"used already" in client.post(reverse("mfa_authenticate"), {"code": code_now()}).content
        assert client.post(reverse("mfa_authenticate"), {"code": code_now(steps=1)}).status_code == 302


def test_the_code_that_enrols_the_app_is_used_by_that(client, cast):
    with time_machine.travel(timezone.now(), tick=False):
        begin(client, cast.approver)
        confirm(client)
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(reverse("mfa_activate_totp")).content.decode())
        assert secret is not None
        client.post(reverse("mfa_activate_totp"), {"code": code_now(secret[1])})
        client.post(reverse("account_logout"))
        begin(client, cast.approver)
        assert b"used already" in client.post(reverse("mfa_authenticate"), {"code": code_now(secret[1])}).content


def test_whoever_has_a_second_factor_confirms_by_it(client, cast):
    """A password alone can't remove it."""
    enrol_app(cast.approver)
    client.force_login(cast.approver)
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer["Location"] == reverse("mfa_reauthenticate")
    assert client.post(reverse("mfa_deactivate_totp"))["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.post(reverse("mfa_reauthenticate"), {"code": code_now()}).status_code == 302
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=cast.approver).exists()
    assert sentences(cast)[-1] == "Approver removed a second factor: authenticator app"


def test_a_secret_is_not_in_the_database(cast):
    enrol_app(cast.approver)
    assert "JBSWY3DP" not in json.dumps(Authenticator.objects.get().data)


def test_a_passkey_is_added_used_to_sign_in_and_removed(client, cast, django_capture_on_commit_callbacks):
    begin(client, cast.approver)
    confirm(client)
    with django_capture_on_commit_callbacks(execute=True):
        passkey = add_passkey(client)
    security = client.get(reverse("mfa_index")).content
    assert b"Telephone" in security
    assert b"The passkey is added." in security
    client.post(reverse("account_logout"))

    page = begin(client, cast.approver)
    other = Passkey()
    refused = client.post(reverse("mfa_authenticate"), {"credential": json.dumps(other.get(options_on(page)))}, secure=True)
    assert b"accepted" in refused.content
    answer = client.post(reverse("mfa_authenticate"), {"credential": json.dumps(passkey.get(options_on(refused)))}, secure=True)
    assert answer["Location"] == reverse("home")

    page = client.get(reverse("mfa_reauthenticate_webauthn"), secure=True)
    confirmed = {"credential": json.dumps(passkey.get(options_on(page)))}
    assert client.post(reverse("mfa_reauthenticate_webauthn"), confirmed, secure=True).status_code == 302
    found = Authenticator.objects.get(type="webauthn")
    assert client.post(reverse("mfa_remove_webauthn", args=[found.pk]), secure=True)["Location"] == reverse("mfa_index")
    assert not Authenticator.objects.filter(user=cast.approver).exists()
    assert b"The passkey is removed." in client.get(reverse("mfa_index")).content
    told = sentences(cast)
    assert "Approver enrolled a second factor: passkey" in told
    assert "Approver removed a second factor: passkey" in told


@pytest.mark.django_db(transaction=True)
def test_what_is_said_after_an_app_is_enrolled(client, cast):
    begin(client, cast.approver)
    confirm(client)
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(reverse("mfa_activate_totp")).content.decode())
    assert secret is not None
    page = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret[1])}, follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        "The authenticator app is enrolled. Its code is asked for from now on."
    ]


def test_recovery_codes_are_renewed(client, cast, django_capture_on_commit_callbacks):
    begin(client, cast.approver)
    confirm(client)
    add_passkey(client)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_generate_recovery_codes"), secure=True)["Location"] == reverse("mfa_view_recovery_codes")
    assert "Approver made new recovery codes, and the former ones work no more" in sentences(cast)


def test_changing_the_password_is_recorded(client, cast):
    client.force_login(cast.auditor)
    new = "another battery and staple"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert sentences(cast)[-1] == "Auditor changed their password"
    assert b"Your password is changed." in client.get(reverse("mfa_index")).content


def test_nothing_on_these_pages_breaks_the_policy(client, cast):
    """No inline script or style; the QR code is an image, which the policy allows as data."""
    begin(client, cast.approver)
    confirm(client)
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"):
        page = client.get(reverse(name), secure=True).content.decode()
        assert "style=" not in page
        assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))
