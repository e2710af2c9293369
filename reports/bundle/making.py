"""From a decision record to its evidence bundle: everything is gathered and held to its digest first, and only then does the zip begin."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.seal import known_certificates
from assessments.models import DecisionRecord
from audit.canonical import canonical_bytes, sha256_hex
from audit.models import AuditCheckpoint, AuditEvent
from compliance import releases
from reports.bundle import readme
from reports.bundle.bag import Part, part_of, zipped
from reports.bundle.errors import BundleRefused
from reports.bundle.files import evidence_parts, report_parts
from reports.bundle.trail import SEALS, covering, entries_of, trail_parts

INDEX_FORMAT = "countersign/bundle@1"
_NO_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
VERIFIER = Path(__file__).with_name("verify.py")

__all__ = ["Bundle", "BundleRefused", "bundle_of"]


@dataclass(frozen=True)
class Bundle:
    """A bundle that can be sent: iterating gives the zip in chunks of about 256 kB, the same bytes each time.

    ``checkpoint``: size and root of the log that its proofs lead to. Raises ``bag.Changed`` while it is read where a stored file was changed
    since ``bundle_of`` looked at it: what was sent by then is no zip, and doesn't open as one.
    """

    file_name: str
    checkpoint: tuple[int, str]
    parts: tuple[Part, ...] = field(repr=False)
    tags: dict[str, bytes] = field(repr=False)
    info: tuple[tuple[str, str], ...] = field(repr=False)
    at: datetime

    media_type = "application/zip"

    @property
    def top(self) -> str:
        """The one folder that it unpacks to."""
        return self.file_name.removesuffix(".zip")

    def __iter__(self) -> Iterator[bytes]:
        return zipped(self.top, self.parts, info=self.info, tags=self.tags, at=self.at)


def bundle_of(decision: DecisionRecord, *, checkpoint: AuditCheckpoint | None = None) -> Bundle:
    """The evidence bundle of a decision, ready to be streamed: ``StreamingHttpResponse(bundle_of(decision))``.

    Reads every stored file once to see that it is there and has its digest, and once more as the bundle is read; memory doesn't grow with them.
    The proofs lead to ``checkpoint``, or else to the newest one, which is signed now where none covers every entry about the assessment yet: call
    it outside a transaction. The same records, files and checkpoint give the same bytes. It asks for no right and records nothing: its caller
    does, after this and before the first byte.

    Raises BundleRefused, saying what is missing or was changed; then there is no bundle.
    """
    snapshot, record = _records(decision)
    assessment = decision.snapshot.assessment
    row = checkpoint or covering(assessment)
    if row.stream != assessment.organisation.stream:
        raise BundleRefused(_("The checkpoint is of another log, %(stream)s.") % {"stream": row.stream})
    events = entries_of(assessment, row.size)
    if not any(event.changes.get("decision_record") == decision.digest for event in events if event.object_type == "assessment"):
        said = _("The checkpoint of %(n)d entries is from before the decision, so it can't prove it. Take a newer one.")
        raise BundleRefused(said % {"n": row.size})
    files, named = evidence_parts(assessment, snapshot)
    parts = [
        *report_parts(decision, events),
        part_of("records/snapshot.json", bytes(decision.snapshot.content), "What was submitted and read", digest=decision.snapshot.digest),
        part_of("records/decision-record.json", bytes(decision.content), "What was decided on it and by whom", digest=decision.digest),
        _release(snapshot),
        part_of("assessment/assessment.json", _assessment_file(snapshot["file"]), "The assessment file: what the figures come from"),
        *_signatures(record),
        *_certificates(decision, record, events),
        *files,
        *trail_parts(events, row, record["log"]),
    ]
    parts.append(part_of("index.json", _index(record, decision, row, parts, named), "This list"))
    name = f"evidence-{slugify(record['assessment']['title'])[:40].strip('-') or 'bundle'}-{decision.digest.removeprefix('sha256:')[:12]}"
    tags = {
        "README.txt": readme.text(record, decision.digest, row, parts, snapshot["software"]["countersign"]).encode(),
        "verify.py": VERIFIER.read_bytes(),
    }
    return Bundle(f"{name}.zip", (row.size, row.root), tuple(parts), tags, _info(record, decision, row), decision.created_at)


def _records(decision: DecisionRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both records as data, from bytes that have their digests."""
    for name, row in ((_("snapshot"), decision.snapshot), (_("decision record"), decision)):
        if sha256_hex(bytes(row.content)) != row.digest:
            said = _("The stored %(name)s isn't the one that was signed: its bytes no longer have the digest %(digest)s.")
            raise BundleRefused(said % {"name": name, "digest": row.digest})
    return json.loads(bytes(decision.snapshot.content)), json.loads(bytes(decision.content))


