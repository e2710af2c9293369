"""What a person must give at each signature, by the factors they have enrolled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.proofs import PASSKEY_SECONDS
from accounts.reauthentication import LIMIT, TooManyFailures, Wrong, check, factors_of
from accounts.services import user_create
from audit.models import AuditEvent
from tests.accounts.authenticators import Passkey, code_now, enrol_app
from tests.fixtures import PASSWORD, Cast

pytestmark = pytest.mark.django_db
FORMS = {"publicKey": {"challenge": "AAAA"}}


def refused(*args, **given) -> tuple[str, str]:
    with pytest.raises(Wrong) as caught:
        check(*args, **given)
    return caught.value.field, caught.value.message


def enrol_passkey(user: User) -> Passkey:
    passkey = Passkey()
    WebAuthn.add(user, "Telephone", passkey.create(FORMS))
    return passkey


class Session:
    """A signed-in person's session, in which ``check`` is called as the page for signing does."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.client.force_login(user)

    def options(self) -> dict:
        return self.client.post(reverse("passkey_options"), secure=True).json()

    def check(self, **given) -> str:
        request = RequestFactory().post("/", secure=True)
        request.user, request.session = self.user, self.client.session
        with request_context(request):
            try:
                return check(request, self.user, **given)
            finally:
                request.session.save()


def test_a_password_is_enough_where_nothing_else_is_enrolled(cast):
    assert not factors_of(cast.approver).second
    assert check(None, cast.approver, password=PASSWORD) == "password"
    assert refused(None, cast.approver) == ("password", "Enter your password; it is your signature.")
    assert refused(None, cast.approver, password="wrong") == ("password", "That isn't your password.")


def test_an_enrolled_app_is_asked_for_besides_the_password(cast):
    enrol_app(cast.approver)
    with time_machine.travel(timezone.now(), tick=False):
        field, message = refused(None, cast.approver, password=PASSWORD)
        assert (field, "authenticator app shows now" in message) == ("code", True)
        assert refused(None, cast.approver, code=code_now())[0] == "password"
        assert refused(None, cast.approver, password="wrong", code=code_now())[0] == "password"
        assert refused(None, cast.approver, password=PASSWORD, code=code_now(steps=5))[0] == "code"
        assert check(None, cast.approver, password=PASSWORD, code=code_now()) == "password+totp"


def test_a_code_signs_once(cast):
    enrol_app(cast.approver)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        check(None, cast.approver, password=PASSWORD, code=code_now())
        field, message = refused(None, cast.approver, password=PASSWORD, code=code_now())
        assert (field, "Wait for the next one" in message) == ("code", True)
        clock.shift(timedelta(seconds=30))
        assert check(None, cast.approver, password=PASSWORD, code=code_now()) == "password+totp"


def test_a_code_that_signed_the_person_in_does_not_sign(client, cast):
    enrol_app(cast.approver)
    with time_machine.travel(timezone.now(), tick=False):
        client.post(reverse("account_login"), {"login": cast.approver.email, "password": PASSWORD})
        client.post(reverse("mfa_authenticate"), {"code": code_now()})
        assert refused(None, cast.approver, password=PASSWORD, code=code_now())[0] == "code"


def test_a_recovery_code_stands_for_a_lost_factor_once(cast):
    enrol_app(cast.approver)
    code = RecoveryCodes.activate(cast.approver).generate_codes()[3]
    assert check(None, cast.approver, password=PASSWORD, code=code) == "password+recovery-code"
    assert refused(None, cast.approver, password=PASSWORD, code=code)[0] == "code"


def test_wrong_passwords_and_wrong_codes_count_together(cast):
    enrol_app(cast.approver)
    for number in range(LIMIT):
        refused(None, cast.approver, password=PASSWORD if number % 2 else "wrong", code="000000")
    with pytest.raises(TooManyFailures):
        check(None, cast.approver, password=PASSWORD, code=code_now())


def test_what_is_missing_does_not_count(cast):
    enrol_app(cast.approver)
    for _ in range(LIMIT + 1):
        refused(None, cast.approver, password=PASSWORD)
    assert check(None, cast.approver, password=PASSWORD, code=code_now()) == "password+totp"


