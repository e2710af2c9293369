"""README.txt of a bundle: what it is and how to check it, for somebody who has never seen the service."""

from __future__ import annotations

import textwrap
from typing import Any

from audit.models import AuditCheckpoint
from reports.bundle.bag import Part
from reports.verdicts import outcome

_WIDTH = 100
_TEXT = """\
EVIDENCE BUNDLE

Organisation     {organisation}
Decision on      {title}
Outcome          {outcome}, {at}
Option           {option}
Decision record  {digest}

This folder holds everything that is needed to check that decision without the service it was taken with: the sealed
report, the submitted record and the decision record, the evidence, and the entries of the audit trail with proofs.
Nothing has to be downloaded.

HOW TO CHECK IT

    python3 verify.py

Python 3.6 or later is enough; the program is one file without dependencies that uses no network, writes nothing, and
can be read in an hour. It prints a line for each thing that it looked at: "holds", "DOES NOT HOLD", or "not checked" with
the command that does check it. It ends with 0 where everything holds, 1 where something doesn't, 2 where it couldn't
read the bundle. It can also be given the zip or another folder: python3 verify.py BUNDLE.zip

If you would rather not run a program that came with the bundle, take verify.py from another bundle or from the source
of Countersign (reports/bundle/verify.py), or do its steps with the tools named under BY HAND.

WHAT NOBODY CAN TELL FROM THE BUNDLE ALONE

Whoever makes up a whole bundle with keys of their own gets a bundle that holds in itself. What ties this one to the
organisation are three values that you should have from somewhere else, such as an earlier letter or its web site:

- the SHA-256 of the certificate that it seals with: {certificates}
- the keys of its log: data/trail/log-keys.txt
- or any older checkpoint of its log. This bundle's is of {size} entries, root
  {root}

WHAT IS WHERE

{files}

  data/index.json lists every file with its size, SHA-256, what it is and what it belongs to: for evidence the original
  name and the answers that rest on it.

The folder is a bag as RFC 8493 (BagIt 1.0) defines it: manifest-sha256.txt names the SHA-256 of each file below data/,
tagmanifest-sha256.txt those of the files beside it.

BY HAND

    sha256sum -c manifest-sha256.txt tagmanifest-sha256.txt
    pdfsig data/report/*.pdf                          the seal of the report
    pdfdetach -list data/report/*.pdf                 the two records that are inside it
    sha256sum data/records/*.json                     their digests, as the report and the trail name them
    openssl x509 -in data/certificates/X.pem -noout -fingerprint -sha256 -subject -dates
    openssl x509 -in data/certificates/X.pem -noout -pubkey > key.pem
    openssl dgst -sha256 -verify key.pem -signature data/signatures/N.sig data/signatures/N.json

Each line of data/trail/entries.jsonl is one entry: SHA-256 over a zero byte and the bytes of "hashed" is its leaf hash;
"path" leads from it to the root that data/trail/checkpoint.note states (RFC 6962, section 2.1.1). Names and free texts
stand in "hashed" as SHA-256 over salt and text; "texts" holds both. A name is missing there where a later entry tells
that its person was erased. "sentence" is the service's wording of the entry and proves nothing. The checkpoint is a
signed note (https://c2sp.org/tlog-checkpoint).

The figures can be computed again with Countersign {version}:
    python manage.py evaluate data/assessment/assessment.json --format json
and compared with "evaluation" in data/records/snapshot.json. The release of the catalogue that it needs is in
data/catalogue.

The bundle names people, and holds what they wrote and attached. Keep it accordingly.
"""


def text(record: dict[str, Any], digest: str, row: AuditCheckpoint, parts: list[Part], version: str) -> str:
    """The text; ``record``: the decision record as data, ``digest``: its digest, ``version``: of the service that computed the record."""
    decided = record["decision"]
    certificates = [part.about["certificate"] for part in parts if part.path.startswith("certificates/") and "issuers" not in part.path]
    return _TEXT.format(
        organisation=plain(record["organisation"]["name"]),
        title=plain(record["assessment"]["title"]),
        outcome=plain(outcome(record)).replace("_", " "),
        at=f"{decided['at'][:19].replace('T', ' ')} UTC",
        option=plain(decided["option_name"]),
        digest=digest,
        certificates="".join(f"\n  {one}" for one in certificates) or "there is none",
        size=row.size,
        root=row.root,
        files="\n".join(_listed(parts)),
        version=plain(version),
    )


def plain(value: str) -> str:
    """On one line, without what doesn't print."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _listed(parts: list[Part]) -> list[str]:
    """Each folder with what is in it; files of one kind are counted."""
    counted: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], str] = {}
    for part in parts:
        folder = part.path.rpartition("/")[0]
        key = (folder, part.what)
        counted[key] = counted.get(key, 0) + 1
        first.setdefault(key, part.path)
    lines = []
    for (folder, what), count in counted.items():
        name = f"data/{first[(folder, what)]}" if count == 1 else f"data/{folder}/ ({count} files)"
        lines += textwrap.wrap(f"{name}: {what}", _WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    return lines
