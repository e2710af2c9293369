import pytest
from django.urls import reverse

from accounts.access import roles_of
from accounts.models import Membership, Role, User
from accounts.services import membership_revoke
from audit.models import AuditEvent
from tests.assessments.playing import words
from tests.fixtures import PASSWORD, make_submitted

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
    assert "Nobody was added" in words(page)
    assert content.index('<a href="#id_email">') < content.index("<table")
    assert 'value="no address"' in content
    assert not User.objects.filter(name="Nadia").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "N" * 201),
        ("name", "Na\x00dia"),
        ("email", f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.com"),
        ("email", "na\x00dia@example.com"),
        ("role", "king"),
        ("role", ""),
    ],
)
def test_what_cant_be_stored_is_refused_at_its_field(administrator, field, value):
    before = User.objects.count()
    page = administrator.post(url("person_add"), {"name": "Nadia", "email": "nadia@example.com", "role": "contributor", field: value})
    assert page.status_code == 422
    assert f'id="error_{field}"' in page.content.decode()
    assert User.objects.count() == before


def test_the_pages_of_the_list_stay_within_reach_after_adding(administrator, monkeypatch):
    monkeypatch.setattr("accounts.views.PEOPLE_A_PAGE", 3)
    for email in ("nadia@example.com", "no address"):
        page = administrator.post(url("person_add"), {"name": "Nadia", "email": email, "role": "contributor"})
        assert f'rel="next" href="{url("people")}?page=2"' in page.content.decode()


def test_a_person_with_an_account_keeps_it(administrator, cast):
    page = administrator.post(url("person_add"), {"name": "Ignored", "email": cast.outsider.email, "role": "auditor"})
    assert page.status_code == 200
    assert page.context["password"] == ""
    cast.outsider.refresh_from_db()
    assert cast.outsider.name == "Outsider"
    assert cast.outsider.check_password(PASSWORD)
    assert roles_of(cast.outsider, cast.organisation) == {"auditor"}


def test_a_person_who_is_here_isnt_added_again(administrator, cast):
    page = administrator.post(url("person_add"), {"name": "Auditor", "email": cast.auditor.email, "role": "approver"})
    assert page.status_code == 422
    assert "is in Meridian Bank already" in page.content.decode()
    assert roles_of(cast.auditor, cast.organisation) == {"auditor"}
    assert not AuditEvent.objects.filter(action="person.added").exists()


def test_a_role_is_given_and_taken(administrator, cast):
    administrator.post(url("role_grant"), {"user": cast.auditor.pk, "role": "approver"})
    assert roles_of(cast.auditor, cast.organisation) == {"auditor", "approver"}
    membership = Membership.objects.get(user=cast.auditor, role="approver")
    administrator.post(url("role_revoke"), {"membership": membership.pk})
    assert roles_of(cast.auditor, cast.organisation) == {"auditor"}
    assert [event.sentence() for event in AuditEvent.objects.filter(action__startswith="role.").order_by("index")] == [
        "Administrator gave Auditor the role approver",
        "Administrator took the role approver from Auditor",
    ]


def test_somebodys_only_role_is_taken_after_a_question(administrator, cast):
    membership = Membership.objects.get(user=cast.auditor)
    question = administrator.post(url("role_revoke"), {"membership": membership.pk}, follow=True)
    text = words(question)
    assert "Take the role Auditor from Auditor?" in text
    assert "they lose access to Meridian Bank" in text
    assert "last approver" not in text
    assert roles_of(cast.auditor, cast.organisation) == {"auditor"}
    done = administrator.post(url("role_revoke"), {"membership": membership.pk, "confirmed": "1"}, follow=True)
    assert "Auditor is no longer auditor." in words(done)
    assert roles_of(cast.auditor, cast.organisation) == set()


