"""What an administrator can do for somebody who has lost their second factors or their account at the provider, and for whom they can't."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from accounts.reauthentication import LIMIT
from accounts.resetting import factors_remove, password_reset, provider_disconnect
from accounts.tasks import send_mail
from audit.models import AuditEvent
from jobs.models import Job
from tests.accounts.authenticators import code_now, enrol_app
from tests.fixtures import PASSWORD, Cast

pytestmark = pytest.mark.django_db
REASON = "Ingrid lost her telephone; I know her voice."


@pytest.fixture
def approver(cast: Cast) -> User:
    """One who has an app, recovery codes, and a connection to the provider."""
    enrol_app(cast.approver)
    RecoveryCodes.activate(cast.approver)
    SocialAccount.objects.create(user=cast.approver, provider="oidc", uid="a-1")
    return cast.approver


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


def url(name: str, user: User, org: str = "meridian-bank") -> str:
    return reverse(f"accounts:{name}", args=[org, user.pk])


def page_of(client: Client, user: User) -> str:
    return client.get(url("sign_in_of", user)).content.decode().replace("&#x27;", "'")


def untouched(user: User) -> bool:
    user.refresh_from_db()
    return (
        Authenticator.objects.filter(user=user).count() == 2
        and SocialAccount.objects.filter(user=user).count() == 1
        and user.session_generation == 0
        and not Job.objects.exists()
        and user.check_password(PASSWORD)
        and not AuditEvent.objects.filter(
            action__in=["person.factors_reset", "person.password_reset", "person.provider_disconnected"]
        ).exists()
    )


def sent() -> Any:
    send_mail(str(Job.objects.get().pk))
    (message,) = mail.outbox
    return message


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    assert client.get(reverse("mfa_index")).status_code == 200
    return client


def test_the_page_says_what_there_is_and_no_secret(administrator, cast, approver):
    text = page_of(administrator, approver)
    for words in ("How Approver signs in", "An authenticator app", "Recovery codes", "Remove the second factors", "Disconnect from oidc"):
        assert words in text
    assert Authenticator.objects.get(type="totp").data["secret"] not in text
    assert "None is enrolled." in page_of(administrator, cast.auditor)
    people = administrator.get(reverse("accounts:people", args=["meridian-bank"])).content.decode()
    assert url("sign_in_of", approver) in people


def test_lost_second_factors_are_removed(administrator, cast, approver):
    theirs, elsewhere = signed_in(approver), signed_in(cast.auditor)
    sent_form = {"reason": REASON, "password": PASSWORD}
    page = administrator.post(url("factors_remove", approver), sent_form, follow=True)
    assert page.redirect_chain == [(url("sign_in_of", approver), 302)]
    assert b"The second factors of Approver are removed" in page.content
    assert not Authenticator.objects.filter(user=approver).exists()
    assert theirs.get(reverse("mfa_index")).status_code == 302
    assert elsewhere.get(reverse("mfa_index")).status_code == 200
    approver.refresh_from_db()
    assert approver.check_password(PASSWORD)
    assert SocialAccount.objects.filter(user=approver).exists()

    event = AuditEvent.objects.get(stream=cast.organisation.stream, action="person.factors_reset")
    assert event.sentence() == (
        f"Administrator removed the second factors of Approver (authenticator app, recovery codes) and ended their sessions: {REASON}"
    )
    assert b"telephone" not in bytes(event.canonical)
    message = sent()
    assert message.to == [approver.email]
    assert "Administrator has removed the second factors" in " ".join(message.body.split())
    assert REASON in " ".join(message.body.split())

    again = Client()
    again.post(reverse("account_login"), {"login": approver.email, "password": PASSWORD})
    assert again.get(reverse("mfa_index")).status_code == 200


def test_a_lost_password_gets_a_temporary_one_that_is_shown_once(administrator, cast, approver):
    theirs = signed_in(approver)
    assert "Set a temporary password" in page_of(administrator, approver)
    page = administrator.post(url("password_reset", approver), {"reason": REASON, "password": PASSWORD})
    assert page.status_code == 200
    password = page.context["password"]
    assert password in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    text = page_of(administrator, approver)
    assert password not in text
    assert "A temporary one, which an administrator gave them" in text
    approver.refresh_from_db()
    assert approver.check_password(password)
    assert approver.temporary_password
    assert Authenticator.objects.filter(user=approver).count() == 2
    assert theirs.get(reverse("mfa_index")).status_code == 302

    event = AuditEvent.objects.get(stream=cast.organisation.stream, action="person.password_reset")
    assert event.sentence() == f"Administrator gave Approver a temporary password in place of theirs and ended their sessions: {REASON}"
    message = sent()
    assert message.to == [approver.email]
    assert "Administrator has given you a temporary password" in " ".join(message.body.split())
    assert password not in message.body


def test_a_temporary_password_that_was_lost_is_replaced(administrator, cast):
    User.objects.filter(pk=cast.auditor.pk).update(temporary_password=True)
    page = administrator.post(url("password_reset", cast.auditor), {"reason": REASON, "password": PASSWORD})
    cast.auditor.refresh_from_db()
    assert cast.auditor.check_password(page.context["password"])


def test_whose_factors_an_administrator_has_removed_is_given_no_password_by_one(administrator, cast, approver):
    """Both at once would let that administrator in as them; once they have signed in themselves, they know their password."""
    sent_form = {"reason": REASON, "password": PASSWORD}
    administrator.post(url("factors_remove", approver), sent_form)
    page = administrator.post(url("password_reset", approver), sent_form)
    assert (page.status_code, b"haven&#x27;t signed in since" in page.content) == (422, True)
    assert "manage.py changepassword" in page_of(administrator, approver)
    approver.refresh_from_db()
    assert approver.check_password(PASSWORD)
    signed_in(approver)
    assert administrator.post(url("password_reset", approver), sent_form).status_code == 200


def test_whoever_has_no_password_is_given_none(administrator, cast):
    cast.auditor.set_unusable_password()
    cast.auditor.save()
    assert "They have none" in page_of(administrator, cast.auditor)
    page = administrator.post(url("password_reset", cast.auditor), {"reason": REASON, "password": PASSWORD})
    assert (page.status_code, b"sign in through a provider" in page.content) == (422, True)
    cast.auditor.refresh_from_db()
    assert not cast.auditor.has_usable_password()


def test_a_provider_is_disconnected(administrator, cast, approver):
    theirs = signed_in(approver)
    form = {"reason": REASON, "password": PASSWORD, "provider": "oidc"}
    page = administrator.post(url("provider_disconnect", approver), form, follow=True)
    assert b"Approver is disconnected from the provider" in page.content
    assert not SocialAccount.objects.exists()
    assert Authenticator.objects.filter(user=approver).count() == 2
    assert theirs.get(reverse("mfa_index")).status_code == 302
    event = AuditEvent.objects.get(action="person.provider_disconnected")
    assert event.sentence() == f"Administrator disconnected Approver from the provider oidc and ended their sessions: {REASON}"
    assert sent().subject == "Your sign-in through oidc was disconnected"


@pytest.mark.parametrize("name", ["factors_remove", "password_reset", "provider_disconnect"])
@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        ({"reason": " ", "password": PASSWORD}, "reason-{}", "Say why"),
        ({"reason": "a\x00b", "password": PASSWORD}, "reason-{}", "Null characters"),
        ({"reason": "r" * 1001, "password": PASSWORD}, "reason-{}", "at most 1000 characters"),
        ({"reason": REASON, "password": ""}, "password-{}", "Enter your password; it is asked for again here."),
        ({"reason": REASON, "password": "wrong"}, "password-{}", "That isn't your password. Nothing was changed."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_the_reason_stays(administrator, cast, approver, name, form, field, says):
    page = administrator.post(url(name, approver), form | {"provider": "oidc"})
    text = page.content.decode().replace("&#x27;", "'")
    assert page.status_code == 422
    which = {"factors_remove": "factors", "password_reset": "password", "provider_disconnect": "oidc"}[name]
    for form_of in ("factors", "password", "oidc"):
        assert (f'id="error_{field.format(form_of)}"' in text) == (form_of == which)
    assert says in text
    assert form["password"] == "" or form["password"] not in text
    if form["reason"] == REASON:
        assert text.count(REASON) == 1
    assert untouched(approver)


def test_a_wrong_password_is_told_in_other_words_than_at_a_signature(administrator, cast, approver):
    administrator.post(url("factors_remove", approver), {"reason": REASON, "password": "wrong"})
    last = AuditEvent.objects.filter(stream=cast.organisation.stream).order_by("index").last()
    assert last.sentence() == "Administrator gave a wrong password when confirming a change of somebody's sign-in"


def test_guessing_the_administrators_password_is_closed(administrator, cast, approver):
    for _ in range(LIMIT):
        assert administrator.post(url("factors_remove", approver), {"reason": REASON, "password": "wrong"}).status_code == 422
    assert administrator.post(url("factors_remove", approver), {"reason": REASON, "password": PASSWORD}).status_code == 429
    assert untouched(approver)


def test_an_administrator_with_a_second_factor_gives_it(administrator, cast, approver):
    enrol_app(cast.administrator)
    form = {"reason": REASON, "password": PASSWORD}
    page = administrator.post(url("factors_remove", approver), form)
    assert (page.status_code, b"error_code-factors" in page.content) == (422, True)
    wrong = administrator.post(url("factors_remove", approver), form | {"code": "000000"})
    assert (wrong.status_code, b"error_code-factors" in wrong.content) == (422, True)
    assert untouched(approver)
    assert administrator.post(url("factors_remove", approver), form | {"code": code_now()}).status_code == 302
    assert Authenticator.objects.get().user == cast.administrator


@pytest.mark.parametrize("credential", ["{", "[1]", "7", '{"id": {}}', "[" * 100_000])
def test_a_passkeys_answer_that_is_none_is_refused(administrator, cast, approver, credential):
    Authenticator.objects.create(user=cast.administrator, type="webauthn", data={"name": "Key", "credential": {}})
    form = {"reason": REASON, "password": PASSWORD, "credential": credential}
    page = administrator.post(url("factors_remove", approver), form)
    assert page.status_code == 422
    assert untouched(approver)


def test_whoever_is_in_another_organisation_too_is_out_of_reach(administrator, cast, approver):
    Membership.objects.create(user=approver, organisation=cast.elsewhere, role="auditor")
    text = page_of(administrator, approver)
    assert "Approver is in another organisation too" in text
    assert "manage.py reset_sign_in" in text
    assert "Harbour" not in text.split("<main")[1]
    assert "<textarea" not in text
    for name in ("factors_remove", "password_reset", "provider_disconnect"):
        page = administrator.post(url(name, approver), {"reason": REASON, "password": PASSWORD, "provider": "oidc"})
        assert (page.status_code, b"another organisation too" in page.content) == (422, True)
    assert untouched(approver)


def test_whose_password_an_administrator_has_seen_is_out_of_reach(administrator, cast, approver):
    """The factor is all that keeps that administrator out of their account."""
    User.objects.filter(pk=approver.pk).update(temporary_password=True)
    for name in ("factors_remove", "provider_disconnect"):
        page = administrator.post(url(name, approver), {"reason": REASON, "password": PASSWORD, "provider": "oidc"})
        assert (page.status_code, b"whoever has seen it could come in as them" in page.content) == (422, True)
    assert untouched(approver)
    reset(approver.email, "--factors", "--reason", REASON)
    assert not Authenticator.objects.exists()


def test_somebody_taken_into_a_second_organisation_meanwhile_is_out_of_reach(cast, approver):
    """The page was shown, and the password checked, before; it is the function that has the last word."""
    Membership.objects.create(user=approver, organisation=cast.elsewhere, role="auditor")
    given: dict[str, Any] = {"actor": cast.administrator, "organisation": cast.organisation, "user": approver, "reason": REASON}
    with pytest.raises(ValidationError, match="another organisation too"):
        factors_remove(**given)
    with pytest.raises(ValidationError, match="another organisation too"):
        provider_disconnect(**given, provider="oidc")
    with pytest.raises(ValidationError, match="another organisation too"):
        password_reset(**given)
    assert untouched(approver)


def test_nobody_does_it_to_themselves(administrator, cast):
    enrol_app(cast.administrator)
    page = administrator.post(url("factors_remove", cast.administrator), {"reason": REASON, "password": PASSWORD, "code": code_now()})
    assert (page.status_code, b"This is your own account" in page.content) == (422, True)
    assert Authenticator.objects.count() == 1
    page = administrator.post(url("password_reset", cast.administrator), {"reason": REASON, "password": PASSWORD, "code": code_now()})
    assert (page.status_code, b"This is your own account" in page.content) == (422, True)


def test_people_of_other_organisations_are_not_there(administrator, cast):
    enrol_app(cast.outsider)
    assert administrator.get(url("sign_in_of", cast.outsider)).status_code == 404
    assert administrator.get(reverse("accounts:sign_in_of", args=["meridian-bank", 10**30])).status_code == 404
    assert administrator.post(url("factors_remove", cast.outsider), {"reason": REASON, "password": PASSWORD}).status_code == 404
    assert administrator.post(url("password_reset", cast.outsider), {"reason": REASON, "password": PASSWORD}).status_code == 404
    assert administrator.post(url("factors_remove", cast.outsider, "harbour-insurance"), {}).status_code == 404
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("act", [factors_remove, password_reset, lambda **given: provider_disconnect(**given, provider="oidc")])
def test_only_an_administrator_of_the_persons_organisation_may(cast, approver, act: Callable):
    for actor, organisation in (
        (cast.risk_officer, cast.organisation),
        (cast.outsider, cast.organisation),
        (cast.outsider, cast.elsewhere),
    ):
        with pytest.raises(PermissionDenied):
            act(actor=actor, organisation=organisation, user=approver, reason=REASON)
    assert untouched(approver)


@pytest.mark.parametrize(
    ("name", "says"), [("factors_remove", b"has no second factor"), ("provider_disconnect", b"connected to no provider")]
)
def test_what_is_not_there_can_not_be_removed(administrator, cast, name, says):
    page = administrator.post(url(name, cast.auditor), {"reason": REASON, "password": PASSWORD, "provider": "oidc"})
    assert (page.status_code, says in page.content) == (422, True)
    assert not Job.objects.exists()


def reset(*arguments: str) -> str:
    out = StringIO()
    call_command("reset_sign_in", *arguments, stdout=out)
    return out.getvalue()


def test_whoever_runs_the_service_does_it_for_people_of_several_organisations(cast, approver):
    Membership.objects.create(user=approver, organisation=cast.elsewhere, role="auditor")
    assert "authenticator app, recovery codes" in reset(approver.email.upper(), "--factors", "--reason", REASON)
    assert "disconnected from oidc" in reset(approver.email, "--provider", "oidc", "--reason", REASON)
    for organisation in (cast.organisation, cast.elsewhere):
        assert [event.sentence() for event in AuditEvent.objects.filter(stream=organisation.stream).order_by("index")] == [
            f"The system removed the second factors of Approver (authenticator app, recovery codes) and ended their sessions: {REASON}",
            f"The system disconnected Approver from the provider oidc and ended their sessions: {REASON}",
        ]
    assert Job.objects.filter(task="accounts.send_mail").count() == 2
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody@example.com", "--factors", "--reason", REASON], "Nobody has the address nobody@example.com"),
        (["auditor@meridian-bank.example", "--factors", "--reason", REASON], "Auditor has no second factor"),
        (["auditor@meridian-bank.example", "--provider", "oidc", "--reason", REASON], "connected to no provider"),
        (["auditor@meridian-bank.example", "--factors", "--reason", " "], "Say why"),
    ],
)
def test_what_the_command_refuses(cast, arguments, says):
    with pytest.raises(CommandError, match=says):
        reset(*arguments)


def test_a_temporary_password_given_by_command_is_told_and_signs_nothing_yet(cast, monkeypatch):
    theirs = signed_in(cast.auditor)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "a wholly new battery")
    call_command("changepassword", cast.auditor.email, stdout=StringIO())
    cast.auditor.refresh_from_db()
    assert cast.auditor.check_password("a wholly new battery")
    assert cast.auditor.temporary_password
    assert theirs.get(reverse("mfa_index")).status_code == 302
    (event,) = AuditEvent.objects.filter(stream=cast.organisation.stream, action__startswith="person.password")
    assert event.sentence() == "The system gave Auditor a temporary password"


@pytest.mark.parametrize(
    ("answers", "says"), [(["one long password", "another long one"], "aren't the same"), (["short", "short"], "too short")]
)
def test_a_password_that_can_not_be_is_refused_by_the_command(cast, monkeypatch, answers, says):
    given = iter(answers)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(given))
    with pytest.raises(CommandError, match=says):
        call_command("changepassword", cast.auditor.email, stdout=StringIO())
    cast.auditor.refresh_from_db()
    assert cast.auditor.check_password(PASSWORD)
