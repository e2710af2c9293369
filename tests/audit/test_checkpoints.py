"""Signing where a stream stands, and keeping it in the second place."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from audit import checkpoints, keys, places
from audit import note as notes
from audit.checkpoints import Inconsistent, latest, publish, publish_all
from audit.models import AuditCheckpoint, AuditEvent
from audit.places import Kept, PlaceUnavailable
from audit.trail import checkpoint
from audit.verify import verify_stream
from tests.audit.conftest import ORG
from tests.audit.tampering import tamper

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def files(second_place):
    return sorted(str(path.relative_to(second_place)) for path in second_place.rglob("*") if path.is_file())


@pytest.fixture
def stream(note):
    for number in range(5):
        note(number)
    return ORG


def test_a_checkpoint_states_size_root_and_time_under_two_signatures(stream, second_place):
    with time_machine.travel(NOON, tick=False):
        row = publish(stream)
    assert row == AuditCheckpoint.objects.get()
    now = checkpoint(stream)
    assert (row.size, row.root, row.at, row.token) == (5, now.root_hex, NOON, None)
    opened = notes.opened(row.note, keys.verifiers_of(stream))
    assert (opened.at, len(opened.by), opened.others) == (int(NOON.timestamp()), 2, ())
    head = notes.tree_head(opened.text)
    assert (head.origin, head.size, head.root.hex(), head.extensions) == (f"countersign.local/{ORG}", 5, now.root_hex, ())
    name = f"org-11111111-1111-4111-8111-111111111111/000000000005-{row.root[:16]}.note"
    assert files(second_place) == [name]
    assert (second_place / name).read_text("utf-8") == row.note
    assert verify_stream(stream, second_place=True).problems == []


def test_only_what_has_grown_is_published(stream, note):
    first = publish(stream)
    assert publish(stream) is None
    assert publish("org:never-used") is None
    note(5), note(0, stream="system")
    assert {(row.stream, row.size) for row in publish_all()} == {(ORG, 6), ("system", 1)}
    assert publish_all() == []
    assert latest(ORG).size == 6
    assert latest(ORG, below=6) == first


@pytest.mark.parametrize("given", ["https://log.example.com/a b+c/", "log.example.com/a b+c"])
def test_the_origin_has_neither_scheme_nor_spaces_nor_plus(stream, settings, given):
    settings.CHECKPOINT_ORIGIN = given
    assert publish(stream).note.startswith(f"log.example.com/a-b-c/{ORG}\n5\n")


def test_a_changed_origin_leaves_old_checkpoints_verifiable(stream, note, settings):
    publish(stream)
    settings.CHECKPOINT_ORIGIN = "log.example.com"
    note(5)
    publish(stream)
    assert verify_stream(stream, second_place=True).problems == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('DELETE FROM audit_auditevent WHERE "index" = 6', "entry 6 is missing"),
        ('UPDATE audit_auditevent SET canonical = %(data)s WHERE "index" = 6', "the head of 8 entries isn't that of its entries"),
        ("UPDATE audit_streamhead SET size = 4", "has 4 entries, but 5 had been signed: its tail was cut"),
        ("UPDATE audit_auditcheckpoint SET note = 'x'", "the checkpoint of 5 entries is forged: the note has no empty line"),
        ("UPDATE audit_auditcheckpoint SET frontier = %(data)s", "isn't what was signed"),
        ("UPDATE audit_auditcheckpoint SET size = 4", "isn't what was signed"),
    ],
)
@pytest.mark.databases
def test_nothing_is_signed_over_a_stream_that_does_not_go_on_from_what_was_signed(stream, note, statement, message):
    publish(stream)
    for number in range(5, 8):
        note(number, personal=None)
    tamper(statement, data=b"x")
    with pytest.raises(Inconsistent, match=message):
        publish(stream)
    assert AuditCheckpoint.objects.count() == 1


def test_a_note_that_a_dead_process_left_is_taken_up(stream, note, second_place, monkeypatch):
    def die(*args, **given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(AuditCheckpoint.objects, "get_or_create", die)
        with pytest.raises(KeyboardInterrupt):
            publish(stream)
    assert not AuditCheckpoint.objects.exists()
    assert verify_stream(stream, second_place=True).problems == []  # not yet a row, but no lie either
    (left,) = files(second_place)
    note(5)
    publish(stream)
    assert [row.size for row in AuditCheckpoint.objects.all()] == [5, 6]
    assert AuditCheckpoint.objects.get(size=5).note == (second_place / left).read_text("utf-8")
    assert verify_stream(stream, second_place=True).problems == []


def test_a_database_set_back_is_not_signed_again(stream, note, second_place):
    publish(stream)
    note(5)
    publish(stream)
    tamper(
        "DELETE FROM audit_auditcheckpoint WHERE size = 6",
        'DELETE FROM audit_auditprivate WHERE event_id = (SELECT id FROM audit_auditevent WHERE "index" = 5)',
        'DELETE FROM audit_auditevent WHERE "index" = 5',
        "UPDATE audit_streamhead SET size = 5",
    )
    with pytest.raises(Inconsistent, match="has 5 entries, but the second place holds a checkpoint of 6: its tail was cut"):
        publish(stream)


@pytest.mark.parametrize("content", [b"", b"\xff", b"something else\n\n\xe2\x80\x94 a YWJjZGVm\n"])
def test_a_stranger_s_note_in_the_second_place_is_not_taken_up(stream, content):
    places.keep(Kept(ORG, 5, checkpoint(ORG).root_hex[:16]), ".note", content)
    with pytest.raises(Inconsistent, match="the second place holds a forged checkpoint of 5 entries"):
        publish(stream)
    assert not AuditCheckpoint.objects.exists()


def test_while_the_second_place_is_away_there_is_no_row(stream, note, monkeypatch, second_place):
    publish(stream)
    note(5), note(0, stream="system")
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "listdir", lambda *args: (_ for _ in ()).throw(OSError("no route to host")))
        with pytest.raises(PlaceUnavailable, match="The second place of the checkpoints can't be reached: no route to host"):
            publish(stream)
        with pytest.raises(PlaceUnavailable):
            publish_all()
        with pytest.raises(CommandError, match="no route to host"):
            call_command("publish_checkpoints")
        report = verify_stream(stream, second_place=True)
        assert (report.ok, report.unchecked) == (True, ["The second place of the checkpoints can't be reached: no route to host"])
    assert AuditCheckpoint.objects.count() == 1
    assert len(publish_all()) == 2


def test_one_stream_that_fails_does_not_keep_the_others_from_theirs(stream, note):
    publish(stream)
    note(0, stream="system")
    tamper("UPDATE audit_streamhead SET size = 4 WHERE stream <> 'system'")
    with pytest.raises(Inconsistent, match="its tail was cut"):
        publish_all()
    assert latest("system").size == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_checkpoint(stream, second_place):
    barrier, rows, failures = Barrier(4), [], []

    def work():
        try:
            barrier.wait(timeout=30)
            rows.append(publish(ORG))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {row.pk for row in rows if row} == {AuditCheckpoint.objects.get().pk}
    assert len(files(second_place)) == 1
    assert len(keys.verifiers_of(ORG)) >= 2
    assert verify_stream(ORG, second_place=True).problems == []


@pytest.mark.databases
@pytest.mark.parametrize("statement", ["UPDATE audit_auditcheckpoint SET size = 6", "DELETE FROM audit_auditcheckpoint"])
def test_the_database_refuses_to_change_a_checkpoint(stream, statement):
    publish(stream)
    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditCheckpoint.objects.create(stream=ORG, size=5, root="0" * 64, at=NOON, note="", key_id="", frontier=b"")


def test_the_place_never_overwrites(second_place):
    kept = Kept(ORG, 1, "0" * 16)
    assert places.keep(kept, ".note", b"first") == b"first"
    assert places.keep(kept, ".note", b"second") == b"first"
    assert places.read(kept, ".note") == b"first"
    assert len(files(second_place)) == 1
    assert (second_place / f"{kept.name}.note").stat().st_mode & 0o777 == 0o400


def test_the_command_tells_what_it_made(stream, capsys):
    call_command("publish_checkpoints")
    row = latest(ORG)
    assert capsys.readouterr().out == f"{ORG}: 5 entries, root {row.root}, key {row.key_id}, without a timestamp\n"
    call_command("publish_checkpoints", stream=ORG)
    assert capsys.readouterr().out == "No stream has grown since its last checkpoint.\n"


def test_no_lock_is_held_while_it_signs(stream, monkeypatch, note):
    def grow_meanwhile(*args, **given):
        note(9)
        return signers(*args, **given)

    signers = keys.signers_of
    monkeypatch.setattr(checkpoints, "signers_of", grow_meanwhile)
    assert publish(stream).size == 5
    assert AuditEvent.objects.count() == 6
