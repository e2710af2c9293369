"""A signed case with evidence, its report, and its bundle: once for each file of tests, in a transaction that is taken back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.db import transaction

from assessments import workflow
from assessments.models import Assessment, DecisionRecord, Evidence
from jobs.models import Job
from reports.bundle import Bundle, bundle_of
from reports.models import Report
from reports.tasks import make_sign_off
from tests import fixtures
from tests.fixtures import Cast, attach, make_cast, make_complete, sign

TEXT = b"Certificate No. 42\n" * 400
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
NAMED_ONLY = "ab" * 32
TEXT_NAME, PICTURE_NAME = "Zertifikat für Übersee (final)..v2.txt", "scan of the contract.png"


@dataclass(frozen=True)
class Bundled:
    cast: Cast
    decision: DecisionRecord
    report: Report
    bundle: Bundle
    data: bytes


# Its report is made in a fraction of the time that the worked examples need.
SMALL = Path(__file__).parents[1] / "chaos" / "case.yaml"


@contextmanager
def signed_case() -> Iterator[tuple[Cast, DecisionRecord]]:
    """Meridian Bank's small case, with two files of evidence, approved and its report made."""
    with transaction.atomic():
        cast = make_cast()
        with mock.patch.object(fixtures, "EXAMPLE", SMALL):
            assessment = make_complete(cast)
        attach(cast, assessment, TEXT_NAME, TEXT)
        attach(cast, assessment, PICTURE_NAME, PICTURE)
        name_only(cast, assessment)
        workflow.submit(actor=cast.risk_officer, assessment=assessment)
        assessment.refresh_from_db()
        decision = sign(cast, assessment)
        assert make_sign_off(str(Job.objects.get(key=f"sign_off:{decision.digest}").pk)) is True
        yield cast, decision
        transaction.set_rollback(True)


def name_only(cast: Cast, assessment: Assessment) -> None:
    """Evidence as an imported assessment file names it: there never was a file."""
    response = assessment.responses.filter(option=None, state="answered").order_by("question")[1]
    Evidence.objects.create(response=response, name="licence.pdf", size=0, sha256=NAMED_ONLY, uploaded_by=cast.risk_officer)


@contextmanager
def bundled_case() -> Iterator[Bundled]:
    with signed_case() as (cast, decision):
        bundle = bundle_of(decision)
        yield Bundled(cast, decision, Report.objects.get(), bundle, b"".join(bundle))


def certificate_for(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """A certificate that the key's holder issued to themselves, in DER."""
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Meridian Bank")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=3650))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def unpacked(data: bytes, folder: Path) -> Path:
    """The bag's own folder, below ``folder``."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def verified(
    *arguments: object, script: Path, cwd: Path | None = None, python: str | Path = sys.executable
) -> subprocess.CompletedProcess[str]:
    """verify.py as an auditor runs it, with nothing of ours in reach: no site packages, no environment."""
    command = [str(python), "-I", "-S", str(script), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd or script.parent, env={}, timeout=120, check=False
    )


def rehash(bag: Path) -> None:
    """Manifests, index and Payload-Oxum made again over what is there, as a forger would who knows BagIt."""

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    index_path = bag / "data" / "index.json"
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    index = json.loads(index_path.read_text())
    index["files"] = [
        {"path": path.relative_to(bag).as_posix(), "sha256": digest(path), "size": path.stat().st_size, "what": "", "belongs_to": {}}
        for path in payload
        if path != index_path
    ]
    index_path.write_text(json.dumps(index))
    total = sum(path.stat().st_size for path in payload)
    if (bag / "bag-info.txt").exists():
        info = [line for line in (bag / "bag-info.txt").read_text().splitlines() if not line.startswith("Payload-Oxum")]
        (bag / "bag-info.txt").write_text("\n".join([*info, f"Payload-Oxum: {total}.{len(payload)}"]) + "\n")
    (bag / "manifest-sha256.txt").write_text("".join(f"{digest(path)}  {path.relative_to(bag).as_posix()}\n" for path in payload))
    tags = sorted(path for path in bag.iterdir() if path.is_file() and not path.name.startswith("tagmanifest"))
    (bag / "tagmanifest-sha256.txt").write_text("".join(f"{digest(path)}  {path.name}\n" for path in tags))


def copy_of(bag: Path, folder: Path, change: Callable[[Path], None], *, again: bool) -> Path:
    """A copy of a bag with a change made to it, and the manifests made ``again`` if asked."""
    copied = Path(shutil.copytree(bag, folder / os.path.basename(bag)))
    change(copied)
    if again:
        rehash(copied)
    return copied