def test_a_wrong_code_is_recorded(cast):
    enrol_app(cast.approver)
    refused(None, cast.approver, password=PASSWORD, code="000000")
    assert AuditEvent.objects.get().sentence() == "Approver gave a wrong second factor when signing"


def test_a_passkey_signs_once_on_the_page(cast):
    passkey, session = enrol_passkey(cast.approver), Session(cast.approver)
    with pytest.raises(Wrong) as caught:
        session.check(password=PASSWORD)
    assert caught.value.field == "credential"
    credential = passkey.get(session.options())
    assert session.check(password=PASSWORD, credential=credential) == "password+passkey"
    with pytest.raises(Wrong, match="used already"):
        session.check(password=PASSWORD, credential=credential)


def test_a_passkeys_answer_must_be_to_this_sessions_own_challenge(cast):
    passkey, session, other = enrol_passkey(cast.approver), Session(cast.approver), Session(cast.approver)
    session.options()
    for credential in (passkey.get(other.options()), passkey.get(session.options(), origin="https://elsewhere.example"), {"id": []}):
        session.options()
        with pytest.raises(Wrong, match="wasn't accepted"):
            session.check(password=PASSWORD, credential=credential)


def test_a_challenge_grows_old(cast):
    passkey, session = enrol_passkey(cast.approver), Session(cast.approver)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        credential = passkey.get(session.options())
        clock.shift(timedelta(seconds=PASSKEY_SECONDS + 1))
        with pytest.raises(Wrong, match="too old"):
            session.check(password=PASSWORD, credential=credential)


def test_a_passkey_of_somebody_else_is_refused(cast):
    enrol_passkey(cast.approver)
    session, stranger = Session(cast.approver), Passkey()
    with pytest.raises(Wrong, match="wasn't accepted"):
        session.check(password=PASSWORD, credential=stranger.get(session.options()))


def test_with_both_enrolled_either_is_enough_and_one_is_needed(cast):
    enrol_app(cast.approver)
    passkey, session = enrol_passkey(cast.approver), Session(cast.approver)
    with pytest.raises(Wrong, match="or use your passkey"):
        session.check(password=PASSWORD)
    assert session.check(password=PASSWORD, code=code_now()) == "password+totp"
    assert session.check(password=PASSWORD, credential=passkey.get(session.options())) == "password+passkey"


def test_the_api_says_that_passkeys_are_for_the_page(cast):
    enrol_passkey(cast.approver)
    field, message = refused(None, cast.approver, password=PASSWORD)
    assert (field, "the API can't ask for" in message) == ("code", True)


def test_nobody_gets_options_without_a_passkey(client, cast):
    client.force_login(cast.approver)
    assert client.post(reverse("passkey_options")).status_code == 409


def test_an_account_without_password_or_provider_can_not_sign(cast):
    cast.approver.set_unusable_password()
    cast.approver.save()
    field, message = refused(None, cast.approver, password="anything")
    assert (field, "Ask an administrator" in message) == ("password", True)


def test_a_password_that_an_administrator_has_seen_signs_nothing(client, cast):
    person, given = user_create(
        actor=cast.administrator, organisation=cast.organisation, email="new@example.com", name="New", role="approver"
    )
    field, message = refused(None, person, password=given)
    assert (field, "Change it" in message) == ("password", True)
    client.force_login(person)
    new = "another battery and staple"
    client.post(reverse("account_change_password"), {"oldpassword": given, "password1": new, "password2": new})
    assert check(None, User.objects.get(pk=person.pk), password=new) == "password"


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_two_signatures_at_once_can_not_share_a_code(cast: Cast):
    enrol_app(cast.approver)
    code = code_now()

    def sign(_: int) -> str:
        try:
            return check(None, cast.approver, password=PASSWORD, code=code)
        except Wrong:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(sign, range(4))) == ["password+totp", *["refused"] * 3]
    assert Authenticator.objects.count() == 1
