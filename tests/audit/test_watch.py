"""The nightly look at every stream."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from audit import watch as watching
from audit.checkpoints import publish
from audit.models import AuditCheck
from audit.trail import checkpoint
from audit.watch import latest_checks, watch
from tests.audit.conftest import ORG
from tests.audit.tampering import tamper

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def test_it_keeps_what_it_found_of_each_stream(note, caplog):
    note(0), note(0, stream="system")
    publish(ORG)
    assert [(report.stream, report.ok) for report in watch()] == [(ORG, True), ("system", True)]
    assert [(check.stream, check.ok, check.size, check.root) for check in latest_checks()] == [
        (ORG, True, 1, checkpoint(ORG).root_hex),
        ("system", True, 1, checkpoint("system").root_hex),
    ]
    tamper("UPDATE audit_auditevent SET object_id = 't-9' WHERE stream = 'system'")
    watch()
    first, second = latest_checks()  # what isn't sound comes first
    assert (first.stream, first.ok) == ("system", False)
    assert first.problem == "entry 0: the column object_id says 't-9', the hashed bytes 't-0'"
    assert (second.ok, second.problem) == (True, "")
    assert "The trail system isn't sound: entry 0: the column object_id" in caplog.text
    assert AuditCheck.objects.count() == 4


def test_a_place_out_of_reach_is_an_alarm_too(note, monkeypatch):
    note(0)
    monkeypatch.setattr("audit.places.WriteOnceFolder.listdir", lambda *args: (_ for _ in ()).throw(OSError("no route to host")))
    (report,) = watch()
    assert (report.ok, report.report.ok) == (False, True)
    assert report.problem == latest_checks()[0].problem == "The second place of the checkpoints can't be reached: no route to host"


def test_the_last_hundred_are_kept(note, monkeypatch):
    monkeypatch.setattr(watching, "KEPT", 3)
    note(0), note(0, stream="system")
    for night in range(5):
        with time_machine.travel(NIGHT + timedelta(days=night), tick=False):
            watch()
    assert AuditCheck.objects.count() == 6
    assert {check.at.day for check in AuditCheck.objects.filter(stream=ORG)} == {25, 26, 27}
    assert [check.at.day for check in latest_checks()] == [27, 27]
