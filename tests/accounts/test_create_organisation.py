from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.access import roles_of
from accounts.models import Organisation, User
from audit.models import AuditEvent
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


def create(slug: str = "northwind", name: str = "Northwind Energy", email: str = "Ada@Northwind.example") -> str:
    out = StringIO()
    call_command("create_organisation", slug, name=name, admin_email=email, stdout=out)
    return out.getvalue()


def test_its_administrator_signs_in_with_the_printed_password(client):
    printed = create()
    password = printed.split()[-1]
    answer = client.post(reverse("account_login"), {"login": "ada@northwind.example", "password": password})
    assert answer.status_code == 302
    assert client.get("/o/northwind/people/")["Location"].startswith("/account/password/")
    organisation = Organisation.objects.get(slug="northwind")
    assert roles_of(User.objects.get(email="ada@northwind.example"), organisation) == {"administrator"}
    assert [event.sentence() for event in AuditEvent.objects.filter(stream=organisation.stream).order_by("index")][:3] == [
        "The system created the organisation Northwind Energy",
        "The system added Administrator",
        "The system gave Administrator the role administrator",
    ]


def test_a_person_with_an_account_keeps_the_password(db):
    user = User.objects.create_user("ada@northwind.example", PASSWORD, name="Ada")
    assert "the password they have" in create()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"slug": "no slug!"}, "slug: "),
        ({"slug": "s" * 61}, "slug: "),
        ({"name": "N" * 201}, "name: "),
        ({"email": "no address"}, "email: "),
        ({"slug": "taken"}, "already"),
    ],
)
def test_what_cant_be_is_refused_and_nothing_is_made(given, message):
    Organisation.objects.create(slug="taken", name="Taken")
    with pytest.raises(CommandError, match=message):
        create(**given)
    assert Organisation.objects.count() == 1
    assert not User.objects.exists()
