"""Attacks by SQL as the tables' owner, on both databases; docs/security.md has them in a table, with the kind of the check that finds each."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection  # noqa: F401 - a skipif asks it

from audit import merkle, places
from audit import note as notes
from audit.canonical import canonical_bytes
from audit.checkpoints import publish
from audit.keys import origin_of, signers_of
from audit.models import AuditEvent, StreamHead
from audit.note import TreeHead
from audit.places import Kept
from audit.trail import checkpoint, stored_bytes
from audit.verify import streams_and_places, verify_stream
from tests.audit.conftest import ORG
from tests.audit.tampering import rehash_head, rewrite, tamper

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SIZE = 8


@pytest.fixture
def stream(note):
    """Eight entries, with checkpoints of 3, 6 and 8."""
    for number in range(SIZE):
        note(number, reason=f"reason {number}")
        if number + 1 in (3, 6, SIZE):
            publish(ORG)
    assert verify_stream(ORG, second_place=True).problems == []
    return ORG


def found(*, second_place=True):
    """(kind, index) of each problem, the first one first."""
    report = verify_stream(ORG, second_place=second_place)
    assert report.unchecked == []
    return [(problem.kind, problem.index) for problem in report.problems]


def reworded(index):
    """The bytes of an entry as a forger would like them."""
    body = AuditEvent.objects.get(stream=ORG, index=index).body
    return canonical_bytes(body | {"changes": {"number": 99}})


def delete(where):
    inside = f"SELECT id FROM audit_auditevent WHERE {where}"
    tamper(f"DELETE FROM audit_auditprivate WHERE event_id IN ({inside})", f"DELETE FROM audit_auditevent WHERE {where}")


def rewrite_from(first):
    """Change an entry, and re-hash everything that depends on it, head included."""
    rewrite(first, reworded(first))
    rehash_head(ORG)


def resign(size, *, signers=None):
    """The note of the stream as it is now, as whoever holds a key would sign it."""
    leaves = [merkle.leaf_hash(stored_bytes(event.canonical)) for event in AuditEvent.objects.filter(stream=ORG).order_by("index")[:size]]
    frontier = []
    merkle.extend(frontier, 0, leaves)
    head = TreeHead(origin_of(ORG), size, merkle.frontier_root(frontier))
    return head, b"".join(frontier), notes.sign(head.text, signers or signers_of(ORG), 1_800_000_000)


def test_a_changed_row(stream):
    tamper('UPDATE audit_auditevent SET canonical = %(data)s WHERE "index" = 4', data=reworded(4))
    assert found(second_place=False)[0] == ("changed", 4)


def test_a_changed_row_with_its_hash(stream):
    rewrite(4, reworded(4))
    assert found(second_place=False) == [("checkpoint", 3), ("head", 0)]


@pytest.mark.parametrize(("statement", "expected"), [
    ("UPDATE audit_auditevent SET actor = 'system' WHERE \"index\" = 4", "column"),
    ("UPDATE audit_auditprivate SET text = 'Somebody Else' WHERE key = 'reason'"
     " AND event_id = (SELECT id FROM audit_auditevent WHERE \"index\" = 4)", "private"),
])  # fmt: skip
def test_a_changed_column_or_private_text(stream, statement, expected):
    tamper(statement)
    assert found(second_place=False) == [(expected, 4)]


@pytest.mark.parametrize("index", [0, 4])
def test_a_deleted_row(stream, index):
    delete(f'"index" = {index}')
    assert found(second_place=False) == [("missing", index)]


def test_a_deleted_row_with_the_others_moved_up(stream):
    delete('"index" = 4')
    for index in range(5, SIZE):
        tamper(f'UPDATE audit_auditevent SET "index" = {index - 1} WHERE "index" = {index}')
    rehash_head(ORG)
    assert found(second_place=False) == [("reordered", 4), ("reordered", 5), ("reordered", 6), ("checkpoint", 3), ("tail", 7)]


def test_rows_that_changed_places(stream):
    tamper(
        'UPDATE audit_auditevent SET "index" = 100 WHERE "index" = 4',
        'UPDATE audit_auditevent SET "index" = 4 WHERE "index" = 5',
        'UPDATE audit_auditevent SET "index" = 5 WHERE "index" = 100',
    )
    rehash_head(ORG)
    assert found(second_place=False)[:2] == [("reordered", 4), ("reordered", 5)]


def test_everything_after_a_change_re_hashed(stream):
    rewrite_from(4)
    assert found(second_place=False) == [("checkpoint", 3)]
    (problem,) = verify_stream(ORG).problems
    assert (
        problem.message == "of the entries 3 to 5 at least one was rewritten: the checkpoint of 6 entries in the table states another root"
    )


def test_a_cut_tail(stream):
    delete('"index" >= 5')
    assert found(second_place=False) == [("tail", 5)]


def test_a_cut_tail_with_the_head_made_again(stream):
    delete('"index" >= 5')
    rehash_head(ORG)
    assert found(second_place=False) == [("tail", 5)]


def test_a_cut_tail_grown_again(stream, note):
    delete('"index" >= 5')
    rehash_head(ORG)
    for number in range(5, SIZE + 2):
        note(number)
    assert found(second_place=False) == [("checkpoint", 3)]


@pytest.mark.parametrize("column", ["root", "at", "key_id", "frontier", "note", "size"])
def test_a_forged_checkpoint_row(stream, column):
    values = {"root": "0" * 64, "at": "2020-01-01 00:00:00+00:00", "key_id": "00000000", "frontier": b"0" * 64, "note": "x", "size": 5}
    tamper(f"UPDATE audit_auditcheckpoint SET {column} = %(value)s WHERE size = 6", value=values[column])
    assert found(second_place=False) == [("forged", None)]
    assert ("forged", None) in found()


def test_a_checkpoint_row_with_an_added_key_of_the_forger_s(stream):
    rewrite_from(4)
    own = [notes.Signer(origin_of(ORG), kind, Ed25519PrivateKey.generate()) for kind in (notes.PLAIN, notes.TIMED)]
    for size in (6, SIZE):
        head, frontier, text = resign(size, signers=own)
        tamper(
            "UPDATE audit_auditcheckpoint SET root = %(root)s, note = %(note)s, frontier = %(frontier)s, key_id = %(key)s WHERE size = %(size)s",
            root=head.root.hex(), note=text, frontier=frontier, key=own[0].verifier.key_id.hex(), size=size,
        )  # fmt: skip
    assert found(second_place=False) == [("forged", None), ("forged", None)]


def test_deleted_checkpoint_rows(stream):
    tamper("DELETE FROM audit_auditcheckpoint WHERE size = 6")
    assert found() == [("checkpoint", None)]


def test_stream_and_checkpoint_rows_rewritten_but_not_the_second_place(stream):
    """By whoever holds the signing key too."""
    rewrite_from(4)
    for size in (6, SIZE):
        head, frontier, text = resign(size)
        tamper(
            "UPDATE audit_auditcheckpoint SET root = %(root)s, note = %(note)s, frontier = %(frontier)s, at = %(at)s WHERE size = %(size)s",
            root=head.root.hex(), note=text, frontier=frontier, at="2027-01-15 08:00:00+00:00", size=size,
        )  # fmt: skip
    assert found(second_place=False) == []
    assert ("checkpoint", 3) in found()


def test_stream_and_checkpoint_rows_deleted_from_a_tail_but_not_the_second_place(stream):
    delete('"index" >= 3')
    tamper("DELETE FROM audit_auditcheckpoint WHERE size > 3")
    rehash_head(ORG)
    assert found(second_place=False) == []
    assert found() == [("tail", 3)]


def test_a_whole_stream_deleted(stream, note):
    tamper(
        "DELETE FROM audit_auditprivate",
        "DELETE FROM audit_auditevent",
        "DELETE FROM audit_streamhead",
        "DELETE FROM audit_auditcheckpoint",
    )
    assert ORG in streams_and_places()
    assert found() == [("tail", 0)]
    with pytest.raises(CommandError, match="1 of 1 stream not as written"):
        call_command("verify_audit")


def test_the_second_place_emptied_or_forged(stream, second_place):
    one, other, last = sorted(Path(second_place).rglob("*.note"))
    one.unlink()
    other.chmod(0o600)
    other.write_bytes(last.read_bytes())
    messages = [problem.message for problem in verify_stream(ORG, second_place=True).problems]
    assert messages[0] == "the checkpoint of 3 entries stands in the table, but not in the second place"
    assert "the checkpoint of 6 entries is another in the table than in the second place" in messages
    assert "the checkpoint of 6 entries in the second place is filed under another size or root than was signed" in messages
    other.write_bytes(b"nothing")
    assert ("forged", None) in found()


def test_a_checkpoint_that_was_never_of_this_stream(stream, note):
    """One key for all streams doesn't let a checkpoint pass from one to another."""
    note(0, stream="system")
    row = publish("system")
    places.keep(Kept(ORG, 1, row.root[:16]), ".note", row.note.encode())
    assert ("forged", None) in found()


