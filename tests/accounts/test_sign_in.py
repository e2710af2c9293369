import pytest
from django.urls import reverse

from accounts.models import Membership, User
from audit.models import AuditEvent
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


def actions(stream: str) -> list[str]:
    return list(AuditEvent.objects.filter(stream=stream).values_list("action", flat=True))


def sign_in(client, email: str, password: str):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_signing_in_leads_to_the_organisation_and_is_recorded(client, cast):
    response = sign_in(client, cast.auditor.email, PASSWORD)
    assert response.status_code == 302
    assert client.get(reverse("home")).url == "/o/meridian-bank/audit/"
    assert actions(cast.organisation.stream) == ["person.signed_in"]
    event = AuditEvent.objects.get(action="person.signed_in")
    assert event.sentence() == "Auditor signed in"
    assert cast.auditor.email not in bytes(event.canonical).decode()


def test_a_wrong_password_is_refused_beside_the_form_and_recorded(client, cast):
    response = sign_in(client, cast.auditor.email, "not the password")
    assert response.status_code == 200
    assert b"not correct" in response.content
    assert actions(cast.organisation.stream) == ["person.sign_in_failed"]


def test_a_wrong_password_within_a_session_is_no_failed_sign_in(client, cast):
    client.force_login(cast.auditor)
    page = client.post(reverse("account_reauthenticate"), {"password": "not the password"})
    assert page.status_code == 200
    event = AuditEvent.objects.filter(stream=cast.organisation.stream).latest("index")
    assert event.sentence() == "Auditor gave a wrong password when confirming who they are"
    assert "person.sign_in_failed" not in actions(cast.organisation.stream)


def test_a_failed_sign_in_of_nobody_known_goes_to_the_system(client, cast):
    sign_in(client, "nobody@example.com", "whatever it is")
    assert actions("system") == ["person.sign_in_failed"]
    assert actions(cast.organisation.stream) == []


def test_signing_out_is_recorded(client, cast):
    client.force_login(cast.auditor)
    client.post(reverse("account_logout"))
    assert "person.signed_out" in actions(cast.organisation.stream)
    assert client.get(reverse("home")).status_code == 302


def test_a_closed_account_is_told_so_only_with_its_password(client, cast):
    User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    page = sign_in(client, cast.auditor.email, PASSWORD)
    assert page.status_code == 403
    assert b"This account is closed" in page.content
    assert b"This account is closed" not in sign_in(client, cast.auditor.email, "not the password").content
    assert client.get(reverse("home")).status_code == 302
    assert actions(cast.organisation.stream) == ["person.sign_in_failed"] * 2


def test_a_person_of_several_organisations_chooses(client, cast):
    Membership.objects.create(user=cast.auditor, organisation=cast.elsewhere, role="contributor")
    sign_in(client, cast.auditor.email, PASSWORD)
    assert actions(cast.organisation.stream) == actions(cast.elsewhere.stream) == ["person.signed_in"]
    page = client.get(reverse("home"))
    assert page.status_code == 200
    assert [(one.slug, roles, address) for one, roles, address in page.context["organisations"]] == [
        ("harbour-insurance", ["Contributor"], "/o/harbour-insurance/"),
        ("meridian-bank", ["Auditor"], "/o/meridian-bank/audit/"),
    ]
    assert 'href="/o/harbour-insurance/"' in page.content.decode()


def test_whoever_sends_something_after_their_session_is_told_that_it_ended(client, cast):
    new, add = "/o/meridian-bank/assessments/new/", "/o/meridian-bank/people/add/"
    page = client.post(new, {"title": "Chatbot"}, follow=True)
    assert page.redirect_chain == [(f"/account/sign-in/?ended=1&next={new}", 302)]
    assert "Your session has ended; sign in to go on." in page.content.decode()
    assert b"Your session has ended" not in client.get(new, follow=True).content
    back = client.post(add, {}, headers={"Referer": "http://testserver/o/meridian-bank/people/?page=2"})
    assert back["Location"] == "/account/sign-in/?ended=1&next=/o/meridian-bank/people/%3Fpage%3D2"
    elsewhere = client.post(new, {}, headers={"Referer": "https://elsewhere.example/"})
    assert elsewhere["Location"] == f"/account/sign-in/?ended=1&next={new}"


def test_nobody_signs_up(client, db):
    assert client.get("/account/sign-up/").status_code == 404


def test_a_person_without_an_organisation_is_told_whom_to_ask(client, db):
    client.force_login(User.objects.create_user("new@example.com", PASSWORD, name="New"))
    assert actions("system") == ["person.signed_in"]
    assert b"Ask an administrator" in client.get(reverse("home")).content


def test_the_password_can_be_changed(client, cast):
    client.force_login(cast.auditor)
    page = client.get(reverse("account_change_password"))
    for label in (b"Current password", b"New password", b"New password once more"):
        assert b'">' + label + b"</label>" in page.content
    assert page.status_code == 200
    new = "another battery and staple"
    answer = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    cast.auditor.refresh_from_db()
    assert cast.auditor.check_password(new)


def test_every_page_has_the_strict_policy(client, cast):
    for response in (client.get(reverse("account_login")), client.get("/nowhere/")):
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
