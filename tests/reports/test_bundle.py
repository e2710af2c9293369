"""Making an evidence bundle: what is in it, that it is a bag and the same each time, and that none is made that would lack something."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import tracemalloc
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import SealCertificate
from assessments.files import record_handed_out
from assessments.models import Evidence
from audit import checkpoints
from audit.models import AuditEvent
from audit.trail import PERSON_ERASED, erase_person, record
from reports.bundle import BundleRefused, Changed, bundle_of
from reports.bundle.bag import Part, zipped
from reports.bundle.files import clean
from reports.models import Report
from reports.verifier.figures import assessment_text
from tests.reports.bundled import NAMED_ONLY, PICTURE, PICTURE_NAME, TEXT, TEXT_NAME, Bundled, bundled_case, rehash, unpacked, verified
from tests.triggers import without_triggers

SAFE = re.compile(r"[A-Za-z0-9._/-]+")


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any, own_var_dir: Path) -> Iterator[Bundled]:
    with django_db_blocker.unblock(), bundled_case() as found:
        yield found


@pytest.fixture
def made(case: Bundled, db: None) -> Bundled:
    return case


@pytest.fixture
def bag(made: Bundled, tmp_path: Path) -> Path:
    return unpacked(made.data, tmp_path)


def payload(bag: Path) -> dict[str, bytes]:
    return {path.relative_to(bag).as_posix(): path.read_bytes() for path in sorted((bag / "data").rglob("*")) if path.is_file()}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_it_is_a_bag_as_rfc_8493_has_it(bag: Path) -> None:
    """Section 2.1: the declaration, a payload folder, a manifest that names every file of it once; 2.2: the optional files, in their forms."""
    assert (bag / "bagit.txt").read_bytes() == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    lines = [line.split("  ", 1) for line in (bag / "manifest-sha256.txt").read_text().splitlines()]
    files = payload(bag)
    assert {path: digest for digest, path in lines} == {path: sha(data) for path, data in files.items()}
    assert len(lines) == len(files)
    tags = [line.split("  ", 1) for line in (bag / "tagmanifest-sha256.txt").read_text().splitlines()]
    beside = {path.name: sha(path.read_bytes()) for path in bag.iterdir() if path.is_file() and path.name != "tagmanifest-sha256.txt"}
    assert {path: digest for digest, path in tags} == beside
    assert set(beside) == {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "README.txt", "verify.py"}
    info = dict(line.split(": ", 1) for line in (bag / "bag-info.txt").read_text().splitlines())
    assert info["Payload-Oxum"] == f"{sum(map(len, files.values()))}.{len(files)}"
    assert info["Source-Organization"] == "Meridian Bank"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", info["Bagging-Date"])


def test_other_tools_read_it(made: Bundled, bag: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_bytes(made.data)
    assert zipfile.ZipFile(file).testzip() is None
    sums = subprocess.run(
        ["sha256sum", "-c", "--strict", "manifest-sha256.txt", "tagmanifest-sha256.txt"], cwd=bag, capture_output=True, check=False
    )
    assert sums.returncode == 0


def test_openssl_checks_each_signature_by_the_files_beside_it(bag: Path, tmp_path: Path) -> None:
    (signed,) = (bag / "data" / "signatures").glob("*.json")
    (certificate,) = (bag / "data" / "certificates").glob("*.pem")
    key = tmp_path / "key.pem"
    key.write_bytes(subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout)
    command = ["openssl", "dgst", "-sha256", "-verify", key, "-signature", signed.with_suffix(".sig"), signed]
    assert subprocess.run(command, capture_output=True, check=False).stdout == b"Verified OK\n"


def test_everything_is_in_it_as_it_is_stored(made: Bundled, bag: Path) -> None:
    decision, files = made.decision, payload(bag)
    assert files["data/records/snapshot.json"] == bytes(decision.snapshot.content)
    assert files["data/records/decision-record.json"] == bytes(decision.content)
    with made.report.file.open("rb") as file:
        assert files[f"data/report/sign-off-v{made.report.template_version}.pdf"] == file.read()
    stated = json.loads(files["data/records/snapshot.json"])["catalogue"]
    assert "sha256:" + sha(files[f"data/catalogue/{stated['key']}-{stated['version']}.json"]) == stated["digest"]
    assert files["data/assessment/assessment.json"].decode() == assessment_text(json.loads(files["data/records/snapshot.json"])["file"])
    assert sorted(data for path, data in files.items() if "/evidence/" in path) == sorted([TEXT, PICTURE])
    entries = [json.loads(line) for line in files["data/trail/entries.jsonl"].splitlines()]
    told = AuditEvent.objects.filter(stream=made.cast.organisation.stream, index__lt=made.bundle.checkpoint[0])
    assert [entry["index"] for entry in entries] == list(
        told.order_by("index").values_list("index", flat=True)
    )  # this log has no other case
    assert {"assessment.approved", "report.made", "seal.made", "evidence.attached"} <= {json.loads(e["hashed"])["action"] for e in entries}
    assert entries[0]["texts"]["actor_name"]["text"] == "Risk officer"
    assert (bag / "verify.py").read_bytes() == Path("reports/bundle/verify.py").read_bytes()


def test_the_index_says_what_each_file_is_and_which_answers_rest_on_it(bag: Path) -> None:
    index = json.loads((bag / "data" / "index.json").read_text())
    files = payload(bag)
    del files["data/index.json"]
    assert {one["path"]: (one["size"], one["sha256"]) for one in index["files"]} == {p: (len(d), sha(d)) for p, d in files.items()}
    assert all(one["what"] for one in index["files"])
    by_name = {one["belongs_to"]["name"]: one for one in index["files"] if "/evidence/" in one["path"]}
    assert set(by_name) == {TEXT_NAME, PICTURE_NAME}
    question = Evidence.objects.get(name=TEXT_NAME).response.question
    assert by_name[TEXT_NAME]["belongs_to"]["answers"] == [{"question": question, "option": None}]
    assert [one["sha256"] for one in index["named_only"]] == [NAMED_ONLY]


def test_names_are_safe_on_every_system_and_lie_in_one_folder(made: Bundled) -> None:
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        names = archive.namelist()
    assert all(SAFE.fullmatch(name) and ".." not in name for name in names)
    assert {name.split("/")[0] for name in names} == {made.bundle.top}
    assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Prüfbericht 2026.PDF", "Prufbericht-2026.PDF"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "CON"),
        ("证书.pdf", "file.pdf"),
        (".htaccess", "file.htaccess"),
        ("a" * 300 + ".docx", "a" * 55 + ".docx"),
        ("Zertifikat für Übersee (final)..v2.txt", "Zertifikat-fur-Ubersee-final.v2.txt"),
        ("x.tar..gz", "x.tar.gz"),
        ("rate\u202egnp.exe", "rategnp.exe"),
        ("", "file"),
    ],
)
def test_a_cleaned_name(name: str, kept: str) -> None:
    assert clean(name) == kept


def test_every_entry_has_the_decision_s_time_and_what_is_compressed_already_is_stored(made: Bundled) -> None:
    at = made.decision.created_at
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (at.year, at.month, at.day, at.hour, at.minute, at.second // 2 * 2)
            assert entry.external_attr >> 16 == 0o100644
            stored = entry.filename.endswith((".pdf", ".png", ".sig"))
            assert entry.compress_type == (zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)


def test_the_same_record_files_and_checkpoint_give_the_same_bytes(made: Bundled) -> None:
    assert b"".join(made.bundle) == made.data
    first = checkpoints.latest(made.cast.organisation.stream)
    record_handed_out(actor=made.cast.auditor, record=made.decision)  # the trail goes on
    newer = bundle_of(made.decision)
    assert newer.checkpoint[0] == made.bundle.checkpoint[0] + 1
    assert b"".join(newer) != made.data
    assert b"".join(bundle_of(made.decision, checkpoint=first)) == made.data


def test_erased_names_are_left_out_and_the_rest_still_holds(made: Bundled, tmp_path: Path, settings: Any) -> None:
    # What other tests signed lies in the second place, while their entries were taken back.
    own_place = {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": tmp_path / "place"}}
    settings.STORAGES = settings.STORAGES | {"checkpoints": own_place}
    before = checkpoints.latest(made.cast.organisation.stream)
    erase_person(made.cast.approver.reference)
    another = str(uuid.uuid4())  # somebody whom the entries about this assessment never named
    with transaction.atomic():
        record(stream=made.cast.organisation.stream, action=PERSON_ERASED, actor="system", object_type="person", object_id=another,
               changes={"texts": 1})  # fmt: skip
    bag = unpacked(b"".join(bundle_of(made.decision)), tmp_path / "bag")
    trail = (bag / "data" / "trail" / "entries.jsonl").read_text()
    assert '"actor_name":{"salt"' in trail
    assert '"text":"Approver"' not in trail
    told = [body for body in (json.loads(json.loads(line)["hashed"]) for line in trail.splitlines()) if body["action"] == PERSON_ERASED]
    assert [f"person:{body['object']['id']}" for body in told] == [made.cast.approver.reference]
    run = verified(script=bag / "verify.py")
    assert run.returncode == 0, run.stdout
    assert re.search(r"holds +trail: .*; [1-9]\d* names were erased, as entries of it tell", run.stdout)
    (bag / "data" / "trail" / "entries.jsonl").write_text("".join(line for line in trail.splitlines(True) if PERSON_ERASED not in line))
    rehash(bag)
    run = verified(script=bag / "verify.py")
    assert run.returncode == 1
    assert re.search(r"DOES NOT HOLD +trail: the text 'actor_name' of entry \d+ is missing", run.stdout)
    with pytest.raises(BundleRefused, match="a person's name was erased, as entry .* Take a newer one"):
        bundle_of(made.decision, checkpoint=before)


def test_a_timestamp_goes_along_where_there_is_one(made: Bundled) -> None:
    row = checkpoints.latest(made.cast.organisation.stream)
    assert row is not None
    row.token = b"an answer"
    (part,) = [part for part in bundle_of(made.decision, checkpoint=row).parts if part.path == "trail/checkpoint.tsr"]
    assert b"".join(part.chunks()) == b"an answer"


def test_the_issuers_of_a_certificate_go_along(made: Bundled, tmp_path: Path) -> None:
    with without_triggers(connection):
        row = SealCertificate.objects.get(organisation=made.cast.organisation)
        SealCertificate.objects.filter(pk=row.pk).update(chain=[base64.b64encode(row.certificate).decode()])
        bag = unpacked(b"".join(bundle_of(made.decision)), tmp_path)
    folder = bag / "data" / "certificates"
    assert (folder / f"{row.fingerprint}-issuers.pem").read_bytes() == (folder / f"{row.fingerprint}.pem").read_bytes()
    assert verified(script=bag / "verify.py").returncode == 0


def stored_name(name: str) -> str:
    return str(Evidence.objects.get(name=name).file.name)


@pytest.fixture
def kept_files(made: Bundled) -> Iterator[None]:
    """What a test does to stored files is undone, since no transaction takes it back."""
    names = [stored_name(TEXT_NAME), stored_name(PICTURE_NAME), str(made.report.file.name)]
    before = {name: Path(default_storage.path(name)).read_bytes() for name in names}
    yield
    for name, data in before.items():
        Path(default_storage.path(name)).write_bytes(data)


def test_no_bundle_where_a_file_of_evidence_is_missing(made: Bundled, kept_files: None) -> None:
    Path(default_storage.path(stored_name(PICTURE_NAME))).unlink()
    with pytest.raises(BundleRefused, match=rf"“{PICTURE_NAME}”.* is missing from the storage.*{sha(PICTURE)}"):
        bundle_of(made.decision)


def test_no_bundle_where_a_file_of_evidence_was_changed(made: Bundled, kept_files: None) -> None:
    Path(default_storage.path(stored_name(TEXT_NAME))).write_bytes(TEXT.replace(b"42", b"43", 1))
    with pytest.raises(BundleRefused, match=r"Zertifikat.* was changed in the storage"):
        bundle_of(made.decision)


def test_a_sound_copy_under_another_answer_will_do(made: Bundled, kept_files: None) -> None:
    one = Evidence.objects.get(name=TEXT_NAME)
    other = default_storage.save("evidence/copy", io.BytesIO(TEXT))
    response = one.response.assessment.responses.exclude(pk=one.response_id).first()
    Evidence.objects.create(response=response, file=other, name="x", size=len(TEXT), sha256=one.sha256, uploaded_by=one.uploaded_by)
    Path(default_storage.path(str(one.file.name))).unlink()
    assert b"".join(bundle_of(made.decision)) == made.data


def test_no_bundle_with_another_report_than_was_sealed(made: Bundled, kept_files: None) -> None:
    path = Path(default_storage.path(str(made.report.file.name)))
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleRefused, match="sign-off report .* was changed in the storage"):
        bundle_of(made.decision)


def test_no_bundle_before_the_report_is_made(made: Bundled) -> None:
    with without_triggers(connection):
        Report.objects.all().delete()
    with pytest.raises(BundleRefused, match="isn't made yet"):
        bundle_of(made.decision)


def test_no_bundle_from_a_checkpoint_before_the_decision(made: Bundled) -> None:
    row = checkpoints.latest(made.cast.organisation.stream)
    assert row is not None
    row.size = 3
    with pytest.raises(BundleRefused, match="before the decision"):
        bundle_of(made.decision, checkpoint=row)


@pytest.mark.parametrize(("column", "other"), [("canonical", b'{"at":'), ("canonical", b"{}"), ("leaf_hash", "00" * 32)])
def test_no_bundle_from_a_trail_that_isn_t_what_was_signed(made: Bundled, column: str, other: bytes | str) -> None:
    with without_triggers(connection):
        event = AuditEvent.objects.get(stream=made.cast.organisation.stream, action="assessment.submitted")
        AuditEvent.objects.filter(pk=event.pk).update(**{column: other})
        with pytest.raises(BundleRefused, match="verify_audit"):
            bundle_of(made.decision)


def test_a_file_that_changes_while_the_bundle_is_read_breaks_it_off(made: Bundled, kept_files: None) -> None:
    bundle = bundle_of(made.decision)
    Path(default_storage.path(stored_name(TEXT_NAME))).write_bytes(TEXT.replace(b"42", b"43", 1))
    sent = []
    with pytest.raises(Changed, match="was changed while the bundle was made"):
        sent += list(bundle)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(sent)))


def test_memory_doesn_t_grow_with_what_is_packed() -> None:
    chunk, count = bytes(range(256)) * 4096, 48  # 1 MiB each
    digest = sha(chunk * count)
    part = Part("evidence/large.bin", digest, len(chunk) * count, lambda: (chunk for _ in range(count)), "a large file", packed=False)
    tracemalloc.start()
    sent = sum(map(len, zipped("b", [part], info=[], tags={}, at=datetime(2026, 1, 1, tzinfo=UTC))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > len(chunk) * count
    assert peak < 8 << 20


def test_the_command_writes_the_bundle_and_nothing_where_there_is_none(made: Bundled, tmp_path: Path, kept_files: None) -> None:
    file, assessment = tmp_path / "out" / "b.zip", made.decision.snapshot.assessment
    file.parent.mkdir()
    call_command("make_bundle", str(assessment.pk), "--out", str(file))
    assert file.read_bytes() == made.data
    with pytest.raises(CommandError, match="is there already"):
        call_command("make_bundle", str(assessment.pk), "--out", str(file))
    call_command(
        "make_bundle", str(assessment.pk), "--out", str(file.with_name("again.zip")), "--checkpoint", str(made.bundle.checkpoint[0])
    )
    assert file.with_name("again.zip").read_bytes() == made.data
    Path(default_storage.path(stored_name(PICTURE_NAME))).unlink()
    with pytest.raises(CommandError, match="scan of the contract"):
        call_command("make_bundle", str(assessment.pk), "--out", str(tmp_path / "none.zip"))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["again.zip", "b.zip"]


@pytest.mark.parametrize("said", ["no-uuid", "00000000-0000-4000-8000-000000000000"])
def test_the_command_says_where_there_is_no_such_decision(said: str, made: Bundled, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no decision"):
        call_command("make_bundle", said, "--out", str(tmp_path / "b.zip"))
