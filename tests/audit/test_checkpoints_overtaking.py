"""A publisher that dies between its note in the second place and its row, while another one is at work on the same stream."""

from __future__ import annotations

from threading import Event, Thread, current_thread
from typing import Any

import pytest
from django.db import connection

from audit import places
from audit.checkpoints import publish
from audit.models import AuditCheckpoint
from audit.verify import verify_stream
from tests.audit.conftest import ORG

SECONDS_FOR_THE_OTHER = 1


class Killed(BaseException):
    """Ends a thread as a signal ends a process."""


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_note_whose_publisher_was_killed_is_no_alarm_when_another_had_more_entries(note, monkeypatch) -> None:
    for number in range(3):
        note(number)
    about_to_keep, other_is_done = Event(), Event()
    keep, get_or_create = places.keep, AuditCheckpoint.objects.get_or_create

    def slowly(*args: Any) -> bytes:
        if current_thread().name == "killed":
            about_to_keep.set()
            other_is_done.wait(SECONDS_FOR_THE_OTHER)
        return keep(*args)

    def killed(**given: Any) -> Any:
        if current_thread().name == "killed":
            raise Killed
        return get_or_create(**given)

    monkeypatch.setattr(places, "keep", slowly)
    monkeypatch.setattr(AuditCheckpoint.objects, "get_or_create", killed)

    def first() -> None:
        try:
            publish(ORG)
        except Killed:
            pass
        finally:
            connection.close()

    def second() -> None:
        try:
            publish(ORG)
        finally:
            other_is_done.set()
            connection.close()

    threads = [Thread(target=first, name="killed"), Thread(target=second)]
    threads[0].start()
    assert about_to_keep.wait(30)
    note(3)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert [kept.size for kept in places.listed(ORG)] == [3, 4]
    assert verify_stream(ORG, second_place=True).problems == []
    assert [row.size for row in AuditCheckpoint.objects.all()] == [3, 4]
