"""Administration: what each tile and page says, the mail to try it, and signs of life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import formats, mailing, seal
from accounts.models import Membership, Role, User
from audit.models import AuditCheck
from audit.trail import events_of
from jobs.models import Job, Sign
from jobs.tasks import sign_of_life
from reports import administration, service
from tests.assessments.playing import html, words
from tests.fixtures import Cast, make_cast, make_complete
from tests.reports.trail import address, client_of

pytestmark = pytest.mark.django_db
PAGES = ("administration", "administration_catalogue", "administration_seal", "administration_mail", "administration_retention")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def read(cast: Cast, name: str, query: str = "") -> Any:
    response = client_of(cast, "administrator").get(address(cast, name) + query)
    assert response.status_code == 200
    return response


def many(cast: Cast, n: int) -> list[User]:
    people = User.objects.bulk_create(User(email=f"p{i}@many.example", name=f"Person {i:03}") for i in range(n))
    Membership.objects.bulk_create(Membership(user=person, organisation=cast.organisation, role=Role.CONTRIBUTOR) for person in people)
    return people


@pytest.mark.parametrize("name", [*(f"reports:{page}" for page in PAGES), "reports:health", "accounts:people"])
def test_no_page_asks_more_the_more_there_is(cast: Cast, name: str) -> None:
    make_complete(cast)
    many(cast, 120)
    client = client_of(cast, "administrator")
    client.get(address(cast, name))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address(cast, name)).status_code == 200
    assert len(asked) <= 15, [query["sql"][:120] for query in asked]


class TestTheLandingPage:
    def test_each_tile_says_its_state_in_words(self, cast: Cast) -> None:
        TOTP.activate(cast.administrator, "JBSWY3DPEHPK3PXP")
        text = words(read(cast, "reports:administration"))
        people = Membership.objects.filter(organisation=cast.organisation).values("user").distinct().count()
        assert f"{people} people. {people - 1} have no second factor." in text
        assert "The policy that comes with Countersign is in force." in text
        assert "Nothing was sealed yet" in text
        assert "No mail waits. None failed." in text

    def test_that_nobody_is_sent_a_mail_isnt_called_well(self, cast: Cast, settings: Any) -> None:
        settings.EMAIL_BACKEND = "accounts.mailing.FolderBackend"
        assert "Mail Look at it No mail server is set, so nobody is sent anything." in words(read(cast, "reports:administration"))

    def test_that_nobody_can_sign_is_to_be_looked_at(self, cast: Cast) -> None:
        assert "Nobody is an approver" not in words(read(cast, "reports:administration"))
        Membership.objects.filter(role=Role.APPROVER).delete()
        told = "Sign-off Look at it Nobody is an approver, so nobody can sign. The policy that comes with Countersign is in force."
        assert told in words(read(cast, "reports:administration"))

    def test_what_is_ill_is_said(self, cast: Cast) -> None:
        AuditCheck.objects.create(
            stream=cast.organisation.stream, at=timezone.now(), ok=False, size=1, root="ab" * 32, seconds=0.1, problem="entry 0 was changed"
        )
        Job.objects.create(
            task=mailing.TASK, key="m", stream=cast.organisation.stream, label="Mail: decision", status="failed", error="Refused.",
            finished_at=timezone.now(),
        )  # fmt: skip
        text = words(read(cast, "reports:administration"))
        assert "the trail isn't sound" in text
        assert "1 failed." in text
        assert "Refused." in words(read(cast, "reports:administration_mail"))

    def test_a_draft_on_an_older_release_is_counted_and_listed(self, cast: Cast) -> None:
        case = make_complete(cast)
        case.catalogue = "open-or-closed@1"
        case.save(update_fields=["catalogue"])
        assert "1 draft is on an older release." in words(read(cast, "reports:administration"))
        page = read(cast, "reports:administration_catalogue")
        assert f"/assessments/{case.pk}/catalogue/" in html(page)


class TestPeople:
    def test_are_found_by_name_address_role_and_factor(self, cast: Cast) -> None:
        many(cast, 60)
        TOTP.activate(cast.auditor, "JBSWY3DPEHPK3PXP")
        first = read(cast, "accounts:people")
        assert "Page 1 of 2" in words(first)
        assert "p59@many.example" in html(read(cast, "accounts:people", "?q=p59%40"))
        auditors = html(read(cast, "accounts:people", "?role=auditor"))
        assert cast.auditor.email in auditors
        assert "many.example" not in auditors
        enrolled = words(read(cast, "accounts:people", "?factor=with"))
        assert "1 person" in enrolled
        assert "Enrolled" in enrolled
        assert "?role=contributor&amp;page=2" in html(read(cast, "accounts:people", "?role=contributor"))
        for odd in ("?role=²&factor=x&page=²", "?q=%00", "?page=99999999999999999999"):
            assert client_of(cast, "administrator").get(address(cast, "accounts:people") + odd).status_code == 200, odd

    def test_recovery_codes_alone_are_no_second_factor(self, cast: Cast) -> None:
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

        RecoveryCodes.activate(cast.auditor)
        assert "1 person" not in words(read(cast, "accounts:people", "?factor=with"))


class TestTheSeal:
    def test_former_certificates_stay_listed(self, cast: Cast) -> None:
        seal.warm(cast.organisation)
        former, current = seal.rotate(cast.organisation, reason="Yearly.")
        text = words(read(cast, "reports:administration_seal"))
        assert former is not None
        assert former in text
        assert current in text
        assert f"manage.py rotate_seal {cast.organisation.slug}" in text
        assert f"rotate_log_key --stream {cast.organisation.stream}" in text


class TestMail:
    def test_one_to_try_it_is_asked_for_and_recorded(self, cast: Cast) -> None:
        client = client_of(cast, "administrator")
        for _ in range(2):
            assert client.post(address(cast, "reports:administration_mail")).status_code == 302
        jobs = Job.objects.filter(task=mailing.TASK)
        assert [(job.args["kind"], job.args["person"]) for job in jobs] == [("trial", str(cast.administrator.uuid))] * 2
        assert events_of(cast.organisation.stream).filter(action="mail.tried", actor=cast.administrator.reference).count() == 2

    def test_without_a_server_it_says_so_and_who_can_name_one(self, cast: Cast, settings: Any) -> None:
        settings.EMAIL_BACKEND = "accounts.mailing.FolderBackend"
        text = words(read(cast, "reports:administration_mail"))
        assert "None is set, so nobody is sent anything: mails are kept as files." in text
        assert "Whoever runs the service names one in the setting EMAIL_URL" in text

    def test_nobody_else_asks_for_one(self, cast: Cast) -> None:
        for who in (cast.auditor, cast.outsider):
            with pytest.raises(PermissionDenied):
                administration.mail_try(actor=who, organisation=cast.organisation)
        assert not Job.objects.filter(task=mailing.TASK).exists()

    def test_a_password_of_the_server_isnt_shown(self, cast: Cast, settings: Any) -> None:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD = (
            "django.core.mail.backends.smtp.EmailBackend",
            "mx.bank.example",
            "s3cret",
        )
        page = read(cast, "reports:administration_mail")
        assert "mx.bank.example" in words(page)
        assert "s3cret" not in html(page)


class TestService:
    def test_a_queue_that_is_worked_on_leaves_a_sign(self) -> None:
        assert {check.state for check in service.queues()} == {service.WARN}
        for queue in ("celery", "mail", "reports"):
            sign_of_life.apply(args=(queue,))
            sign_of_life.apply(args=(queue,))
        assert {check.state for check in service.queues()} == {service.GOOD}
        Sign.objects.filter(queue="mail").update(at=timezone.now() - timedelta(hours=1))
        assert [check.state for check in service.queues()] == [service.GOOD, service.BAD, service.GOOD]

    def test_a_sign_has_the_readers_time(self) -> None:
        Sign.objects.create(queue="mail", at=datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC), worker="w@host")
        with formats.shown_in("Europe/Berlin", "de-DE"):
            told = [check.words for check in service.queues()]
        assert any("on 1. July 2026, 12:00:05 CEST." in words for words in told)

    def test_a_broker_that_is_away_is_said(self, settings: Any, monkeypatch: Any) -> None:
        from celery import current_app

        monkeypatch.setattr(current_app.conf, "broker_read_url", "redis://127.0.0.1:1/0")
        monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
        assert service.broker().state == service.BAD

    def test_a_disk_that_is_nearly_full_is_said(self, monkeypatch: Any) -> None:
        told = service.disk()
        assert told.state in (service.GOOD, service.WARN)
        assert "free where files, keys and logs lie" in told.words
        monkeypatch.setattr(service, "FREE_SHARE", 1.1)
        assert service.disk().state == service.WARN

    def test_an_auditor_sees_it_and_one_of_limited_access_doesnt(self, cast: Cast, settings: Any) -> None:
        from accounts.auditing import audit_access_give

        said = words(client_of(cast, "auditor").get(address(cast, "reports:health")))
        assert "Broker" in said
        assert f"Versions: Countersign {settings.VERSION}, Python" in said
        today = timezone.now().date()
        access, _ = audit_access_give(
            actor=cast.administrator, organisation=cast.organisation, email="limited@example.com", name="Limited", starts_on=today, ends_on=today,
            reason="A look.",
        )  # fmt: skip
        client = Client()
        client.force_login(access.user)
        assert "Broker" not in words(client.get(address(cast, "reports:health")))


def test_retention_tells_what_there_is(cast: Cast) -> None:
    make_complete(cast)
    text = words(read(cast, "reports:administration_retention"))
    entries = events_of(cast.organisation.stream).count()
    assert f"Entries of the trail {entries:,} in the database for good" in text
    assert f"erase_person person:<uuid> --by {cast.administrator.reference}" in text
