"""Signing in through a provider, and a fresh sign-in there for one signature."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.providers import FRESH_SECONDS
from accounts.reauthentication import Wrong, check
from assessments.models import Verdict
from audit.models import AuditEvent
from tests.accounts.authenticators import code_now, enrol_app
from tests.accounts.openid import Provider, provider
from tests.fixtures import PASSWORD, make_submitted, newest, read_all

pytestmark = pytest.mark.django_db
LOGIN = "/account/provider/oidc/"
AGAIN = "/account/provider/?next=/design/"


@pytest.fixture
def idp(settings) -> Iterator[Provider]:
    with provider(settings) as fake:
        yield fake


@pytest.fixture
def approver(cast, idp) -> User:
    """One who has no password here, and is known to the provider."""
    cast.approver.set_unusable_password()
    cast.approver.save()
    idp.person = {"sub": "a-1", "email": cast.approver.email.upper(), "email_verified": True, "name": "Somebody"}
    return cast.approver


def again(client: Client, idp: Provider, auth_time: int | None = None, **changes) -> str:
    """Sign in again for a signature; returns what the page then says."""
    idp.auth_time = int(time.time()) if auth_time is None else auth_time
    idp.person = idp.person | changes
    page = idp.visit(client, AGAIN)
    assert page.request["PATH_INFO"] == "/design/"
    return " ".join(str(message) for message in page.context["messages"])


def sign(client: Client, user: User, **given) -> str:
    request = RequestFactory().post("/")
    request.user, request.session = user, client.session
    with request_context(request):
        try:
            return check(request, user, **given)
        finally:
            request.session.save()


def refused(client: Client, user: User, **given) -> str:
    with pytest.raises(Wrong) as caught:
        sign(client, user, **given)
    assert caught.value.field == "provider"
    return caught.value.message


def sentences(stream: str) -> list[str]:
    return [event.sentence() for event in AuditEvent.objects.filter(stream=stream).order_by("index")]


def test_a_person_whom_an_administrator_added_comes_in_by_their_verified_address(client, cast, approver, idp):
    people = User.objects.count()
    assert b"Sign in with Meridian ID" in client.get(reverse("account_login")).content
    idp.visit(client, LOGIN)
    assert client.get(reverse("home"))["Location"] == "/o/meridian-bank/"
    assert idp.asked["code_challenge_method"] == "S256"
    assert sentences(cast.organisation.stream) == [
        "Approver signed in through oidc for the first time, which was connected to the account", "Approver signed in",
    ]  # fmt: skip
    client.post(reverse("account_logout"))
    idp.visit(client, LOGIN)
    assert SocialAccount.objects.count() == 1
    assert User.objects.count() == people
    approver.refresh_from_db()
    assert approver.name == "Approver"


def test_a_password_outlives_the_connection(client, cast, idp):
    idp.person = {"sub": "a-1", "email": cast.approver.email, "email_verified": True}
    idp.visit(client, LOGIN)
    cast.approver.refresh_from_db()
    assert cast.approver.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("changes", "says", "stream"),
    [
        ({"email": "stranger@example.com"}, "Nobody here has the address", "system"),
        ({"email_verified": False}, "confirm that your email address is yours", "system"),
        ({"email_verified": "false"}, "confirm that your email address is yours", "system"),
        ({"sub": "a-2"}, "another account of this provider before", "organisation"),
    ],
)
def test_whom_a_provider_does_not_let_in(client, cast, approver, idp, changes, says, stream):
    SocialAccount.objects.create(user=approver, provider="oidc", uid="a-1")
    people, idp.person = User.objects.count(), idp.person | {"sub": "b-1"} | changes
    page = idp.visit(client, LOGIN)
    assert (page.status_code, says in page.content.decode().replace("&#x27;", "'")) == (403, True)
    assert client.get(reverse("home")).status_code == 302
    assert (User.objects.count(), SocialAccount.objects.count()) == (people, 1)
    assert "who was not let in" in sentences(cast.organisation.stream if stream == "organisation" else "system")[-1]


@pytest.mark.databases
@pytest.mark.parametrize(
    "address", ["m\u0131ke@meridian-bank.example", "mi\u212ae@meridian-bank.example"], ids=["dotless i", "Kelvin sign"]
)
def test_an_address_that_only_looks_like_a_persons_is_somebody_elses(client, db, idp, address):
    """Both become the person's own by turning all letters to capitals, or to small ones, as databases do where case doesn't count."""
    User.objects.create_user("mike@meridian-bank.example", None, name="Mike")
    idp.person = {"sub": "m-2", "email": address, "email_verified": True}
    assert idp.visit(client, LOGIN).status_code == 403
    assert not SocialAccount.objects.exists()


def test_an_administrator_adds_a_person_without_a_password(client, cast, idp):
    client.force_login(cast.administrator)
    new = {"name": "Nadia Ito", "email": "nadia@example.com", "role": "approver", "by_provider": "on"}
    page = client.post(reverse("accounts:person_add", args=["meridian-bank"]), new)
    assert page.context["password"] == ""
    client.post(reverse("account_logout"))
    idp.person = {"sub": "n-1", "email": "nadia@example.com", "email_verified": True}
    idp.visit(client, LOGIN)
    assert client.get(reverse("home"))["Location"] == "/o/meridian-bank/"


def test_nobody_is_added_without_a_password_where_there_is_no_provider(client, cast):
    client.force_login(cast.administrator)
    new = {"name": "Nadia Ito", "email": "nadia@example.com", "role": "approver", "by_provider": "on"}
    page = client.post(reverse("accounts:person_add", args=["meridian-bank"]), new)
    assert (page.status_code, User.objects.filter(email="nadia@example.com").exists()) == (422, False)


def test_a_closed_account_stays_closed(client, approver, idp):
    User.objects.filter(pk=approver.pk).update(is_active=False)
    assert b"This account is closed" in idp.visit(client, LOGIN).content
    assert not SocialAccount.objects.exists()


def test_an_enrolled_app_is_asked_for_after_the_provider(client, approver, idp):
    enrol_app(approver)
    assert idp.visit(client, LOGIN).request["PATH_INFO"] == reverse("mfa_authenticate")


def test_a_row_in_the_database_names_no_provider(client, cast, settings):
    SocialApp.objects.create(provider="openid_connect", provider_id="evil", name="Evil", client_id="x", settings={"server_url": "http://x"})
    assert client.get("/account/provider/evil/").status_code == 404


def test_a_provider_that_can_not_be_reached_is_said(client, approver, idp, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    page = client.get(LOGIN, follow=True)
    assert b"be reached now" in page.content


def test_a_fresh_sign_in_is_good_for_one_signature(client, cast, approver, idp):
    idp.visit(client, LOGIN)
    assert "Sign in again with your provider" in refused(client, approver)
    assert "good for one signature" in again(client, idp)
    assert (idp.asked["prompt"], idp.asked["max_age"]) == ("login", "0")
    assert sign(client, approver) == "provider:oidc"
    assert "Sign in again" in refused(client, approver)
    assert sentences(cast.organisation.stream)[-1] == "Approver signed in again through oidc for a signature"


def test_an_ordinary_sign_in_is_not_made_for_a_signature(client, approver, idp):
    idp.auth_time = int(time.time())
    idp.visit(client, LOGIN)
    refused(client, approver)
    idp.visit(client, f"{LOGIN}?process=redirect&next=/design/")
    refused(client, approver)


def test_a_fresh_sign_in_grows_old(client, approver, idp):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        idp.visit(client, LOGIN)
        again(client, idp)
        clock.shift(timedelta(seconds=FRESH_SECONDS + 1))
        refused(client, approver)


def test_a_fresh_sign_in_copied_between_requests_is_used_once(client, approver, idp):
    idp.visit(client, LOGIN)
    again(client, idp)
    copy = dict(client.session)
    assert sign(client, approver) == "provider:oidc"
    session = client.session
    session.update(copy)
    session.save()
    assert "used already" in refused(client, approver)


def test_a_provider_that_takes_an_earlier_sign_in_is_not_believed(client, approver, idp):
    idp.visit(client, LOGIN)
    assert "an earlier sign-in" in again(client, idp, auth_time=int(time.time()) - 3600)
    refused(client, approver)


def test_a_provider_that_does_not_say_when_is_not_believed(client, approver, idp):
    idp.visit(client, LOGIN)
    idp.auth_time = None
    page = idp.visit(client, AGAIN)
    assert b"say when you signed in" in page.content
    refused(client, approver)


def test_somebody_else_at_the_provider_signs_nothing(client, cast, approver, idp):
    idp.visit(client, LOGIN)
    assert "somebody else" in again(client, idp, sub="a-2", email=cast.auditor.email)
    refused(client, approver)
    assert client.get("/design/").context["user"] == approver


def test_an_enrolled_app_is_asked_for_besides(client, approver, idp):
    idp.visit(client, LOGIN)
    enrol_app(approver)
    again(client, idp)
    with pytest.raises(Wrong) as caught:
        sign(client, approver)
    assert caught.value.field == "code"
    assert sign(client, approver, code=code_now()) == "provider:oidc+totp"


def test_the_api_says_that_a_provider_is_for_the_page(approver, idp):
    SocialAccount.objects.create(user=approver, provider="oidc", uid="a-1")
    with pytest.raises(Wrong, match="Sign on the page"):
        check(None, approver, password="anything")


def test_somebody_without_a_provider_is_sent_back(client, cast, idp):
    client.force_login(cast.auditor)
    page = client.get(AGAIN, follow=True)
    assert b"connected to no provider" in page.content
    assert client.get("/account/provider/?next=https://elsewhere.example/")["Location"] == "/"


def links_to_provider(page) -> set[str]:
    return {unescape(link) for link in re.findall(r'href="(/account/provider/[^"]+)"', page.content.decode())}


def test_an_administrator_without_a_password_confirms_by_the_provider(client, cast, idp):
    enrol_app(cast.approver)
    cast.administrator.set_unusable_password()
    cast.administrator.save()
    idp.person = {"sub": "ad-1", "email": cast.administrator.email, "email_verified": True}
    idp.visit(client, LOGIN)
    shown = reverse("accounts:sign_in_of", args=["meridian-bank", cast.approver.pk])
    address, given = reverse("accounts:factors_remove", args=["meridian-bank", cast.approver.pk]), {"reason": "Lost."}
    refused_page = client.post(address, given)
    assert (refused_page.status_code, b"it is asked for again here" in refused_page.content) == (422, True)
    assert links_to_provider(client.get(shown)) == links_to_provider(refused_page)
    (link,) = links_to_provider(refused_page)
    idp.auth_time = int(time.time())
    assert idp.visit(client, link).request["PATH_INFO"] == shown
    assert client.post(address, given).status_code == 302
    assert not Authenticator.objects.exists()
    enrol_app(cast.approver)
    assert client.post(address, given).status_code == 422  # a sign-in is good once


def test_the_page_sends_to_the_provider_and_signs_with_what_comes_back(client, cast, approver, idp):
    idp.visit(client, LOGIN)
    case = make_submitted(cast)
    read_all(approver, case)
    address = reverse("assessments:reject", args=[cast.organisation.slug, case.pk])
    given = {"digest": newest(case).digest, "reason": "It costs too much."}
    deep = client.post(address, given | {"credential": "[" * 100_000})
    assert (deep.status_code, "credential" in deep.context["errors"]) == (422, True)
    page = client.post(address, given)
    assert (page.status_code, "provider" in page.context["errors"]) == (422, True)
    (link,) = links_to_provider(client.post(address, given | {"sign_in_again": "1"}))
    idp.auth_time = int(time.time())
    back = idp.visit(client, link)
    assert (back.status_code, back.request["PATH_INFO"]) == (200, reverse("assessments:sign", args=[cast.organisation.slug, case.pk]))
    assert client.post(address, given).status_code == 302
    assert Verdict.objects.get().authentication == "provider:oidc"