def _assessment_file(file: dict[str, Any]) -> bytes:
    """As JSON, which is YAML too where what YAML doesn't take as it stands is written as an escape."""
    text = json.dumps(file, ensure_ascii=False, indent=1)
    return _NO_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def _release(snapshot: dict[str, Any]) -> Part:
    stated = snapshot["catalogue"]
    key, version, digest = stated["key"], stated["version"], stated["digest"]
    path = next((path for k, v, path in releases.published() if (k, v) == (key, version)), None)
    if path is None:
        raise BundleRefused(
            _("The catalogue release %(release)s isn't installed here, so it can't be put into the bundle.")
            % {"release": f"{key}@{version}"}
        )
    data = path.read_bytes()
    if sha256_hex(data) != digest:
        said = _("The catalogue release installed as %(release)s isn't the one of the record, %(digest)s.")
        raise BundleRefused(said % {"release": f"{key}@{version}", "digest": digest})
    return part_of(
        f"catalogue/{key}-{version}.json", data, "The catalogue release: questions, criteria, obligations and rules", digest=digest
    )


def _signatures(record: dict[str, Any]) -> Iterator[Part]:
    """For each sealed verdict what was sealed and the seal, as two files that openssl takes."""
    for number, verdict in enumerate(record["verdicts"], 1):
        if not verdict.get("signed"):
            continue
        seal = verdict["seal"]
        name, of = f"signatures/{number:02}-{verdict['id']}", {"person": verdict["person"]["name"], "certificate": seal["certificate"]}
        yield part_of(f"{name}.json", canonical_bytes(verdict["signed"]), "What was sealed of a verdict", **of)
        data = base64.b64decode(seal["signature"])
        yield part_of(f"{name}.sig", data, f"The organisation's seal over it ({seal['algorithm']})", packed=False, **of)


def _certificates(decision: DecisionRecord, record: dict[str, Any], events: list[AuditEvent]) -> Iterator[Part]:
    """The certificates that verdicts are sealed with, and those that the entries say the organisation sealed with, with their issuers'."""
    told = [event.changes["certificate"] for event in events if event.action in SEALS]
    fingerprints = {said["to"] if isinstance(said, dict) else said for said in told}
    ders = {fingerprint: base64.b64decode(text) for fingerprint, text in record.get("certificates", {}).items()}
    chains: dict[str, list[bytes]] = {}
    for row in known_certificates(decision.snapshot.assessment.organisation):
        if row.fingerprint in fingerprints | ders.keys():
            ders.setdefault(row.fingerprint, bytes(row.certificate))
            try:
                chains[row.fingerprint] = [base64.b64decode(text) for text in row.chain]
            except (binascii.Error, TypeError) as error:
                said = _("The issuers of the certificate %(fingerprint)s can't be read from the database.")
                raise BundleRefused(said % {"fingerprint": row.fingerprint}) from error
    for fingerprint, der in sorted(ders.items()):
        if hashlib.sha256(der).hexdigest() != fingerprint:
            said = _("The stored certificate %(fingerprint)s was changed: its bytes no longer have that digest.")
            raise BundleRefused(said % {"fingerprint": fingerprint})
        path = f"certificates/{fingerprint}"
        yield part_of(f"{path}.pem", _pem([der]), "A certificate that the organisation seals or sealed with", certificate=fingerprint)
        if chain := chains.get(fingerprint):
            yield part_of(f"{path}-issuers.pem", _pem(chain), "The certificates of its issuers", certificate=fingerprint)


def _pem(ders: list[bytes]) -> bytes:
    return "".join(ssl.DER_cert_to_PEM_cert(der) for der in ders).encode()


def _index(record: dict[str, Any], decision: DecisionRecord, row: AuditCheckpoint, parts: list[Part], named: list[dict[str, Any]]) -> bytes:
    """What each file is and belongs to; this file itself isn't in it."""
    value = {
        "format": INDEX_FORMAT,
        "organisation": record["organisation"],
        "assessment": record["assessment"],
        "decision": record["decision"] | {"digest": decision.digest},
        "checkpoint": {"stream": row.stream, "size": row.size, "root": row.root},
        "files": [
            {"path": f"data/{part.path}", "sha256": part.sha256, "size": part.size, "what": part.what, "belongs_to": part.about}
            for part in parts
        ],
        "named_only": named,
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _info(record: dict[str, Any], decision: DecisionRecord, row: AuditCheckpoint) -> tuple[tuple[str, str], ...]:
    """The metadata of RFC 8493, section 2.2.2. The bagging date is the checkpoint's: what the bundle tells is of that day."""
    return (
        ("Source-Organization", readme.plain(record["organisation"]["name"])),
        ("External-Description", f"Evidence bundle of the decision on {readme.plain(record['assessment']['title'])}"),
        ("External-Identifier", decision.digest),
        ("Bagging-Date", f"{row.at:%Y-%m-%d}"),
        ("Bag-Software-Agent", f"Countersign {settings.VERSION}"),
    )
