import pytest
from django.urls import reverse

from accounts.access import roles_of
from accounts.models import Membership, Role, User
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client, cast):
    client.force_login(cast.administrator)
    return client


def url(name: str) -> str:
    return reverse(f"accounts:{name}", args=["meridian-bank"])


def test_adding_a_person_shows_a_password_once(administrator, cast):
    page = administrator.post(url("person_add"), {"name": "Nadia Ito", "email": "Nadia@Example.com", "role": "contributor"})
    assert page.status_code == 200
    person = User.objects.get(email="nadia@example.com")
    password = page.context["password"]
    assert person.check_password(password)
    assert password in page.content.decode()
    assert roles_of(person, cast.organisation) == {"contributor"}
    assert password not in administrator.get(url("people")).content.decode()
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["person.signed_in", "person.added", "role.granted"]


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(administrator):
    page = administrator.post(url("person_add"), {"name": "Nadia", "email": "no address", "role": "contributor"})
    assert page.status_code == 422
    content = page.content.decode()
    assert 'id="error_email"' in content
    assert 'value="no address"' in content
    assert not User.objects.filter(name="Nadia").exists()


def test_a_role_is_given_and_taken(administrator, cast):
    administrator.post(url("role_grant"), {"user": cast.auditor.pk, "role": "approver"})
    assert roles_of(cast.auditor, cast.organisation) == {"auditor", "approver"}
    membership = Membership.objects.get(user=cast.auditor, role="approver")
    administrator.post(url("role_revoke"), {"membership": membership.pk})
    assert roles_of(cast.auditor, cast.organisation) == {"auditor"}


def test_the_last_administrator_keeps_the_role(administrator, cast):
    membership = Membership.objects.get(user=cast.administrator, role=Role.ADMINISTRATOR)
    page = administrator.post(url("role_revoke"), {"membership": membership.pk}, follow=True)
    assert "last administrator" in page.content.decode()
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_another_organisations_people_are_out_of_reach(administrator, cast):
    membership = cast.elsewhere.memberships.first()
    assert administrator.post(url("role_revoke"), {"membership": membership.pk}).status_code == 404
    assert administrator.post(url("role_grant"), {"user": cast.outsider.pk, "role": "auditor"}).status_code == 404
    assert roles_of(cast.outsider, cast.organisation) == frozenset()
