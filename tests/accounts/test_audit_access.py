"""Access of auditors that is limited in time: who gives and ends it, what it opens while it is good, and that nothing is left of it afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import organisations_of, rights_of, roles_of
from accounts.auditing import audit_access_end, audit_access_give, scope_in_words
from accounts.models import AuditAccess, AuditAccessEnd, User
from accounts.resetting import why_not
from accounts.services import membership_grant, token_create, user_create
from accounts.tasks import send_mail
from audit.models import AuditEvent
from jobs.models import Job
from tests.fixtures import Cast, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def give(cast: Cast, **changes: Any) -> tuple[AuditAccess, str]:
    given: dict[str, Any] = {
        "actor": cast.administrator, "organisation": cast.organisation, "email": "vera@example.com", "name": "Vera Lind", "starts_on": today(),
        "ends_on": today() + 30 * DAY, "reason": "The yearly audit.",
    }  # fmt: skip
    return audit_access_give(**given | changes)


def at(user: User, cast: Cast) -> frozenset[str]:
    return roles_of(user, cast.organisation)


class TestGiving:
    def test_a_new_person_is_auditor_here_and_signs_in_with_the_password_that_is_shown_once(self, cast: Cast) -> None:
        access, password = give(cast)
        assert access.user.check_password(password)
        assert at(access.user, cast) == {"auditor"}
        assert [one.slug for one in organisations_of(access.user)] == ["meridian-bank"]
        assert roles_of(access.user, cast.elsewhere) == frozenset()

    def test_it_stands_in_the_trail_with_days_scope_and_reason(self, cast: Cast) -> None:
        ids = [uuid4(), uuid4()]
        access, _ = give(cast, assessments=ids, period_from=date(2026, 1, 1))
        assert list(AuditEvent.objects.values_list("action", flat=True)) == ["person.added", "audit_access.given"]
        event = AuditEvent.objects.get(action="audit_access.given")
        assert event.changes["assessments"] == sorted(map(str, ids))
        assert event.changes["period"] == {"from": "2026-01-01", "to": None}
        assert event.changes["person"] == access.user.reference
        first, last = access.starts_on.isoformat(), access.ends_on.isoformat()
        assert event.sentence() == (
            f"Administrator gave Vera Lind access as an auditor from {first} to {last}, to 2 assessments that were submitted or decided from "
            "1 January 2026 on: The yearly audit."
        )

    def test_the_auditor_gets_a_mail_also_before_the_first_day(self, cast: Cast) -> None:
        give(cast, starts_on=today() + DAY)
        assert send_mail(str(Job.objects.get().pk))
        (message,) = mail.outbox
        assert message.to == ["vera@example.com"]
        assert message.subject.startswith("You can audit Meridian Bank from")
        assert "all assessments" in " ".join(message.body.split())
        assert "The yearly audit." in message.body

    def test_somebody_with_an_account_keeps_it(self, cast: Cast) -> None:
        access, password = give(cast, email=cast.outsider.email.upper(), name="Ignored")
        assert password == ""
        assert access.user == cast.outsider
        assert at(cast.outsider, cast) == {"auditor"}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "no address"}, "email"),
            ({"name": " "}, "name"),
            ({"reason": " "}, "reason"),
            ({"reason": "r" * 1001}, "reason"),
            ({"ends_on": -DAY, "starts_on": -2 * DAY}, "ends_on"),
            ({"starts_on": 2 * DAY, "ends_on": DAY}, "ends_on"),
            ({"ends_on": 367 * DAY}, "ends_on"),
            ({"assessments": []}, "assessments"),
            ({"assessments": [uuid4() for _ in range(501)]}, "assessments"),
            ({"period_from": date(2026, 2, 1), "period_to": date(2026, 1, 31)}, "period_to"),
            ({"by_provider": True}, "email"),
        ],
    )
    def test_what_cant_be_is_refused_at_its_field_and_nobody_is_added(self, cast: Cast, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as error:
            give(cast, **{name: today() + value if isinstance(value, timedelta) else value for name, value in changes.items()})
        assert list(error.value.message_dict) == [field]
        assert not User.objects.filter(email="vera@example.com").exists()
        assert not AuditAccess.objects.exists()
        assert not AuditEvent.objects.exists()

    @pytest.mark.parametrize("who", ["risk_officer", "contributor", "approver", "auditor", "outsider"])
    def test_only_an_administrator_of_the_organisation_gives_it(self, cast: Cast, who: str) -> None:
        with pytest.raises(PermissionDenied):
            give(cast, actor=cast[who])

    def test_whoever_holds_a_role_would_not_be_limited_and_is_refused(self, cast: Cast) -> None:
        with pytest.raises(ValidationError, match="isn't limited"):
            give(cast, email=cast.contributor.email)

    def test_whoever_has_limited_access_is_given_no_role(self, cast: Cast) -> None:
        access, _ = give(cast, starts_on=today() + DAY)
        with pytest.raises(ValidationError, match="End it first"):
            membership_grant(actor=cast.administrator, user=access.user, organisation=cast.organisation, role="auditor")
        with pytest.raises(ValidationError, match="End it first"):
            user_create(actor=cast.administrator, organisation=cast.organisation, email=access.user.email, name="", role="approver")

    def test_a_role_that_stands_beside_an_access_all_the_same_gives_no_limited_rights(self, cast: Cast) -> None:
        access, _ = give(cast)
        access.user.memberships.create(organisation=cast.organisation, role="contributor")
        assert at(access.user, cast) == {"contributor"}


class TestTime:
    @pytest.mark.parametrize(
        ("first", "last", "good"), [(0, 0, True), (-5, 5, True), (-5, 0, True), (0, 5, True), (1, 5, False), (-5, -1, False)]
    )
    def test_it_is_good_from_its_first_day_to_its_last(self, cast: Cast, first: int, last: int, good: bool) -> None:
        access = stored(cast, first, last)
        assert at(access.user, cast) == ({"auditor"} if good else frozenset())
        assert organisations_of(access.user).exists() == good
        client = Client()
        client.force_login(access.user)
        assert client.get(reverse("reports:audit", args=["meridian-bank"])).status_code == (200 if good else 404)

    def test_a_session_and_a_token_are_good_for_nothing_at_once_when_it_is_ended(self, cast: Cast) -> None:
        access, _ = give(cast)
        client = Client()
        client.force_login(access.user)
        _token, plain = token_create(actor=access.user, organisation=cast.organisation, name="script")
        api, headers = reverse("api:assessments", args=["meridian-bank"]), {"Authorization": f"Bearer {plain}"}
        page = reverse("assessments:list", args=["meridian-bank"])
        assert client.get(page).status_code == Client().get(api, headers=headers).status_code == 200
        audit_access_end(actor=cast.administrator, access=access, reason="They are done.")
        assert client.get(page).status_code == Client().get(api, headers=headers).status_code == 404
        assert client.get(reverse("home")).status_code == 200

    def test_of_two_accesses_either_is_enough(self, cast: Cast) -> None:
        access, _ = give(cast)
        give(cast, ends_on=today())
        assert len(rights_of(access.user, cast.organisation).limits or ()) == 2
        audit_access_end(actor=cast.administrator, access=access, reason="One of them.")
        assert at(access.user, cast) == {"auditor"}

    def test_a_closed_account_audits_nothing(self, cast: Cast) -> None:
        access, _ = give(cast)
        access.user.is_active = False
        assert at(access.user, cast) == frozenset()


class TestEnding:
    def test_it_stands_in_the_trail_and_the_auditor_gets_a_mail(self, cast: Cast) -> None:
        access, _ = give(cast)
        audit_access_end(actor=cast.administrator, access=access, reason=" They are done. ")
        event = AuditEvent.objects.get(action="audit_access.ended")
        assert event.sentence() == (
            f"Administrator ended the access as an auditor of Vera Lind, which was good until {access.ends_on.isoformat()}: They are done."
        )
        assert send_mail(str(Job.objects.get(label="Mail: audit access ended").pk))
        (message,) = mail.outbox
        assert message.subject == "Your access as an auditor of Meridian Bank has ended"
        assert "They are done." in message.body

    def test_it_ends_once(self, cast: Cast) -> None:
        access, _ = give(cast)
        audit_access_end(actor=cast.administrator, access=access, reason="Done.")
        with pytest.raises(ValidationError, match="over already"):
            audit_access_end(actor=cast.administrator, access=access, reason="Done again.")
        assert AuditAccessEnd.objects.get().reason == "Done."

    def test_what_is_over_by_its_last_day_is_not_ended(self, cast: Cast) -> None:
        with pytest.raises(ValidationError, match="over already"):
            audit_access_end(actor=cast.administrator, access=stored(cast, -5, -1), reason="Done.")

    @pytest.mark.parametrize("who", ["auditor", "outsider"])
    def test_only_an_administrator_ends_it(self, cast: Cast, who: str) -> None:
        access, _ = give(cast)
        with pytest.raises(PermissionDenied):
            audit_access_end(actor=cast[who], access=access, reason="No.")

    def test_a_reason_is_needed(self, cast: Cast) -> None:
        access, _ = give(cast)
        with pytest.raises(ValidationError, match="Say why"):
            audit_access_end(actor=cast.administrator, access=access, reason="  ")


class TestAccount:
    def test_what_is_done_with_it_is_told_to_the_organisation_while_the_access_is_good(self, cast: Cast) -> None:
        access, password = give(cast)
        Client().post(reverse("account_login"), {"login": access.user.email, "password": password})
        assert AuditEvent.objects.get(action="person.signed_in").stream == cast.organisation.stream

    def test_the_administrator_sees_how_they_sign_in(self, cast: Cast) -> None:
        access, _ = give(cast)
        client = Client()
        client.force_login(cast.administrator)
        address = reverse("accounts:sign_in_of", args=["meridian-bank", access.user.pk])
        assert client.get(address).status_code == 200
        audit_access_end(actor=cast.administrator, access=access, reason="Done.")
        assert client.get(address).status_code == 404

    def test_no_administrator_changes_the_sign_in_of_who_audits_elsewhere(self, cast: Cast) -> None:
        assert why_not(cast.administrator, cast.organisation, cast.contributor) == ""
        audit_access_give(
            actor=cast.outsider, organisation=cast.elsewhere, email=cast.contributor.email, name="", starts_on=today(), ends_on=today(),
            reason="A favour.",
        )  # fmt: skip
        assert "another organisation too" in why_not(cast.administrator, cast.organisation, cast.contributor)

    def test_the_page_of_people_names_them(self, cast: Cast) -> None:
        give(cast)
        client = Client()
        client.force_login(cast.administrator)
        page = client.get(reverse("accounts:people", args=["meridian-bank"])).content.decode()
        assert "vera@example.com" in page
        assert reverse("reports:auditors", args=["meridian-bank"]) in page


@pytest.mark.parametrize(
    ("listed", "first", "last", "words"),
    [
        (None, None, None, "all assessments"),
        (1, None, None, "1 assessment"),
        (2, date(2026, 5, 1), date(2026, 6, 30), "2 assessments that were submitted or decided from 1 May 2026 to 30 June 2026"),
        (1, None, date(2026, 6, 30), "1 assessment that was submitted or decided until 30 June 2026"),
        (None, date(2026, 5, 1), None, "all assessments that were submitted or decided from 1 May 2026 on"),
    ],
)
def test_the_scope_in_words(listed: int | None, first: date | None, last: date | None, words: str) -> None:
    access = AuditAccess(listed=listed is not None, period_from=first, period_to=last)
    assert scope_in_words(access, listed or 0) == words


@pytest.mark.databases
def test_the_database_keeps_it_as_it_was_given(cast: Cast) -> None:
    access, _ = give(cast, assessments=[uuid4()])
    audit_access_end(actor=cast.administrator, access=access, reason="Done.")
    row = access.audited.get()
    changes = (
        lambda: AuditAccess.objects.filter(pk=access.pk).update(ends_on=today() + 300 * DAY),
        lambda: AuditAccess.objects.filter(pk=access.pk).delete(),
        lambda: type(row).objects.filter(pk=row.pk).update(assessment=uuid4()),
        lambda: type(row).objects.filter(pk=row.pk).delete(),
        lambda: AuditAccessEnd.objects.all().delete(),
        lambda: AuditAccess.objects.create(
            organisation=cast.organisation, user=access.user, starts_on=today(), ends_on=today() - DAY, listed=False, reason="", given_by=access.user,
            given_at=timezone.now(),
        ),
    )  # fmt: skip
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()  # type: ignore[no-untyped-call]


def stored(cast: Cast, first: int, last: int) -> AuditAccess:
    """An access on days from today on, whatever they are."""
    user = User.objects.create_user("vera@example.com", "", name="Vera Lind")
    return AuditAccess.objects.create(
        organisation=cast.organisation, user=user, starts_on=today() + first * DAY, ends_on=today() + last * DAY, listed=False, reason="A look.",
        given_by=cast.administrator, given_at=timezone.now(),
    )  # fmt: skip
