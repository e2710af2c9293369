"""A stream that somebody changed with the database's password in hand: every change is found and named."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection  # noqa: F401 - a skipif asks it

from audit import merkle
from audit.canonical import canonical_bytes
from audit.models import AuditEvent, StreamHead
from audit.trail import checkpoint, erase_person
from audit.verify import MOST_PROBLEMS, verify_stream
from tests.audit.conftest import ANN, ORG
from tests.audit.tampering import tamper

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def stream(note):
    for number in range(7):
        note(number, reason=f"reason {number}")
    return ORG


def found(stream, **given):
    report = verify_stream(stream, **given)
    assert report.ok is not bool(report.problems)
    return [(problem.index, problem.kind) for problem in report.problems]


def test_an_untouched_stream_is_as_it_was_written(stream):
    report = verify_stream(stream)
    assert (report.ok, report.size, report.problems) == (True, 7, [])
    assert report.root == checkpoint(stream).root_hex
    assert verify_stream("org:never-used").ok


def test_changed_bytes(stream):
    body = AuditEvent.objects.get(index=3).body
    body["changes"]["number"] = 8
    tamper('UPDATE audit_auditevent SET canonical = %(data)s WHERE "index" = 3', data=canonical_bytes(body))
    problems = verify_stream(stream).problems
    assert (problems[0].index, problems[0].kind) == (3, "changed")
    assert (problems[1].index, problems[1].kind) == (0, "head")
    assert problems[1].message == "the head's hash over entries 0 to 3 is another: an entry there or the head was changed"


def test_bytes_that_are_no_event(stream):
    tamper('UPDATE audit_auditevent SET canonical = %(data)s WHERE "index" = 6', data=b"\xff{")
    assert found(stream) == [(6, "changed"), (6, "changed"), (6, "head")]


def test_an_entry_rewritten_with_its_hash_and_columns_is_found_by_the_head(stream):
    body = AuditEvent.objects.get(index=4).body
    body["object"]["id"] = "t-9"
    data = canonical_bytes(body)
    tamper(
        "UPDATE audit_auditevent SET canonical = %(data)s, leaf_hash = %(leaf)s, object_id = 't-9' WHERE \"index\" = 4",
        data=data,
        leaf=merkle.leaf_hash(data).hex(),
    )
    assert found(stream) == [(4, "head")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "test.moved"),
        ("actor", "person:somebody-else"),
        ("object_type", "other"),
        ("object_id", "t-9"),
        ("request", "r-1"),
        ("at", "2020-01-01 00:00:00+00:00"),
    ],
)
def test_a_changed_column(stream, column, value):
    tamper(f'UPDATE audit_auditevent SET {column} = %(value)s WHERE "index" = 2', value=value)
    assert found(stream) == [(2, "column")]
    assert f"entry 2: the column {column} says" in verify_stream(stream).problems[0].message


def test_a_changed_leaf_hash(stream):
    tamper('UPDATE audit_auditevent SET leaf_hash = %(leaf)s WHERE "index" = 2', leaf="0" * 64)
    assert found(stream) == [(2, "changed")]


@pytest.mark.parametrize("key", ["reason", "actor_name"])
def test_a_changed_private_text(stream, key):
    tamper(
        "UPDATE audit_auditprivate SET text = 'another' WHERE key = %(key)s"
        ' AND event_id = (SELECT id FROM audit_auditevent WHERE "index" = 5)',
        key=key,
    )
    assert found(stream) == [(5, "private")]


def test_a_private_text_that_was_added_or_filed_under_another_person(stream):
    tamper(
        "UPDATE audit_auditprivate SET key = 'other' WHERE key = 'reason'",
        "UPDATE audit_auditprivate SET about = '' WHERE event_id = (SELECT id FROM audit_auditevent WHERE \"index\" = 0)",
    )
    messages = [problem.message for problem in verify_stream(stream).problems]
    assert "entry 0: the private text 'other' isn't part of the entry" in messages
    assert "entry 0: the private text 'actor_name' is filed under '', which the entry doesn't say" in messages
    assert "entry 0: the private text 'reason' is gone, and no later entry tells that it was erased" in messages
    assert len(messages) == 15


@pytest.mark.parametrize("key", ["reason", "actor_name"])
def test_a_text_that_was_deleted_is_told_from_one_that_was_erased(stream, note, key):
    tamper(
        'DELETE FROM audit_auditprivate WHERE key = %(key)s AND event_id = (SELECT id FROM audit_auditevent WHERE "index" = 5)',
        key=key,
    )
    assert found(stream) == [(5, "private")]
    assert (
        verify_stream(stream).problems[0].message
        == f"entry 5: the private text '{key}' is gone, and no later entry tells that it was erased"
    )
    erase_person(ANN)
    note(8)
    assert found(stream) == ([(5, "private")] if key == "reason" else [])
    tamper("DELETE FROM audit_auditprivate WHERE key = 'actor_name'")
    assert (8, "private") in found(stream)  # an erasure answers for what was there before it, and for nothing later


def delete(where):
    inside = f"SELECT id FROM audit_auditevent WHERE {where}"
    tamper(f"DELETE FROM audit_auditprivate WHERE event_id IN ({inside})", f"DELETE FROM audit_auditevent WHERE {where}")


@pytest.mark.parametrize(
    ("where", "first", "kind", "message"),
    [
        ('"index" = 3', 3, "missing", "entry 3 is missing"),
        ('"index" IN (0, 1)', 0, "missing", "entries 0 to 1 are missing"),
        ('"index" >= 5', 5, "tail", "entries 5 to 6 are missing: the tail was cut"),
        ('"index" >= 0', 0, "tail", "entries 0 to 6 are missing: the tail was cut"),
    ],
)
def test_deleted_rows(stream, where, first, kind, message):
    delete(where)
    problems = verify_stream(stream).problems
    assert [(problem.index, problem.kind, problem.message) for problem in problems] == [(first, kind, message)]


def test_rows_that_changed_places(stream):
    tamper(
        'UPDATE audit_auditevent SET "index" = 100 WHERE "index" = 1',
        'UPDATE audit_auditevent SET "index" = 1 WHERE "index" = 2',
        'UPDATE audit_auditevent SET "index" = 2 WHERE "index" = 100',
    )
    problems = verify_stream(stream).problems
    assert [(problem.index, problem.message) for problem in problems if problem.kind == "reordered"] == [
        (1, "entry 1: its bytes were written as entry 2"),
        (2, "entry 2: its bytes were written as entry 1"),
    ]
    assert (0, "head") in found(stream)


def test_a_row_moved_to_another_stream(stream, note):
    note(0, stream="system")
    tamper('UPDATE audit_auditevent SET stream = \'system\', "index" = 1 WHERE "index" = 6', "UPDATE audit_streamhead SET size = 2")
    assert (1, "column") in found("system")
    assert (1, "reordered") in found("system")


def test_a_tail_cut_together_with_the_heads_size(stream):
    delete('"index" >= 5')
    tamper("UPDATE audit_streamhead SET size = 5")
    assert found(stream) == [(None, "head")]


def test_a_head_that_hides_rows(stream):
    before = StreamHead.objects.get()
    tamper("UPDATE audit_streamhead SET size = 0, frontier = %(frontier)s", frontier=b"")
    assert found(stream) == [(0, "added")]
    tamper("DELETE FROM audit_streamhead")
    assert found(stream) == [(0, "added")]
    assert before.size == 7


def test_a_head_with_another_frontier(stream):
    frontier = bytes(StreamHead.objects.get().frontier)
    tamper("UPDATE audit_streamhead SET frontier = %(frontier)s", frontier=frontier[:-1] + bytes([frontier[-1] ^ 1]))
    assert found(stream) == [(6, "head")]


def test_a_stream_cut_and_sealed_again_betrays_itself_against_a_kept_checkpoint(stream, note):
    kept = checkpoint(stream)
    leaves = [bytes.fromhex(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf_hash", flat=True)][:5]
    frontier = ()
    for size, leaf in enumerate(leaves):
        frontier = merkle.frontier_append(frontier, size, leaf)
    delete('"index" >= 5')
    tamper("UPDATE audit_streamhead SET size = 5, frontier = %(frontier)s", frontier=b"".join(frontier))
    assert found(stream) == []
    assert found(stream, known=kept) == [(5, "tail")]
    for number in range(10, 14):
        note(number)
    assert found(stream) == []
    assert found(stream, known=kept) == [(0, "checkpoint")]
    assert found(stream, known=checkpoint(stream)) == []


def test_a_time_that_goes_back(stream):
    body = AuditEvent.objects.get(index=6).body
    body["at"] = "2020-01-01T00:00:00.000000Z"
    data = canonical_bytes(body)
    tamper('UPDATE audit_auditevent SET canonical = %(data)s WHERE "index" = 6', data=data)
    assert (6, "time") in found(stream)


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_column_that_holds_what_its_type_does_not_know(stream):
    tamper("UPDATE audit_auditevent SET at = 'yesterday' WHERE \"index\" = 1")
    report = verify_stream(stream)
    assert report.problems[0].kind == "column"
    assert "can't be read from their columns" in report.problems[0].message


def test_the_list_of_problems_has_an_end(note):
    for number in range(MOST_PROBLEMS + 5):
        note(number)
    tamper("UPDATE audit_auditevent SET request = 'r'")
    assert len(verify_stream(ORG).problems) == MOST_PROBLEMS


class TestCommand:
    def test_tells_each_stream_in_a_sentence(self, stream, note, capsys):
        note(0, stream="system")
        call_command("verify_audit")
        assert capsys.readouterr().out.splitlines() == [
            f"{ORG}: 7 entries, untouched; root {checkpoint(ORG).root_hex}",
            f"system: 1 entry, untouched; root {checkpoint('system').root_hex}",
        ]

    def test_names_the_first_bad_row_and_exits_1(self, stream, note, capsys):
        note(0, stream="system")
        tamper("UPDATE audit_auditevent SET object_id = 't-9' WHERE \"index\" = 2")
        delete('"index" = 4')
        with pytest.raises(CommandError, match="1 of 2 streams not as written") as raised:
            call_command("verify_audit")
        assert raised.value.returncode == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"{ORG}: NOT as written; column: entry 2: the column object_id says 't-9', the hashed bytes 't-2'"
        assert lines[1] == "  also missing: entry 4 is missing"
        assert lines[2].startswith("system: 1 entry, untouched")
        call_command("verify_audit", stream="system")

    def test_compares_with_a_kept_checkpoint(self, stream):
        kept = checkpoint(stream)
        call_command("verify_audit", stream=stream, checkpoint=f"{kept.size}:{kept.root_hex}")
        with pytest.raises(CommandError, match="not as written"):
            call_command("verify_audit", stream=stream, checkpoint=f"{kept.size}:{'0' * 64}")

    def test_a_deleted_head_does_not_hide_its_stream(self, stream):
        tamper("DELETE FROM audit_streamhead")
        with pytest.raises(CommandError, match="1 of 1 stream not as written"):
            call_command("verify_audit")

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"stream": "org:none"}, "There is no stream 'org:none'; there are: none"),
            ({"stream": "system", "checkpoint": "7"}, "--checkpoint '7': write the size, a colon"),
            ({"checkpoint": "7:" + "0" * 64}, "belongs to one stream: name it with --stream"),
        ],
    )
    def test_bad_arguments_are_named(self, given, message):
        with pytest.raises(CommandError, match=message):
            call_command("verify_audit", **given)

    def test_an_empty_trail(self, capsys):
        call_command("verify_audit")
        assert capsys.readouterr().out == "The trail has no streams yet.\n"


def test_the_events_bytes_alone_rebuild_the_root(stream):
    """What an auditor does without this code: hash the stored bytes, and fold them."""
    stored = AuditEvent.objects.order_by("index").values_list("canonical", flat=True)
    assert [json.loads(bytes(data))["index"] for data in stored] == list(range(7))
    assert merkle.root([merkle.leaf_hash(bytes(data)) for data in stored]).hex() == checkpoint(stream).root_hex
