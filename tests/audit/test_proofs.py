"""Proofs for somebody else: that an entry is in a stream, and that a stream only grew."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import merkle, proofs
from audit.checkpoints import publish
from audit.keys import signers_of, verifiers_of
from audit.models import AuditEvent
from audit.note import TreeHead, sign
from audit.proofs import BadProof, NoProof, check, consistency, inclusion
from audit.trail import checkpoint
from tests.audit.conftest import ORG
from tests.audit.tampering import tamper

pytestmark = pytest.mark.django_db
SIZE = 11


@pytest.fixture
def stream(note, monkeypatch):
    """Eleven entries read four at a time, with a checkpoint of seven."""
    monkeypatch.setattr(proofs, "_CHUNK", 4)
    for number in range(SIZE):
        note(number, personal=None)
        if number == 6:
            publish(ORG)
    return ORG


def test_every_proof_is_that_of_the_definition_and_verifies(stream):
    leaves = [bytes.fromhex(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf_hash", flat=True)]
    for size in (1, 2, 7, SIZE):
        for index in range(size):
            proof = inclusion(stream, index, size)
            assert (proof.leaf, proof.root) == (leaves[index], merkle.root(leaves[:size]))
            assert list(proof.path) == merkle.inclusion_proof(leaves[:size], index)
            check(proof.as_dict())
        for first in range(size + 1):
            grown = consistency(stream, first, size)
            assert list(grown.path) == merkle.consistency_proof(leaves[:size], first)
            assert (grown.first_root, grown.second_root) == (merkle.root(leaves[:first]), merkle.root(leaves[:size]))
            check(grown.as_dict())


def test_a_proof_reads_hashes_alone(stream):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        inclusion(stream, 3)
    assert not any("canonical" in query["sql"] for query in queries)
    assert len(queries) == 3


def test_the_newest_checkpoint_that_holds_the_entry_comes_along(stream):
    proof = inclusion(stream, 3)
    assert proof.size == 7
    said = check(json.loads(json.dumps(proof.as_dict())), verifiers_of(stream))
    leaf = AuditEvent.objects.get(index=3).leaf_hash
    assert said[0] == f"The entry with hash {leaf} is entry 3 of {ORG} among its first 7."
    assert said[1].startswith("A checkpoint of 7 entries states that root, signed by countersign.local/org:")
    later = inclusion(stream, 8)
    assert (later.size, later.checkpoint) == (SIZE, None)
    assert "No checkpoint of 11 entries comes with it" in check(later.as_dict())[1]
    with pytest.raises(NoProof, match="no checkpoint of 11 entries was signed"):
        later.as_tlog_proof()


def test_the_form_of_transparency_log_tools(stream):
    text = inclusion(stream, 3).as_tlog_proof()
    head, _, note = text.partition("\n\n")
    first, index, *steps = head.split("\n")
    assert (first, index, len(steps)) == ("c2sp.org/tlog-proof@v1", "index 3", 3)
    assert note == inclusion(stream, 3).checkpoint
    assert note.endswith("\n")


def test_a_stream_that_only_grew(stream):
    proof = consistency(stream, 7)
    assert (proof.second, proof.second_checkpoint) == (SIZE, None)
    said = check(proof.as_dict(), verifiers_of(stream))
    assert said[0] == f"The first 11 entries of {ORG} begin with what its first 7 were."
    assert "signed by" in said[1] and "nobody vouches" in said[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"index": 4}, "the path doesn't lead from entry 4"),
        ({"leaf_hash": "0" * 64}, "the path doesn't lead"),
        ({"size": 8}, "doesn't lead|its checkpoint is of 7 entries"),
        ({"root": "0" * 64}, "the path doesn't lead"),
        ({"path": []}, "the path doesn't lead"),
        ({"path": ["zz"]}, "it can't be read as a proof"),
        ({"path": None}, "it can't be read as a proof"),
        ({"index": "3"}, "'3' is no whole number"),
        ({"format": "other"}, "its format is 'other'"),
        ({"checkpoint": "nothing"}, "its checkpoint of 7 entries doesn't hold: the note has no empty line"),
    ],
)
def test_what_proves_nothing_is_refused(stream, change, message):
    with pytest.raises(BadProof, match=message):
        check(inclusion(stream, 3).as_dict() | change, verifiers_of(stream))


def test_a_checkpoint_of_another_tree_or_by_another_key_is_refused(stream):
    proof = inclusion(stream, 3).as_dict()
    other = sign(TreeHead("countersign.local/" + ORG, 7, bytes(32)).text, signers_of(ORG), 1)
    with pytest.raises(BadProof, match="its checkpoint is of 7 entries and root 0000"):
        check(proof | {"checkpoint": other}, verifiers_of(stream))
    with pytest.raises(BadProof, match="no known key signed it"):
        check(proof, [signer.verifier for signer in signers_of("system")])
    assert "its signature wasn't checked" in check(proof)[1]
    grown = consistency(stream, 7).as_dict()
    with pytest.raises(BadProof, match="the path doesn't lead from the root of 7 entries to that of 11"):
        check(grown | {"first_root": "0" * 64})


def test_what_cannot_be_proved_is_said(stream):
    for index, size in ((11, 11), (-1, 7), (7, 7)):
        with pytest.raises(NoProof, match=f"there is no leaf {index} in a tree of {size}"):
            inclusion(stream, index, size)
    with pytest.raises(NoProof, match="has fewer than 12 entries without a gap"):
        inclusion(stream, 3, 12)
    with pytest.raises(NoProof, match="has no earlier size 12"):
        consistency(stream, 12)
    tamper('UPDATE audit_auditevent SET leaf_hash = %(leaf)s WHERE "index" = 5', leaf="0" * 64)
    with pytest.raises(NoProof, match="its entries don't lead to the root of the checkpoint of 7"):
        inclusion(stream, 3)


class TestCommand:
    def test_prints_what_it_then_verifies(self, stream, capsys, tmp_path):
        for number, options in enumerate([{"index": 3}, {"index": 3, "size": 5}, {"first": 7}, {"first": 2, "second": 9}]):
            call_command("audit_proof", stream=stream, **options)
            path = tmp_path / f"{number}.json"
            path.write_text(capsys.readouterr().out)
            call_command("audit_proof", verify=str(path))
            assert capsys.readouterr().out.startswith("The ")
        assert json.loads((tmp_path / "2.json").read_text())["second"] == checkpoint(stream).size

    def test_a_key_may_be_given(self, stream, capsys, tmp_path):
        call_command("audit_proof", stream=stream, index=3)
        path = tmp_path / "proof.json"
        path.write_text(capsys.readouterr().out)
        key = signers_of(stream)[0].verifier.text
        call_command("audit_proof", verify=str(path), key=[key])
        assert f"signed by {key}" in capsys.readouterr().out
        with pytest.raises(CommandError, match="proves nothing: .*no known key signed it"):
            call_command("audit_proof", verify=str(path), key=[signers_of("system")[0].verifier.text])
        with pytest.raises(CommandError, match="can't be checked: 'x' is no verifier key"):
            call_command("audit_proof", verify=str(path), key=["x"])

    def test_the_form_of_other_tools(self, stream, capsys):
        call_command("audit_proof", stream=stream, index=3, tlog=True)
        assert capsys.readouterr().out == inclusion(stream, 3).as_tlog_proof()

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({}, "Name a stream by --stream"),
            ({"stream": ORG}, "Name a stream by --stream"),
            ({"stream": ORG, "index": 1, "first": 1}, "Name a stream by --stream"),
            ({"stream": "org:none", "index": 1}, "There is no such proof: org:none: there is no leaf 1 in a tree of 0"),
            ({"verify": "/none"}, "can't be checked"),
        ],
    )
    def test_bad_arguments_are_named(self, given, message):
        with pytest.raises(CommandError, match=message):
            call_command("audit_proof", **given)

    @pytest.mark.parametrize("content", ["nothing", "[]", "{}"])
    def test_a_file_that_is_no_proof_is_refused(self, tmp_path, content):
        (tmp_path / "proof.json").write_text(content)
        with pytest.raises(CommandError, match=r"is no proof in JSON"):
            call_command("audit_proof", verify=str(tmp_path / "proof.json"))
