"""verify.py as an auditor runs it: a true bundle holds, and whatever is changed in it is found and named, however well the manifests were mended."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.signatures import sign
from audit import note
from audit.canonical import canonical_bytes
from audit.models import AuditCheckpoint
from tests.reports.bundled import (
    NAMED_ONLY,
    PICTURE_NAME,
    TEXT,
    TEXT_NAME,
    Bundled,
    bundled_case,
    certificate_for,
    copy_of,
    unpacked,
    verified,
)

pytestmark = pytest.mark.django_db

Change = Callable[[Path], None]
MENDED = True


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any, own_var_dir: Path) -> Iterator[Bundled]:
    with django_db_blocker.unblock(), bundled_case() as found:
        yield found


@pytest.fixture(scope="module")
def bag(case: Bundled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(case.data, tmp_path_factory.mktemp("bag"))


def one(bag: Path, pattern: str) -> Path:
    (found,) = bag.glob(pattern)
    return found


def flip(path: Path, at: int = -2) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def lettered(pattern: str, at: int) -> Change:
    """Another letter, so that what was base64 still is."""

    def change(bag: Path) -> None:
        path = one(bag, pattern)
        data = bytearray(path.read_bytes())
        data[at] = ord("A") if data[at] != ord("A") else ord("B")
        path.write_bytes(data)

    return change


def flipped(pattern: str, at: int = -2) -> Change:
    return lambda bag: flip(one(bag, pattern), at)


def removed(pattern: str) -> Change:
    return lambda bag: one(bag, pattern).unlink()


def written(name: str, data: bytes) -> Change:
    return lambda bag: (bag / name).write_bytes(data) and None


def replaced(name: str, old: str, new: str) -> Change:
    def change(bag: Path) -> None:
        text = (bag / name).read_text()
        assert old in text
        (bag / name).write_text(text.replace(old, new, 1))

    return change


def in_record(name: str, change: Callable[[dict[str, Any]], None]) -> Change:
    """The record in its canonical form again, after a change to its content."""

    def made(bag: Path) -> None:
        path = bag / "data" / "records" / f"{name}.json"
        content = json.loads(path.read_bytes())
        change(content)
        path.write_bytes(canonical_bytes(content))

    return made


def in_entries(change: Callable[[list[dict[str, Any]]], None]) -> Change:
    def made(bag: Path) -> None:
        path = bag / "data" / "trail" / "entries.jsonl"
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        change(entries)
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    return made


def without(action: str) -> Change:
    return in_entries(lambda entries: [entries.remove(e) for e in list(entries) if f'"action":"{action}"' in e["hashed"]] and None)


def swap_proofs(entries: list[dict[str, Any]]) -> None:
    entries[2]["path"], entries[3]["path"] = entries[3]["path"], entries[2]["path"]


def swap_places(entries: list[dict[str, Any]]) -> None:
    entries[2], entries[3] = entries[3], entries[2]


def reword(entries: list[dict[str, Any]], *, hash_again: bool) -> None:
    entry = next(e for e in entries if '"action":"assessment.approved"' in e["hashed"])
    entry["hashed"] = entry["hashed"].replace('"authentication":"password"', '"authentication":"provider"')
    if hash_again:
        entry["leaf_hash"] = hashlib.sha256(b"\0" + entry["hashed"].encode()).hexdigest()


def rename(entries: list[dict[str, Any]]) -> None:
    entries[-1]["texts"]["object_label"]["text"] = "Another case"


def take_out(key: str) -> Change:
    """A name or a reason left out of every entry, as if it had been erased."""
    return in_entries(lambda entries: [entry["texts"].pop(key, None) for entry in entries] and None)


def signed_by_another(origin: str, *, list_key: bool) -> Change:
    """A checkpoint of the same size and root under a key of somebody else's."""

    def change(bag: Path) -> None:
        path = bag / "data" / "trail" / "checkpoint.note"
        head = note.tree_head(note.parse(path.read_text()).text)
        signer = note.Signer(origin or head.origin, note.PLAIN, Ed25519PrivateKey.generate())
        path.write_text(note.sign(note.TreeHead(signer.name, head.size, head.root).text, [signer], 0))
        if list_key:
            (bag / "data" / "trail" / "log-keys.txt").write_text(signer.verifier.text + "\n")

    return change


def another_person(decision: dict[str, Any]) -> None:
    decision["verdicts"][0]["person"]["name"] = "Somebody Else"


def another_person_throughout(decision: dict[str, Any]) -> None:
    another_person(decision)
    decision["verdicts"][0]["signed"]["person"]["name"] = "Somebody Else"