def test_the_last_approvers_role_is_taken_after_a_question_that_counts_what_waits(administrator, cast):
    membership = Membership.objects.get(user=cast.approver)
    Membership.objects.create(user=cast.approver, organisation=cast.organisation, role="contributor")
    closed = User.objects.create_user("closed@meridian-bank.example", PASSWORD, name="Closed", is_active=False)
    Membership.objects.create(user=closed, organisation=cast.organisation, role="approver")
    text = words(administrator.post(url("role_revoke"), {"membership": membership.pk}, follow=True))
    assert "Approver is the last approver: nobody could sign until you make somebody else one. No record waits" in text
    assert "lose access" not in text
    make_submitted(cast)
    text = words(administrator.get(reverse("reports:role_taking", args=["meridian-bank", membership.pk])))
    assert "1 record waits for a signature now." in text
    assert roles_of(cast.approver, cast.organisation) == {"approver", "contributor"}


def test_the_last_administrator_is_refused_without_a_question(administrator, cast):
    page = administrator.post(url("role_revoke"), {"membership": Membership.objects.get(user=cast.administrator).pk}, follow=True)
    assert "Administrator is the last administrator." in words(page)
    assert roles_of(cast.administrator, cast.organisation) == {"administrator"}


def test_no_question_is_asked_where_nothing_else_goes_with_a_role(administrator, cast):
    held = Membership.objects.create(user=cast.auditor, organisation=cast.organisation, role="approver")
    page = administrator.get(reverse("reports:role_taking", args=["meridian-bank", held.pk]))
    assert (page.status_code, page["Location"]) == (302, url("people"))


def test_a_role_of_two_words_is_told_in_words(administrator, cast):
    administrator.post(url("role_grant"), {"user": cast.auditor.pk, "role": "risk_officer"})
    told = AuditEvent.objects.filter(action="role.granted").latest("index")
    assert told.sentence() == "Administrator gave Auditor the role risk officer"


def test_no_role_is_chosen_beforehand(administrator, cast):
    page = administrator.get(url("people")).content.decode()
    assert page.count('<option value="">Choose a role</option>') + page.count('<option value="" selected>Choose a role</option>') == 6
    for role in Role.values:
        assert f'<option value="{role}" selected>' not in page


def test_a_role_that_isnt_chosen_is_asked_for_beside_its_field(administrator, cast):
    answer = administrator.post(f"{url('role_grant')}?factor=without&page=1", {"user": cast.auditor.pk, "role": ""}, follow=True)
    text = answer.content.decode()
    assert answer.request["QUERY_STRING"] == f"factor=without&page=1&unchosen={cast.auditor.pk}"
    assert f'aria-describedby="error_role-{cast.auditor.pk}"' in text
    assert text.count("Choose a role.") == 1
    assert roles_of(cast.auditor, cast.organisation) == {"auditor"}


def test_a_role_that_is_held_or_gone_changes_nothing(administrator, cast):
    administrator.post(url("role_grant"), {"user": cast.auditor.pk, "role": "auditor"})
    membership = Membership.objects.get(user=cast.auditor)
    membership_revoke(actor=cast.administrator, membership=membership)
    membership.pk = Membership.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1000
    membership_revoke(actor=cast.administrator, membership=membership)
    assert AuditEvent.objects.filter(action="role.granted").count() == 0
    assert AuditEvent.objects.filter(action="role.revoked").count() == 1


def test_a_closed_account_doesnt_count_as_an_administrator(administrator, cast):
    Membership.objects.create(user=cast.auditor, organisation=cast.organisation, role=Role.ADMINISTRATOR)
    User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    membership = Membership.objects.get(user=cast.administrator, role=Role.ADMINISTRATOR)
    page = administrator.post(url("role_revoke"), {"membership": membership.pk}, follow=True)
    assert "last administrator" in page.content.decode()
    closed = Membership.objects.get(user=cast.auditor, role=Role.ADMINISTRATOR)
    administrator.post(url("role_revoke"), {"membership": closed.pk})
    assert list(Membership.objects.filter(organisation=cast.organisation, role=Role.ADMINISTRATOR)) == [membership]


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
