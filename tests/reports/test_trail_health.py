"""How the service stands: the page, the banner, the nightly check with its mail, the checkpoints' tasks and the metrics."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts import mailing
from accounts.models import Membership, Role
from accounts.seal import seal_of
from audit import checkpoints
from audit.models import AuditCheck, AuditCheckpoint, AuditEvent
from audit.places import PlaceUnavailable
from jobs.models import Job, Outbox
from jobs.queue import enqueue
from reports import alarm, tasks
from tests.fixtures import Cast, make_cast, make_draft
from tests.reports.trail import HTMX, address, client_of, date_back, happen
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def own_second_place(tmp_path: Path, settings: Any) -> None:
    """The nightly check looks at everything that lies in the second place: not at what other tests left there."""
    place = {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "checkpoints": place}


def page_of(cast: Cast, who: str = "auditor") -> str:
    response = client_of(cast, who).get(address(cast, "reports:health"))
    assert response.status_code == 200
    return str(response.content.decode())


def checked(cast: Cast, *, ok: bool = True, problem: str = "", ago: timedelta = timedelta(hours=3), stream: str = "") -> AuditCheck:
    return AuditCheck.objects.create(
        stream=stream or cast.organisation.stream, at=timezone.now() - ago, ok=ok, size=12, root="ab" * 32, seconds=0.1, problem=problem
    )


def job(cast: Cast, key: str, *, task: str = "reports.make_sign_off", error: str = "", stream: str = "") -> Job:
    with transaction.atomic():
        made = enqueue(task=task, key=key, stream=stream or cast.organisation.stream, args={}, label=f"Work {key}", requested_by=None)
    if error:
        Job.objects.filter(pk=made.pk).update(status="failed", error=error, finished_at=timezone.now())
        Outbox.objects.filter(pk=made.pk).delete()
    return made


class TestAskedFor:
    """A check that somebody asks for is remembered as the nightly one is."""

    def test_every_page_that_tells_the_last_check_tells_it_and_who_asked(self, cast: Cast) -> None:
        case = make_draft(cast)
        client = client_of(cast, "auditor")
        size = AuditEvent.objects.filter(stream=cast.organisation.stream).count()
        client.post(address(cast, "reports:trail"), headers=HTMX)
        kept = AuditCheck.objects.get()
        assert (kept.stream, kept.ok, kept.size, kept.by) == (cast.organisation.stream, True, size, cast.auditor.reference)
        pages = [("trail", {}), ("audit", {}), ("health", {}), ("assessment_trail", {"assessment": case.pk})]
        for name, more in pages:
            page = client.get(address(cast, f"reports:{name}", **more)).content.decode()
            assert f"asked for by {cast.auditor.name}" in page, name
            assert "checked yet" not in page, name

    def test_one_that_finds_something_warns_the_administrators(self, cast: Cast) -> None:
        event = happen(cast)
        with without_triggers(connection):
            AuditEvent.objects.filter(pk=event.pk).update(object_id="another")
        client_of(cast, "auditor").post(address(cast, "reports:trail"))
        assert f"Entry {event.index}" in page_of(cast)
        assert "not sound" in client_of(cast, "auditor").get(address(cast, "reports:trail")).content.decode()
        assert not AuditCheck.objects.get().ok

    def test_it_looks_at_the_signed_records_as_the_night_does(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(alarm, "_records", lambda _stream: ["the record of submission 1 was changed"])
        page = client_of(cast, "auditor").post(address(cast, "reports:trail")).content.decode()
        assert "The record of submission 1 was changed" in page
        assert not AuditCheck.objects.get().ok

    def test_it_does_not_hide_that_the_night_s_check_is_missing(self, cast: Cast) -> None:
        checked(cast, ago=2 * DAY)
        client_of(cast, "auditor").post(address(cast, "reports:trail"))
        assert "nightly check is missing" in page_of(cast)


class TestPage:
    def test_before_the_first_night_it_says_so(self, cast: Cast) -> None:
        page = page_of(cast)
        assert "Not checked yet" in page
        assert "Nothing was sealed yet" in page

    def test_a_sound_trail_is_shown_with_its_size_and_root(self, cast: Cast) -> None:
        checked(cast)
        page = page_of(cast)
        assert "The last check found it sound" in page
        assert "ab" * 32 in page
        assert "nightly check is missing" not in page

    def test_a_problem_is_told_with_what_to_do(self, cast: Cast) -> None:
        checked(cast, ago=2 * DAY)
        checked(cast, ok=False, problem="entry 3: its bytes were changed")
        page = page_of(cast)
        assert "Entry 3: its bytes were changed" in page
        assert "verify_audit" in page

    def test_a_night_without_a_check_is_a_warning(self, cast: Cast) -> None:
        checked(cast, ago=2 * DAY)
        assert "nightly check is missing" in page_of(cast)

    def test_entries_that_wait_too_long_for_a_checkpoint_are_a_warning(self, cast: Cast) -> None:
        checkpoints.publish(cast.organisation.stream)
        waiting = happen(cast, 1)
        assert "A checkpoint is late" not in page_of(cast)
        date_back(waiting, timezone.now() - timedelta(hours=3))
        assert "A checkpoint is late" in page_of(cast)
        checkpoints.publish(cast.organisation.stream)
        assert "A checkpoint is late" not in page_of(cast)

    def test_a_second_place_that_lacks_a_checkpoint_or_is_away_is_an_alarm(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(cast, 1)
        row = checkpoints.publish(cast.organisation.stream)
        assert row is not None
        assert "lacks the newest checkpoint" not in page_of(cast)
        monkeypatch.setattr("audit.places.listed", lambda stream, above=0: [])
        assert "lacks the newest checkpoint" in page_of(cast)

        def away(stream: str, above: int = 0) -> list[Any]:
            raise PlaceUnavailable("The bucket doesn't answer.")

        monkeypatch.setattr("audit.places.listed", away)
        assert "The bucket doesn&#x27;t answer." in page_of(cast)

    def test_the_seal_is_shown_with_its_last_day(self, cast: Cast) -> None:
        seal = seal_of(cast.organisation)
        page = page_of(cast)
        assert seal.fingerprint in page
        assert str(seal.certificate.not_valid_after_utc.year) in page

    def test_work_and_mail_are_counted_apart_and_only_one_s_own(self, cast: Cast) -> None:
        job(cast, "waits")
        job(cast, "failed", error="The disk is full.")
        job(cast, "mail", task=mailing.TASK, error="The mail server refuses the address.")
        job(cast, "theirs", error="Not yours.", stream=cast.elsewhere.stream)
        page = page_of(cast)
        work, mail = page.split('id="mail-heading"')
        assert "The disk is full." in work
        assert "refuses the address" in mail
        assert "Not yours." not in page
        assert "Try again" not in page

    def test_an_administrator_starts_failed_work_again_and_it_is_recorded(self, cast: Cast) -> None:
        failed = job(cast, "failed", error="The disk is full.")
        client = client_of(cast, "administrator")
        again = address(cast, "reports:job_again", job=failed.pk)
        assert again in client.get(address(cast, "reports:health")).content.decode()
        assert client.post(again).status_code == 302
        assert client.post(again).status_code == 302
        failed.refresh_from_db()
        assert failed.status == "queued"
        event = AuditEvent.objects.get(action="job.restarted")
        assert (event.object_id, event.sentence()) == (str(failed.pk), f"{cast.administrator.name} started the work Work failed again")

    def test_another_organisation_s_work_is_not_there(self, cast: Cast) -> None:
        theirs = job(cast, "theirs", error="Not yours.", stream=cast.elsewhere.stream)
        assert client_of(cast, "administrator").post(address(cast, "reports:job_again", job=theirs.pk)).status_code == 404
        theirs.refresh_from_db()
        assert theirs.status == "failed"


class TestBanner:
    def test_administrators_see_it_everywhere_until_a_check_is_sound(self, cast: Cast) -> None:
        people, banner = address(cast, "accounts:people"), "didn't find it sound"
        client = client_of(cast, "administrator")
        assert banner not in client.get(people).content.decode()
        checked(cast, ok=False, problem="entry 3: its bytes were changed")
        assert banner in client.get(people).content.decode()
        assert banner not in client_of(cast, "auditor").get(address(cast, "accounts:tokens")).content.decode()
        checked(cast, ago=timedelta(0))
        assert banner not in client.get(people).content.decode()

    def test_another_organisation_s_alarm_is_not_shown(self, cast: Cast) -> None:
        checked(cast, ok=False, problem="entry 3", stream=cast.elsewhere.stream)
        assert "didn't find it sound" not in client_of(cast, "administrator").get(address(cast, "accounts:people")).content.decode()


class TestTasks:
    def test_the_nightly_check_mails_the_administrators_of_a_broken_trail_once_a_day(self, cast: Cast) -> None:
        event = happen(cast, 1)
        with without_triggers(connection):
            AuditEvent.objects.filter(pk=event.pk).update(object_id="another")
        assert tasks.watch_trail() == 1
        assert tasks.watch_trail() == 1
        mail = Job.objects.get(task=mailing.TASK)
        assert mail.args["person"] == str(cast.administrator.uuid)
        assert mail.args["kind"] == "trail_alarm"
        assert f"ntry {event.index}" in mail.args["context"]["problem"]
        assert mail.args["context"]["path"] == address(cast, "reports:health")
        assert AuditCheck.objects.filter(stream=cast.organisation.stream, ok=False).count() == 2

    def test_nobody_is_alarmed_for_a_sound_one(self, cast: Cast) -> None:
        happen(cast, 1)
        assert tasks.watch_trail() == 0
        assert not Job.objects.exists()

    def test_nobody_is_accused_where_the_second_place_is_away(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(cast, 1)

        def away(*args: Any, **more: Any) -> list[Any]:
            raise PlaceUnavailable("The bucket doesn't answer.")

        monkeypatch.setattr("audit.places.listed", away)
        monkeypatch.setattr("audit.places.streams", away)
        assert tasks.watch_trail() > 0
        assert not Job.objects.exists()
        assert not AuditCheck.objects.filter(ok=True).exists()

    def test_a_checkpoint_is_signed_after_a_sign_off(self, cast: Cast) -> None:
        event = happen(cast, 1)
        asked = self._asked(cast)
        assert tasks.publish_checkpoint(str(asked.pk)) is True
        assert AuditCheckpoint.objects.get(stream=cast.organisation.stream).size == event.index + 1

    def test_the_hour_signs_each_stream_that_has_grown(self, cast: Cast) -> None:
        happen(cast, 1)
        happen(cast, 2, stream=cast.elsewhere.stream)
        assert tasks.publish_checkpoints() == 2
        assert tasks.publish_checkpoints() == 0

    def test_a_second_place_that_is_away_is_tried_again(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(cast, 1)
        asked = self._asked(cast)

        def away(stream: str) -> None:
            raise PlaceUnavailable("The bucket doesn't answer.")

        monkeypatch.setattr(checkpoints, "publish", away)
        assert tasks.publish_checkpoint(str(asked.pk)) is False
        asked.refresh_from_db()
        assert (asked.status, asked.attempts) == ("queued", 1)

    def test_a_trail_that_was_cut_fails_the_job_with_its_reason(self, cast: Cast) -> None:
        happen(cast, 1)
        event = happen(cast, 2)
        checkpoints.publish(cast.organisation.stream)
        asked = self._asked(cast)
        with without_triggers(connection), connection.cursor() as cursor:
            cursor.execute("UPDATE audit_streamhead SET size = %s WHERE stream = %s", [event.index, cast.organisation.stream])
        assert tasks.publish_checkpoint(str(asked.pk)) is False
        asked.refresh_from_db()
        assert asked.status == "failed"
        assert "its tail was cut" in asked.error

    def _asked(self, cast: Cast) -> Job:
        stream = cast.organisation.stream
        with transaction.atomic():
            return enqueue(
                task="reports.publish_checkpoint",
                key="checkpoint:x",
                stream=stream,
                args={"stream": stream},
                label="Checkpoint",
                requested_by=None,
            )


class TestMetrics:
    def test_without_the_token_there_is_no_such_page(self, cast: Cast, settings: Any) -> None:
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404
        settings.METRICS_TOKEN = "t0ken"
        assert Client().get("/metrics/").status_code == 404
        assert Client().get("/metrics/", headers={"Authorization": "Bearer t0keN"}).status_code == 404
        assert client_of(cast, "administrator").get("/metrics/").status_code == 404

    def test_it_tells_of_trails_checkpoints_and_work_and_names_nobody(self, cast: Cast, settings: Any) -> None:
        event = happen(cast, 1)
        date_back(event, timezone.now() - DAY)
        checked(cast, stream=cast.elsewhere.stream)
        checked(cast, ok=False, ago=DAY)
        waiting = job(cast, "waits")
        Outbox.objects.filter(pk=waiting.pk).update(due_at=timezone.now() - timedelta(minutes=5))
        job(cast, "failed", error="x")
        text = self._read(settings)
        found = {(s.name, *sorted(s.labels.values())): s.value for family in text_string_to_metric_families(text) for s in family.samples}
        assert found["countersign_trail_ok", "organisation"] == 0
        assert found["countersign_trail_last_check_timestamp_seconds", "organisation"] == pytest.approx(
            (timezone.now() - DAY).timestamp(), abs=60
        )
        assert found["countersign_jobs", "failed"] == 1
        assert found["countersign_jobs", "queued"] == 1
        assert found["countersign_jobs", "running"] == 0
        assert found["countersign_outbox_lag_seconds",] == pytest.approx(300, abs=60)
        assert found["countersign_checkpoint_lag_seconds", "organisation"] > 0
        assert ("countersign_trail_ok", "system") not in found
        for name in (cast.organisation.name, cast.organisation.slug, str(cast.organisation.uuid)):
            assert name not in text

    def test_all_sound_is_one(self, cast: Cast, settings: Any) -> None:
        checked(cast)
        assert 'countersign_trail_ok{stream_kind="organisation"} 1.0' in self._read(settings)

    def _read(self, settings: Any) -> str:
        settings.METRICS_TOKEN = "t0ken"
        response = Client().get("/metrics/", headers={"Authorization": "Bearer t0ken"})
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/plain")
        return str(response.content.decode())


def test_a_role_twice_in_the_house_is_one_mail(cast: Cast) -> None:
    Membership.objects.create(user=cast.administrator, organisation=cast.elsewhere, role=Role.ADMINISTRATOR)
    event = happen(cast, 1)
    with without_triggers(connection):
        AuditEvent.objects.filter(pk=event.pk).update(object_id="another")
    tasks.watch_trail()
    assert Job.objects.filter(task=mailing.TASK).count() == 1
