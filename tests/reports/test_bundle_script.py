"""verify.py by itself: what it is made of, its arithmetic against published values and another library, and bundles made to do harm."""

from __future__ import annotations

import ast
import base64
import io
import os
import runpy
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.signatures import ECDSA, RSA, sign
from assessments import workflow
from assessments.models import DecisionRecord
from audit import merkle
from jobs.models import Job
from reports.bundle import bundle_of
from reports.tasks import make_sign_off
from tests.fixtures import SIGNING, make_cast, make_submitted, more_approvers, newest, read_all
from tests.reports.bundled import certificate_for, unpacked, verified

SCRIPT = Path("reports/bundle/verify.py")
v: dict[str, Any] = runpy.run_path(str(SCRIPT))


def test_it_is_one_short_file_of_the_standard_library_that_python_3_6_reads() -> None:
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 400
    tree = ast.parse(text, feature_version=(3, 6))
    imports = {alias.name for found in ast.walk(tree) if isinstance(found, ast.Import) for alias in found.names}
    assert imports == {
        "base64",
        "hashlib",
        "json",
        "os",
        "re",
        "stat",
        "sys",
        "time",
        "zipfile",
        "zlib",
    }  # none reaches a network or a program
    assert imports <= sys.stdlib_module_names
    assert not [found for found in ast.walk(tree) if isinstance(found, ast.ImportFrom)]
    calls = [
        found for found in ast.walk(tree) if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id == "open"
    ]
    assert [ast.unparse(call.args[1]) for call in calls] == ["'rb'"]


def test_trees_give_the_roots_of_rfc_6962_s_test_data() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                                                 "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
    root = bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
    path = ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]  # fmt: skip
    assert v["inclusion_root"](leaves[5], 5, 8, [bytes.fromhex(step) for step in path]) == root
    grown = ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]  # fmt: skip
    six = bytes.fromhex("76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")
    assert v["consistency_roots"](6, 8, [bytes.fromhex(step) for step in grown], six) == (six, root)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 21])
def test_proofs_hold_for_what_they_prove_and_nothing_else(size: int) -> None:
    tried, leaves = v["tried"], [merkle.leaf_hash(bytes([number])) for number in range(size)]
    root = merkle.root(leaves)
    for index in range(size):
        path = merkle.inclusion_proof(leaves, index)
        assert v["inclusion_root"](leaves[index], index, size, path) == root
        for wrong in (path[1:], [*path, root], [*path[1:], *path[:1]]):
            assert wrong == path or tried(v["inclusion_root"], leaves[index], index, size, wrong) != root
        for other in {*range(-1, size + 2)} - {index}:
            assert tried(v["inclusion_root"], leaves[index], other, size, path) != root
    for first in range(1, size + 1):
        path, before = merkle.consistency_proof(leaves, first), merkle.root(leaves[:first])
        assert v["consistency_roots"](first, size, path, before) == (before, root)
        for wrong in (path[1:], [*path, root], [*path[1:], *path[:1]]):
            assert wrong == path or tried(v["consistency_roots"], first, size, wrong, before) != (before, root)
        other = merkle.node_hash(before, before)
        assert tried(v["consistency_roots"], first, size, path, other) != (other, root)


def test_sizes_beyond_measure_are_no_proof() -> None:
    assert v["tried"](v["inclusion_root"], b"x" * 32, 0, 1 << 100_000, []) is None
    assert v["tried"](v["consistency_roots"], 0, 5, [], b"x" * 32) is None


RFC_8032 = [  # section 7.1: public key, message, signature
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_by_rfc_8032_s_vectors(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(text) for text in (public, message, signature))
    holds, tried = v["ed25519_holds"], v["tried"]
    assert holds(key, said, signed) is True
    assert not tried(holds, key, said + b"x", signed)
    assert not tried(holds, key, said, signed[:-1])
    for at in range(0, 64, 9):
        assert not tried(holds, key, said, signed[:at] + bytes([signed[at] ^ 4]) + signed[at + 1 :])
    order = 2**252 + 27742317777372353535851937790883648493
    larger = signed[:32] + (int.from_bytes(signed[32:], "little") + order).to_bytes(32, "little")
    assert not tried(holds, key, said, larger)  # 5.1.7: one signature, one form


def test_ed25519_agrees_with_another_library() -> None:
    for number in range(8):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        said = bytes(range(number * 9))
        assert v["ed25519_holds"](key.public_key().public_bytes_raw(), said, key.sign(said)) is True
        assert not v["tried"](v["ed25519_holds"], key.public_key().public_bytes_raw(), said + b".", key.sign(said))


@pytest.mark.parametrize("kind", [ECDSA, RSA])
def test_seals_agree_with_another_library(kind: str) -> None:
    sealed, tried, said = v["sealed"], v["tried"], b'{"verdict":"approve"}'
    for _ in range(4 if kind == ECDSA else 1):
        key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == ECDSA else rsa.generate_private_key(65537, 3072)
        other: Any = ec.generate_private_key(ec.SECP256R1()) if kind == ECDSA else rsa.generate_private_key(65537, 2048)
        algorithm, signature = sign(key, said)
        certificate = certificate_for(key)
        assert algorithm == kind
        assert sealed(said, kind, signature, certificate) is True
        assert not tried(sealed, said + b" ", kind, signature, certificate)
        assert not tried(sealed, said, kind, signature, certificate_for(other))
        assert not tried(sealed, said, RSA if kind == ECDSA else ECDSA, signature, certificate)
        assert not tried(sealed, said, "none", signature, certificate)
        for at in range(4, len(signature), 11):
            assert not tried(sealed, said, kind, signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :], certificate)
        assert not tried(sealed, said, kind, signature[:-1], certificate)
        assert not tried(sealed, said, kind, b"", certificate)
        assert not tried(sealed, said, kind, signature, certificate[:200])