def another_meaning(decision: dict[str, Any]) -> None:
    decision["verdicts"][0]["meaning"] = "review"


def rejected(decision: dict[str, Any]) -> None:
    decision["decision"]["outcome"] = "rejected"


def other_snapshot(decision: dict[str, Any]) -> None:
    decision["verdicts"][0]["snapshot_digest"] = "sha256:" + "00" * 32


def sealed_by_a_forger(bag: Path) -> None:
    """The verdict as somebody else, under a certificate of one's own, everything around it made to fit."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate_for(key)
    fingerprint = hashlib.sha256(der).hexdigest()
    path = bag / "data" / "records" / "decision-record.json"
    decision = json.loads(path.read_bytes())
    verdict = decision["verdicts"][0]
    another_person_throughout(decision)
    data = canonical_bytes(verdict["signed"])
    algorithm, signature = sign(key, data)
    verdict["seal"] = {"algorithm": algorithm, "certificate": fingerprint, "signature": base64.b64encode(signature).decode()}
    decision["certificates"] = {fingerprint: base64.b64encode(der).decode()}
    path.write_bytes(canonical_bytes(decision))
    one(bag, "data/signatures/*.json").write_bytes(data)
    one(bag, "data/signatures/*.sig").write_bytes(signature)
    (bag / "data" / "certificates" / f"{fingerprint}.pem").write_text(ssl.DER_cert_to_PEM_cert(der))


def linked(bag: Path) -> None:
    path = one(bag, "data/evidence/*.txt")
    shutil.copy(path, bag.parent / "elsewhere")
    path.unlink()
    path.symlink_to(bag.parent / "elsewhere")


ENTRIES = "data/trail/entries.jsonl"
TAMPERED: dict[str, tuple[Change, bool, str]] = {
    "a byte of evidence": (flipped("data/evidence/*.txt"), False, r"package: data/evidence/\w+-Zertifikat\S+ was changed"),
    "a byte of evidence, mended": (flipped("data/evidence/*.txt"), MENDED, f"evidence: {TEXT_NAME}, which the answer to"),
    "evidence removed": (removed("data/evidence/*.png"), False, r"package: data/evidence/\S+png is missing"),
    "evidence removed, mended": (removed("data/evidence/*.png"), MENDED, f"evidence: {PICTURE_NAME}, .* is missing or was changed"),
    "evidence added": (written("data/evidence/x.txt", b"x"), False, r"package: data/evidence/x.txt was added"),
    "evidence added, mended": (written("data/evidence/x.txt", b"x"), MENDED, "evidence: data/evidence/x.txt .SHA-256 2d7116.* no answer rests"),
    "a link in evidence's place": (linked, False, r"package: data/evidence/\S+ is a link"),
    "a file beside": (written("extra.txt", b"x"), False, "package: extra.txt was added: tagmanifest"),
    "README changed": (flipped("README.txt"), False, "package: README.txt was changed"),
    "another declaration": (replaced("bagit.txt", "1.0", "0.97"), MENDED, "package: bagit.txt doesn't declare"),
    "another Payload-Oxum": (replaced("bag-info.txt", "Payload-Oxum: ", "Payload-Oxum: 1"), False, "package: bag-info.txt doesn't state"),
    "another size in the index": (replaced("data/index.json", f'"size": {len(TEXT)}', '"size": 1'), False, r"lists data/evidence/\S+ otherwise"),
    "a manifest's line": (replaced("manifest-sha256.txt", "data/", "../data/"), False, "package: manifest-sha256.txt has a line that isn't right"),
    "an entry removed": (without("assessment.submitted"), MENDED, r"trail: entry \d+ \(assessment.submitted\), which the decision record lists"),
    "the decision's entry removed": (without("assessment.approved"), MENDED, "trail: no entry tells that this decision record was made"),
    "the report's entry removed": (without("report.made"), MENDED, "report: it was changed, is missing or another"),
    "the seal's entry removed": (without("seal.made"), MENDED, "certificates: no entry tells that the organisation ever sealed with"),
    "proofs swapped": (in_entries(swap_proofs), MENDED, "trail: the proof of entry 2 doesn't lead to the checkpoint"),
    "entries swapped": (in_entries(swap_places), MENDED, "trail: entry 2 was changed or moved"),
    "an entry's bytes": (in_entries(lambda e: reword(e, hash_again=False)), MENDED, r"trail: entry \d+ was changed or moved"),
    "an entry hashed again": (in_entries(lambda e: reword(e, hash_again=True)), MENDED, r"trail: the proof of entry \d+ doesn't lead"),
    "a name beside an entry": (in_entries(rename), MENDED, "trail: the text 'object_label' of entry"),
    "a name taken out": (take_out("actor_name"), MENDED, "trail: the text 'actor_name' of entry 0 is missing, and no later entry tells that"),
    "a text taken out": (take_out("object_label"), MENDED, r"trail: the text 'object_label' of .* manage.py verify_audit --stream org"),
    "a checkpoint of another log": (signed_by_another("elsewhere/org:1", list_key=True), MENDED, "checkpoint: it is of another log"),
    "a checkpoint by another key": (signed_by_another("", list_key=False), MENDED, "checkpoint: .* isn't by a key in log-keys.txt"),
    "a checkpoint's signature": (lettered("data/trail/checkpoint.note", -20), MENDED, "checkpoint: .* isn't by a key in log-keys.txt"),
    "a checkpoint's size": (replaced("data/trail/checkpoint.note", "\n1", "\n11"), MENDED, "log: no proof leads from the place"),
    "the proof that the log only grew": (written("data/trail/consistency.json", b'{"path": []}'), MENDED, "log: no proof leads from the place"),
    "the snapshot": (in_record("snapshot", lambda s: s["proposal"].update(reason="!")), MENDED, "decision-record: it is about another snapshot"),
    "the snapshot's form": (written("data/records/snapshot.json", b'{"format": "countersign/snapshot@1"}'), MENDED, "snapshot: its bytes aren't in"),
    "the outcome": (in_record("decision-record", rejected), MENDED, "agreement: the records contradict each other"),
    "the decision record": (in_record("decision-record", another_meaning), MENDED, "trail: no entry tells that this decision record was made"),
    "a verdict's snapshot": (in_record("decision-record", other_snapshot), MENDED, "signature of Approver: .* has another snapshot digest"),
    "a signature moved": (in_record("decision-record", another_person), MENDED, "signature of Somebody Else: .* for something else, or by somebody"),
    "a signature moved entirely": (in_record("decision-record", another_person_throughout), MENDED, "of Somebody Else: the seal isn't over"),
    "a signature forged": (sealed_by_a_forger, MENDED, "signature of Somebody Else: no entry of the trail says that this person gave it"),
    "a certificate forged": (sealed_by_a_forger, MENDED, "certificates: no entry tells that the organisation ever sealed with"),
    "the file beside a signature": (flipped("data/signatures/*.json", -3), MENDED, "signature of Approver: the files in data/signatures"),
    "the seal beside a signature": (flipped("data/signatures/*.sig"), MENDED, "signature of Approver: the files in data/signatures"),
    "the certificate beside": (flipped("data/certificates/*.pem", 300), MENDED, "signature of Approver: the files in data/signatures"),
    "another release": (lambda bag: shutil.copy("compliance/releases/open-or-closed@2.json", one(bag, "data/catalogue/*")) and None, MENDED,
                        "catalogue: the release here isn't the one that the record names"),
    "an answer in the assessment file": (replaced("data/assessment/assessment.json", "Assistant", "Chatbox"), MENDED, "file: it isn't the one"),
    "a byte of the report": (flipped("data/report/*.pdf"), MENDED, "report: it was changed"),
    "a report without the records": (lambda bag: one(bag, "data/report/*.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n") and None, MENDED,
                                     r"sign-off-v\d+.pdf: inside it aren't these records"),
    "a record missing": (removed("data/records/snapshot.json"), MENDED, "records: .* data/records/snapshot.json is missing"),
}  # fmt: skip


@pytest.mark.databases
def test_a_true_bundle_holds_as_a_folder_and_as_a_zip(case: Bundled, bag: Path, tmp_path: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in bag.rglob("*"))
    run = verified(script=bag / "verify.py", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert "DOES NOT HOLD" not in run.stdout
    assert run.stdout.splitlines()[-1].startswith("All ")
    zipped = tmp_path / "b.zip"
    zipped.write_bytes(case.data)
    assert verified(zipped, script=bag / "verify.py").stdout == run.stdout
    assert verified(bag.parent, script=bag / "verify.py").stdout == run.stdout  # the folder that the zip was unpacked into
    assert sorted((path, path.stat().st_mtime_ns) for path in bag.rglob("*")) == before


def test_what_it_can_t_check_is_named_with_the_command_that_does(bag: Path) -> None:
    lines = [line for line in verified(script=bag / "verify.py").stdout.splitlines() if line.startswith("not checked")]
    for words in (
        "seal of the report.*pdfsig",
        "certificates: .*openssl verify",
        "log keys",
        "later entries.*verify_audit",
        "figures.*evaluate",
    ):
        assert any(re.search(words, line) for line in lines), words
    assert any("licence.pdf, named for" in line and NAMED_ONLY in line for line in lines)
    assert not any("timestamp" in line for line in lines)


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_is_found_and_named(what: str, bag: Path, tmp_path: Path) -> None:
    change, mended, words = TAMPERED[what]
    run = verified(copy_of(bag, tmp_path, change, again=mended), script=bag / "verify.py")
    found = [line for line in run.stdout.splitlines() if line.startswith("DOES NOT HOLD")]
    assert run.returncode == 1
    assert run.stderr == ""
    assert any(re.search(words.replace("(final)", r"\(final\)"), line) for line in found), run.stdout
    assert run.stdout.splitlines()[-1].startswith("THE BUNDLE DOES NOT HOLD")


def test_an_earlier_checkpoint_of_the_log_can_t_stand_in_for_the_newest(case: Bundled, bag: Path, tmp_path: Path) -> None:
    earlier = AuditCheckpoint.objects.filter(stream=case.cast.organisation.stream).order_by("size").first()
    assert earlier is not None
    assert earlier.size < case.bundle.checkpoint[0]
    run = verified(
        copy_of(bag, tmp_path, written("data/trail/checkpoint.note", earlier.note.encode()), again=True), script=bag / "verify.py"
    )
    assert run.returncode == 1
    assert "trail: the proof of entry 0 doesn't lead to the checkpoint" in run.stdout


def test_a_timestamp_is_named_with_its_command(bag: Path, tmp_path: Path) -> None:
    stamped = copy_of(bag, tmp_path, written("data/trail/checkpoint.tsr", b"0"), again=True)
    assert "timestamp: the authority's word for the time: openssl ts -verify" in verified(stamped, script=bag / "verify.py").stdout


JSON_FILES = ("data/index.json", "data/records/snapshot.json", "data/records/decision-record.json", "data/assessment/assessment.json",
              "data/trail/consistency.json", ENTRIES)  # fmt: skip
BROKEN = {"cut": b'{"a":', "not UTF-8": b"\xff\xfe{}", "nested": b"[" * 100_000, "a number": b"7", "a long number": b"1" * 6000, "empty": b"",
          "a list": b"[]\n", "other keys": b'{"hashed": null, "index": "x"}\n', "null": b"null\n"}  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("name", JSON_FILES)
def test_a_file_that_is_built_otherwise_is_told_in_words(name: str, content: str, bag: Path, tmp_path: Path) -> None:
    broken = copy_of(bag, tmp_path, written(name, BROKEN[content]), again=name != "data/index.json")
    run = verified(broken, script=bag / "verify.py")
    assert (run.returncode, run.stderr) == (1, "")


def test_every_byte_counts(bag: Path, tmp_path: Path) -> None:
    """A bit turned anywhere in what is proved is found although the manifests were mended."""
    script, pieces = bag / "verify.py", {}
    for pattern in ("data/records/*.json", "data/report/*.pdf", "data/catalogue/*", "data/signatures/*", "data/evidence/*", "data/trail/*.txt",
                    "data/trail/*.note"):  # fmt: skip
        for path in bag.glob(pattern):
            size = path.stat().st_size
            pieces[path.relative_to(bag)] = (size // 7, size - 8)
    for name, places in pieces.items():
        for at in places:
            folder = tmp_path / f"{name.name}-{at}"
            folder.mkdir()
            run = verified(copy_of(bag, folder, lambda bag, name=name, at=at: flip(bag / name, at), again=True), script=script)
            assert (run.returncode, run.stderr) == (1, ""), (name, at)
            shutil.rmtree(folder)


def test_names_can_t_play_tricks_with_the_terminal(bag: Path, tmp_path: Path) -> None:
    def change(bag: Path) -> None:
        (bag / "data" / "evidence" / "\x1b[2J\u202eall holds").write_bytes(b"")
        (bag / "data" / os.fsdecode(b"\xff\xfe")).write_bytes(b"")

    run = verified(copy_of(bag, tmp_path, change, again=False), script=bag / "verify.py")
    assert run.returncode == 1
    assert run.stderr == ""
    assert "\x1b" not in run.stdout
    assert "\u202e" not in run.stdout
    assert r"\x1b[2J" in run.stdout


def test_a_pipe_in_the_folder_is_not_waited_for(bag: Path, tmp_path: Path) -> None:
    run = verified(copy_of(bag, tmp_path, lambda bag: os.mkfifo(bag / "data" / "pipe"), again=False), script=bag / "verify.py")
    assert run.returncode == 1
    assert "data/pipe is a link or another thing that is no plain file" in run.stdout
