"""Appending to the trail."""

import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction

from accounts.models import User
from audit import merkle
from audit.actions import UnknownAction
from audit.canonical import NotCanonical, canonical_bytes
from audit.models import AuditEvent, AuditPrivate, StreamHead
from audit.trail import Change, checkpoint, events_of, record
from audit.verify import verify_stream
from tests.audit.conftest import ANN, BOB, ORG

pytestmark = pytest.mark.django_db


def test_the_bytes_are_canonical_and_say_what_happened(note):
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False):
        event = note(7)
    stored = AuditEvent.objects.get(pk=event.pk)
    body = json.loads(bytes(stored.canonical))
    assert bytes(stored.canonical) == canonical_bytes(body)
    digests = body.pop("private")
    assert body == {
        "format": "countersign/event@1",
        "stream": ORG,
        "index": 0,
        "at": "2026-11-23T09:00:00.000000Z",
        "actor": ANN,
        "action": "test.noted",
        "object": {"type": "thing", "id": "t-7"},
        "changes": {"number": 7},
        "request": None,
    }
    private = AuditPrivate.objects.get(event=stored)
    assert digests == {"actor_name": "sha256:" + hashlib.sha256(bytes(private.salt) + b"Ann Example").hexdigest()}
    assert (stored.actor, stored.object_id, stored.index) == (ANN, "t-7", 0)
    assert stored.leaf_hash == merkle.leaf_hash(bytes(stored.canonical)).hex()


def test_names_and_reasons_stay_out_of_the_bytes_and_out_of_guessing(note):
    events = [note(reason="because of Bob Sample"), note(reason="because of Bob Sample")]
    for event in events:
        assert b"Example" not in bytes(event.canonical)
        assert b"Sample" not in bytes(event.canonical)
    first, second = (event.body["private"]["reason"] for event in events)
    assert first != second  # salted, so equal texts can't be told to be equal


@pytest.mark.databases
@pytest.mark.parametrize(
    "texts",
    [{}, {"actor_name": "Ann"}, {"actor_name": "Ænne “A” 😀\ud7ff\u2028", "object_label": "\x01\t\\'%s {0}\n", "reason": "[]"}],
    ids=len,
)
def test_texts_are_kept_as_they_are_each_with_its_salt(note, texts):
    note(0)
    event = note(1, personal={key: text for key, text in texts.items() if key != "reason"}, reason=texts.get("reason", ""))
    assert AuditEvent.objects.get(pk=event.pk).body == event.body
    kept = {row.key: row for row in AuditPrivate.objects.filter(event_id=event.pk)}
    assert {key: row.text for key, row in kept.items()} == texts
    digests = {key: "sha256:" + hashlib.sha256(bytes(row.salt) + row.text.encode()).hexdigest() for key, row in kept.items()}
    assert digests == event.body["private"]
    assert len({bytes(row.salt) for row in kept.values()}) == len(texts)
    assert {row.about for row in kept.values() if row.key == "actor_name"} == ({ANN} if texts else set())
    assert StreamHead.objects.get(stream=ORG).latest_at == event.at
    assert verify_stream(ORG).ok


def test_indices_count_per_stream_and_the_checkpoint_follows(note):
    for number in range(5):
        note(number)
    other = note(0, stream="system")
    assert [event.index for event in events_of(ORG)] == [0, 1, 2, 3, 4]
    assert other.index == 0
    leaves = [bytes.fromhex(event.leaf_hash) for event in events_of(ORG)]
    assert checkpoint(ORG).size == 5
    assert checkpoint(ORG).root_hex == merkle.root(leaves).hex()
    assert checkpoint("org:none").root_hex == merkle.EMPTY_ROOT.hex()


def test_events_of_one_object(note):
    note(1), note(2), note(1)
    assert [event.index for event in events_of(ORG, "thing", "t-1")] == [0, 2]
    assert list(events_of(ORG, "other")) == []


def test_time_never_goes_backwards(note):
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        note(0)
    with time_machine.travel(noon - timedelta(hours=1), tick=False):
        event = note(1)
    assert event.at == noon
    assert verify_stream(ORG).ok