def test_a_seal_by_a_key_of_another_curve_doesn_t_hold() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    assert not v["tried"](v["sealed"], b"x", ECDSA, sign(key, b"x")[1], certificate_for(key))


def test_the_signature_of_nothing_doesn_t_hold() -> None:
    """r and s of 0, and what hashes like it, must not pass (as in CVE-2022-21449)."""
    certificate = certificate_for(ec.generate_private_key(ec.SECP256R1()))
    for signature in ("3006020100020100", "3006020101020100", "3006020100020101"):
        assert not v["tried"](v["sealed"], b"x", ECDSA, bytes.fromhex(signature), certificate)


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


BAGIT = ("bag/bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("bag/../../evil", "don't unpack this zip"),
        ("/etc/cron.d/evil", "don't unpack this zip"),
        ("C:/evil", "don't unpack this zip"),
        ("bag/data\\..\\evil", "don't unpack this zip"),
        ("other/file", "don't unpack this zip"),
        ("bag/data//file", "don't unpack this zip"),
        (link("bag/data/link"), "don't unpack this zip"),
        ("bag/bagit.txt", "bagit.txt is in the zip twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_would_do_harm_is_told_and_not_unpacked(entry: str | zipfile.ZipInfo, words: str, tmp_path: Path) -> None:
    file = tmp_path / "in" / "b.zip"
    file.parent.mkdir()
    file.write_bytes(zip_of(BAGIT, (entry, b"x")))
    run = verified(file, script=SCRIPT.resolve(), cwd=file.parent)
    assert (run.returncode, run.stderr) == (1, "")
    assert words in run.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_a_zip_that_would_burst_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of(BAGIT, ("bag/data/x", b"x")))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 0xF0000000)  # says that it unpacks to 4 GB
    file = tmp_path / "b.zip"
    file.write_bytes(data)
    run = verified(file, script=SCRIPT.resolve())
    assert (run.returncode, run.stderr) == (2, "")
    assert "if you trust it, unpack it otherwise" in run.stdout


def test_a_member_that_is_damaged_inside_is_told(tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    info = zipfile.ZipInfo("bag/data/x")
    info.compress_type = zipfile.ZIP_DEFLATED
    data = bytearray(zip_of(BAGIT, (info, os.urandom(50) * 100)))
    at = data.index(b"bag/data/x") + 30
    data[at : at + 8] = b"\xff" * 8
    file.write_bytes(data)
    run = verified(file, script=SCRIPT.resolve())
    assert (run.returncode, run.stderr) == (1, "")
    assert "data/x can't be read: it was cut or damaged" in run.stdout


@pytest.mark.parametrize("data", [b"", b"PK", b"%PDF-1.7", b"\xff" * 5000, zip_of(BAGIT)[:-30], zip_of(("bag/x", b"x")), zip_of()])
def test_what_is_no_bundle_can_t_be_read(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_bytes(data)
    run = verified(file, script=SCRIPT.resolve())
    assert (run.returncode, run.stderr) == (2, "")
    assert run.stdout.startswith("Nothing was checked: ")


@pytest.mark.parametrize("arguments", [["no/such/folder"], ["."], ["--help"], ["a", "b"], ["x\x1b[2J"]])
def test_other_arguments_say_how_it_is_used(arguments: list[str], tmp_path: Path) -> None:
    run = verified(*arguments, script=SCRIPT.resolve(), cwd=tmp_path)
    assert (run.returncode, run.stderr) == (2, "")
    assert "usage: verify.py [BUNDLE]" in run.stdout
    assert "\x1b" not in run.stdout


def test_a_folder_with_nothing_but_the_declaration_fails_in_words(tmp_path: Path) -> None:
    (tmp_path / "bagit.txt").write_bytes(BAGIT[1])
    run = verified(tmp_path, script=SCRIPT.resolve())
    assert (run.returncode, run.stderr) == (1, "")
    assert "manifest-sha256.txt is missing" in run.stdout


def test_canonical_form_is_that_of_the_service() -> None:
    from audit.canonical import canonical_bytes

    value = {"b": ['\x00\x1f\x7f"\\/\b\f\n\r\t', "é😀\u2028"], "a": {"c": 2**53 - 1, "B": None, "_": True}}
    assert v["canonical"](value) == canonical_bytes(value)
    assert base64.b64encode(v["canonical"](value))


def test_a_rejection_after_an_abstention_holds(db: None, tmp_path: Path) -> None:
    cast = make_cast()
    assessment = make_submitted(cast)
    (second,) = more_approvers(cast, "second")
    digest = newest(assessment).digest
    workflow.abstain(actor=second, assessment=assessment, digest=digest, signing=SIGNING, reason="I know the author.")
    read_all(cast.approver, assessment)
    workflow.reject(actor=cast.approver, assessment=assessment, digest=digest, signing=SIGNING, reason="Too dear.")
    decision = DecisionRecord.objects.get(snapshot__assessment=assessment)
    make_sign_off(str(Job.objects.get(key=f"sign_off:{decision.digest}").pk))
    run = verified(script=unpacked(b"".join(bundle_of(decision)), tmp_path) / "verify.py")
    assert run.returncode == 0, run.stdout
    assert "'rejected' follows from the verdicts" in run.stdout
    assert "signature of Second: abstain" in run.stdout