def test_a_row_taken_from_another_stream(stream, note):
    note(0, stream="system")
    tamper("UPDATE audit_auditevent SET stream = 'system', \"index\" = 1 WHERE stream <> 'system' AND \"index\" = 7")
    rehash_head("system")
    assert [(problem.kind, problem.index) for problem in verify_stream("system").problems] == [
        ("reordered", 1),
        ("column", 1),
        ("time", 1),
    ]
    assert found(second_place=False) == [("tail", 7)]


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.parametrize("column", ["frontier", "at", "size", "note", "token"])
def test_columns_of_a_checkpoint_that_hold_what_their_type_does_not_know(stream, column):
    tamper(f"UPDATE audit_auditcheckpoint SET {column} = 'yesterday' WHERE size = 6")
    assert found()[0][0] == "forged"


def test_what_the_trail_is_found_to_be_is_told_to_machines_too(stream, capsys):
    call_command("verify_audit", json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["sound"] is True
    assert told["streams"][ORG] == {"ok": True, "size": SIZE, "root": checkpoint(ORG).root_hex, "problems": [], "unchecked": []}
    rewrite_from(4)
    with pytest.raises(SystemExit) as raised:
        call_command("verify_audit", json=True)
    assert raised.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["sound"] is False
    assert told["streams"][ORG]["problems"][0] | {"message": ""} == {"index": 3, "kind": "checkpoint", "message": ""}


def test_a_place_out_of_reach_is_neither_sound_nor_unsound(stream, capsys, monkeypatch):
    monkeypatch.setattr("audit.places.WriteOnceFolder.listdir", lambda *args: (_ for _ in ()).throw(OSError("no route to host")))
    with pytest.raises(CommandError, match="Not everything could be checked") as raised:
        call_command("verify_audit")
    assert raised.value.returncode == 2
    assert "NOT CHECKED: The second place of the checkpoints can't be reached: no route to host" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit", json=True)
    assert left.value.code == 2
    call_command("verify_audit", without_second_place=True)
    rewrite_from(4)
    with pytest.raises(CommandError) as raised:
        call_command("verify_audit")
    assert raised.value.returncode == 1


def test_a_checkpoint_published_meanwhile_disturbs_nothing(stream, note, monkeypatch):
    """The head is read first; what is appended and published before the checkpoints are read is larger than that."""
    first = StreamHead.objects.filter(stream=ORG).first()
    note(9)
    publish(ORG)
    monkeypatch.setattr("audit.verify._head_of", lambda stream: first)
    assert found() == []
