"""Signed notes and checkpoints against the examples of the specifications and of the Go implementation."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit import note
from audit.note import PLAIN, TIMED, BadNote, NotSigned, Signer, TreeHead

# The key, text and note of golang.org/x/mod/sumdb/note's own tests.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

# The examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
SPEC_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
LOG = Signer("example.com/log", PLAIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CLOCK = Signer("example.com/log", TIMED, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
HEAD = TreeHead("example.com/log", 7, bytes(range(32)))
AT = 1_700_000_000


def signed(head=HEAD, signers=(LOG, CLOCK)):
    return note.sign(head.text, signers, AT)


def test_gos_own_note_is_signed_byte_for_byte():
    signer = Signer("PeterNeumann", PLAIN, Ed25519PrivateKey.from_private_bytes(GO_SECRET[1:]))
    assert GO_SECRET[0] == PLAIN
    assert signer.verifier.text == GO_KEY
    assert note.sign(GO_TEXT, [signer], AT) == GO_NOTE


@pytest.mark.parametrize(("key", "text"), [(GO_KEY, GO_NOTE), (SPEC_KEY, SPEC_NOTE)])
def test_published_notes_open(key, text):
    verifier = note.verifier(key)
    opened = note.opened(text, [verifier])
    assert opened.by == (verifier,)
    assert text.startswith(opened.text + "\n— ")
    assert opened.at is None
    with pytest.raises(NotSigned, match="the signature by .* is wrong"):
        note.opened(text.replace("is", "was", 1), [verifier])


def test_the_specs_checkpoint_is_read_and_written_alike():
    read = note.parse(SPEC_CHECKPOINT)
    head = note.tree_head(read.text)
    assert (head.origin, head.size, head.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert head.text == read.text
    assert [signature.name for signature in read.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(read.signatures[1].signature[:8], "big") == 1679315147  # the time that c2sp.org/tlog-cosignature shows for it


def test_both_of_the_logs_signatures_hold_and_state_the_time():
    opened = note.opened(signed(), [LOG.verifier, CLOCK.verifier])
    assert opened.by == (LOG.verifier, CLOCK.verifier)
    assert opened.at == AT
    assert note.tree_head(opened.text) == HEAD
    assert LOG.verifier.key_id != note.Verifier(LOG.name, TIMED, LOG.verifier.public).key_id


def test_a_witness_may_add_its_line():
    witness = Signer("witness.example/w", TIMED, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    cosigned = signed() + witness.line(HEAD.text, AT + 5)
    opened = note.opened(cosigned, [LOG.verifier])
    assert [signature.name for signature in opened.others] == [CLOCK.name, witness.name]
    assert note.opened(cosigned, [LOG.verifier, witness.verifier]).at == AT + 5


def test_a_time_that_was_moved_is_a_wrong_signature():
    line = CLOCK.line(HEAD.text, AT)
    data = bytearray(base64.b64decode(line.split(" ")[2]))
    data[11] ^= 1
    moved = signed(signers=[LOG]) + f"— {CLOCK.name} {base64.b64encode(bytes(data)).decode()}\n"
    with pytest.raises(NotSigned, match="is wrong"):
        note.opened(moved, [LOG.verifier, CLOCK.verifier])


def test_a_key_of_the_same_name_that_is_not_known_proves_nothing():
    other = Signer(LOG.name, PLAIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(NotSigned, match=rf"no known key signed it; it is signed by example\.com/log\+{other.verifier.key_id.hex()}"):
        note.opened(signed(signers=[other]), [LOG.verifier])


@given(st.data())
def test_any_flipped_bit_is_noticed(data):
    raw = bytearray(signed().encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        opened = note.opened(raw.decode(), [LOG.verifier, CLOCK.verifier])
    except (BadNote, UnicodeDecodeError):
        return
    # What was flipped stood in one signature's name or id: it has become an unknown key's, and the other one holds.
    assert opened.text == HEAD.text
    assert len(opened.by) == len(opened.others) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no empty line"),
        ("text\n", "no empty line"),
        ("text\n\n— a YWJjZGVm", "doesn't end with a newline"),
        ("text\n\na YWJjZGVm\n", "doesn't begin with a dash"),
        ("text\n\n— a+b YWJjZGVm\n", "'a[+]b' is no key name"),
        ("text\n\n— a YWJjZA==\n", "too short"),
        ("text\n\n— a YWJjZGV\n", "no base64"),
        ("text\n\n— a YWJjZGVmZh==\n", "no canonical base64"),
        ("te\txt\n\n— a YWJjZGVm\n", "control characters"),
        ("text\n\n" + "— a YWJjZGVm\n" * 101, "more than 100 signatures"),
    ],
)
def test_what_is_no_note_is_refused(text, message):
    with pytest.raises(BadNote, match=message):
        note.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("origin\n7\n", "at least three lines"),
        ("origin\n7\n" + "A" * 43 + "=", "at least three lines"),
        ("origin\n7\n" + "A" * 43 + "=\n\n", "none of them empty"),
        ("origin\n07\n" + "A" * 43 + "=\n", "'07' is no decimal number"),
        ("origin\n-7\n" + "A" * 43 + "=\n", "'-7' is no decimal number"),
        ("origin\n7\nAAAA\n", "has 3 bytes, not 32"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text, message):
    with pytest.raises(BadNote, match=message):
        note.tree_head(text)


def test_extension_lines_are_kept():
    head = TreeHead("o", 0, bytes(32), ("one", "two"))
    assert note.tree_head(head.text) == head
    for bad in (TreeHead("", 0, bytes(32)), TreeHead("o", -1, bytes(32)), TreeHead("o", 0, b""), TreeHead("o", 0, bytes(32), ("",))):
        with pytest.raises(BadNote):
            _ = bad.text


def test_any_part_of_a_verifier_key_is_refused():
    for start in range(len(GO_KEY) + 1):
        for end in range(start, len(GO_KEY) + 1):
            if (start, end) != (0, len(GO_KEY)):
                with pytest.raises(BadNote):
                    note.verifier(GO_KEY[start:end])


@pytest.mark.parametrize(
    "key",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, with its own id
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # of an unknown kind, with its own id
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_bad_verifier_key_is_refused(key):
    with pytest.raises(BadNote):
        note.verifier(key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b"])
def test_a_signers_name_has_neither_spaces_nor_plus(name):
    with pytest.raises(BadNote, match="is no key name"):
        Signer(name, PLAIN, LOG.key)