def test_what_is_rolled_back_was_never_there(note):
    note(0)
    before = checkpoint(ORG)
    with transaction.atomic():
        note(1)
        transaction.set_rollback(True)
    assert checkpoint(ORG) == before
    assert note(2).index == 1
    assert verify_stream(ORG).ok


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"action": "test.unheard_of"}, UnknownAction, "no action 'test.unheard_of' is registered"),
        ({"stream": "acme"}, ValueError, "'acme' is no stream: use 'org:"),
        ({"actor": "Ann Example"}, ValueError, "'Ann Example' is no actor: use 'person:<uuid>'"),
        ({"actor": ""}, ValueError, "'' is no actor"),
        ({"object_type": "A Thing"}, ValueError, "'A Thing' is no type of object"),
        ({"object_id": ""}, ValueError, "'' is no id of an object"),
        ({"object_id": 7}, ValueError, "7 is no id of an object"),
        ({"changes": {"share": 0.5}}, NotCanonical, r"\$\.changes\.share: 0.5 is a float"),
        ({"personal": {"actor_name": "Ann\0Example"}}, ValueError, "actor_name holds a NUL"),
        ({"reason": "be\0cause"}, ValueError, "reason holds a NUL"),
        ({"personal": {"reason": "x"}}, ValueError, "'reason' can't be the key of a personal text"),
        ({"action": "test.invited", "changes": {"role": "auditor"}}, ValueError, "its sentence needs member_name in changes or personal"),
    ],
)
def test_what_the_trail_cannot_hold_is_refused(note, given, error, message):
    with pytest.raises(error, match=message):
        note(**given)
    assert not StreamHead.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError, match=r"test\.noted must be recorded in the transaction that does it"):
        record(stream=ORG, action="test.noted", actor=BOB, object_type="thing", object_id="1")
    assert not AuditEvent.objects.exists()


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_eight_threads_appending_at_once_neither_fork_nor_deadlock(note):
    barrier, failures = Barrier(8), []

    def append(thread: int) -> None:
        try:
            barrier.wait(timeout=30)
            for number in range(5):
                note(number, actor=None, personal=None, object_id=f"thread-{thread}")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    report = verify_stream(ORG)
    assert (report.ok, report.size) == (True, 40)
    assert [event.index for event in events_of(ORG)] == list(range(40))
    for thread in range(8):  # each thread's own events stand in the order in which it wrote them
        assert [event.changes["number"] for event in events_of(ORG, "thing", f"thread-{thread}")] == [0, 1, 2, 3, 4]


PROCESSES, THREADS, EACH = 4, 2, 125


def write_in_threads(note, process):
    """What one process of the next test does; returns its exit code."""
    failures = []

    def append(thread):
        try:
            for number in range(EACH):
                note(number, personal=None, object_id=f"writer-{process}-{thread}")
        except Exception as error:
            failures.append(error)
            sys.stderr.write(f"{error!r}\n")
        finally:
            connection.close()

    threads = [Thread(target=append, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(failures)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_thousand_events_by_eight_writers_in_four_processes(note):
    connections.close_all()  # a connection can't be shared across a fork
    children = []
    for process in range(PROCESSES):
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = write_in_threads(note, process)
            finally:
                os._exit(code)  # past pytest's own endings
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * PROCESSES
    report = verify_stream(ORG)
    assert (report.problems, report.size) == ([], PROCESSES * THREADS * EACH)
    assert report.root == checkpoint(ORG).root_hex
    for process in range(PROCESSES):
        for thread in range(THREADS):
            written = events_of(ORG, "thing", f"writer-{process}-{thread}").values_list("canonical", flat=True)
            assert [json.loads(bytes(data))["changes"]["number"] for data in written] == list(range(EACH))


@pytest.mark.databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET action = 'test.moved'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_auditprivate SET text = 'Somebody Else'",
        "DELETE FROM audit_streamhead",
        "UPDATE audit_streamhead SET size = 1",
        "UPDATE audit_streamhead SET size = 2",
        "UPDATE audit_streamhead SET size = 3, stream = 'system'",
    ],
)
def test_the_database_refuses_to_rewrite(note, statement):
    note(0), note(1)
    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify_stream(ORG).ok


@pytest.mark.databases
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_streamhead", "audit_auditprivate"])
def test_the_database_refuses_to_replace_or_empty(note, table):
    note(0)
    connection.check_constraints()  # PostgreSQL empties no table whose foreign keys it still has to check
    replace = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    statement = replace if connection.vendor == "sqlite" else f"TRUNCATE {table} CASCADE"
    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify_stream(ORG).ok
    assert AuditPrivate.objects.count() == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["before the database was emptied", "after"])
def test_emptying_the_test_database_leaves_the_triggers_in_place(note, turn):
    assert not AuditEvent.objects.exists()
    event = note(0)
    with pytest.raises(IntegrityError, match="is refused"):
        AuditEvent.objects.filter(pk=event.pk).update(action="test.moved")
    with pytest.raises(IntegrityError, match="is refused"):
        StreamHead.objects.all().delete()


@pytest.mark.databases
def test_a_change_is_written_with_its_event_or_neither_is():
    person, other = (User.objects.create_user(f"{name}@bank.example", name=name) for name in ("ann", "bob"))

    def tell(email: str, pk: int) -> Change:
        change = Change("UPDATE accounts_user SET email = %s WHERE id = %s RETURNING id", [email, pk])
        with transaction.atomic():
            record(stream=ORG, action="test.noted", actor=ANN, object_type="thing", object_id=email, change=change)
        return change

    assert tell("ann@elsewhere.example", person.pk).pk == person.pk
    with pytest.raises(IntegrityError):
        tell(other.email, person.pk)
    person.refresh_from_db()
    assert (person.email, [event.object_id for event in events_of(ORG)]) == ("ann@elsewhere.example", ["ann@elsewhere.example"])
    assert tell("nobody@bank.example", 0).pk is None
    assert verify_stream(ORG).ok
