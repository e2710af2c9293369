"""The trail as a file: what was looked for, with everything an auditor needs to rely on the list.

Each export says what was asked for, how many entries fit, when it was made and by whom, and the place of the log (its size and root) up to
which it was made, with the newest signed checkpoint. The log only grows, so the same query up to the same size gives the same entries for
good: that is what makes the list checkable for completeness and accuracy (AICPA's "information produced by the entity").

``jsonl``: the first line is the head, then one entry a line, the oldest first, each with the exact bytes that were hashed. ``csv``: a zip
of ``trail.csv`` and ``about.json``, which is the head with the number of rows and the SHA-256 of ``trail.csv``. A head inside the CSV would
break what reads CSV, and a zip that was cut off on the way doesn't open, so a list that isn't whole can't be taken for one that is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.formats import as_recorded, guarded
from accounts.models import Organisation, User
from assessments.permissions import require
from audit.models import AuditCheckpoint, AuditEvent
from audit.trail import Checkpoint, checkpoint, record, time_text
from reports.reading import Filters, entry_of, found, salted_texts, seen_by
from reports.sentence_search import MOST_READ
from reports.zipping import Pipe, member

FORMAT = "countersign/trail-export@1"
CSV, JSONL = "csv", "jsonl"
FORMATS = (CSV, JSONL)
MEDIA = {CSV: "application/zip", JSONL: "application/x-ndjson"}
COLUMNS = (
    "index", "at", "actor", "actor_name", "action", "object_type", "object_id", "sentence", "reason", "changes", "texts", "request",
    "leaf_hash",
)  # fmt: skip
LIMITED = "the assessments that the auditor's access opens, and their reports; entries of others are left out"
PARTLY = f"whole sentences of the newest {MOST_READ} entries that fit otherwise; in older ones names, reasons and the fixed words of sentences alone"
_CHUNK = 500  # entries in memory at a time


@dataclass(frozen=True)
class Export:
    """An export that has been recorded and can be read once. ``head`` is what stands in its first line, or in ``about.json``."""

    format: str
    head: dict[str, Any]
    file_name: str
    chunks: Iterator[bytes]

    @property
    def media_type(self) -> str:
        return MEDIA[self.format]


def trail_export(*, actor: User, organisation: Organisation, filters: Filters, format: str) -> Export:
    """The organisation's entries that fit, the oldest first, as ``csv`` or ``jsonl``; memory doesn't grow with their number.

    That it is made is an event of the trail (``trail.exported``), written before the first byte; the event isn't part of the export. Text
    that was looked for may name somebody, so it stands beside the hashed bytes.

    An auditor whose access is limited is given the entries that they may read, which the head says (``limited_to``).

    Raises PermissionDenied, and ValueError for another format.
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is no format: use one of {', '.join(FORMATS)}")
    require(actor, organisation, "trail")
    # Up to that size nothing changes any more, so it is all counted and looked up before the stream is locked.
    log = checkpoint(organisation.stream)
    seen = seen_by(actor, organisation)
    there = found(organisation, filters, below=log.size, seen=seen)
    rows = there.rows
    count, now = rows.count(), timezone.now()
    head = _head(actor, organisation, filters, log, count, now) | ({"limited_to": LIMITED} if seen else {})
    if there.partly:
        head["text_searched"] = PARTLY
    query = filters.given()
    text = query.pop("text", "")
    with transaction.atomic():
        record(
            stream=organisation.stream, action="trail.exported", actor=actor.reference, object_type="trail", object_id=organisation.stream,
            changes={
                "format": format, "query": query, "count": count, "size": log.size, "root": log.root_hex,
                **({"limited": True} if seen else {}),
            },
            personal={"actor_name": actor.name, "object_label": organisation.name, "text": text},
        )  # fmt: skip
    events = rows.order_by("index").prefetch_related("private").iterator(chunk_size=_CHUNK)
    write = _zipped if format == CSV else _lines
    name = f"trail-{organisation.slug}-{now:%Y%m%dT%H%M%SZ}.{'zip' if format == CSV else 'jsonl'}"
    return Export(format, head, name, write(head, events, now))


def signed_as_dict(row: AuditCheckpoint | None) -> dict[str, Any] | None:
    """A signed checkpoint in JSON's types; None where there is none yet. ``note`` is the signed note in the C2SP tlog-checkpoint form."""
    if row is None:
        return None
    return {"size": row.size, "root": row.root, "at": time_text(row.at), "timestamped": row.token is not None, "note": row.note}


def _head(actor: User, organisation: Organisation, filters: Filters, log: Checkpoint, count: int, now: datetime) -> dict[str, Any]:
    signed = AuditCheckpoint.objects.filter(stream=organisation.stream, size__lte=log.size).order_by("-size").first()
    return {
        "format": FORMAT,
        "organisation": organisation.name,
        "stream": organisation.stream,
        "query": filters.given(),
        "count": count,
        "order": "index, the oldest first",
        "made_at": time_text(now),
        "made_by": {"reference": actor.reference, "name": actor.name},
        "made_with": f"Countersign {settings.VERSION}",
        "log": {"size": log.size, "root": log.root_hex},
        "signed_checkpoint": signed_as_dict(signed),
    }


def _lines(head: dict[str, Any], events: Iterator[AuditEvent], _now: datetime) -> Iterator[bytes]:
    yield _line(head)
    for event in events:
        proved = {"texts": salted_texts(event), "hashed": bytes(event.canonical).decode(errors="replace")}
        yield _line(_row(event) | proved)


def _zipped(head: dict[str, Any], events: Iterator[AuditEvent], now: datetime) -> Iterator[bytes]:
    """A zip, piece by piece; ``about.json`` comes last since it tells the digest of what went before."""
    pipe = Pipe()
    digest, rows = hashlib.sha256(), 0
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        with archive.open(member("trail.csv", now), "w", force_zip64=True) as file:
            for data in _csv(events):
                rows += 1
                digest.update(data)
                file.write(data)
                if pipe.full:
                    yield pipe.taken()
        about = head | {"file": {"name": "trail.csv", "rows": rows - 1, "sha256": digest.hexdigest()}}
        archive.writestr(member("about.json", now), json.dumps(about, ensure_ascii=False, indent=2).encode() + b"\n")
    yield pipe.taken()


def _csv(events: Iterator[AuditEvent]) -> Iterator[bytes]:
    """The lines of RFC 4180's form, in UTF-8, the names of the columns first."""
    line = io.StringIO()
    writer = csv.writer(line)

    def written(cells: list[str]) -> bytes:
        writer.writerow(cells)
        data = line.getvalue().encode()
        line.seek(0)
        line.truncate()
        return data

    yield written(list(COLUMNS))
    for event in events:
        row = _row(event)
        row["object_type"], row["object_id"] = row["object"]["type"], row["object"]["id"]
        row["changes"], row["texts"] = _json(row["changes"]), _json(row["texts"])
        yield written([guarded(str(row[name])) for name in COLUMNS])


def _row(event: AuditEvent) -> dict[str, Any]:
    with as_recorded():
        entry = entry_of(event)
    return {
        "index": entry.index,
        "at": entry.at,
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "object": {"type": entry.object_type, "id": entry.object_id},
        "sentence": entry.sentence,
        "reason": entry.reason,
        "changes": entry.changes,
        "texts": entry.texts,
        "request": entry.request,
        "leaf_hash": entry.leaf_hash,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(value: dict[str, Any]) -> bytes:
    return _json(value).encode() + b"\n"


def headers_of(export: Export) -> dict[str, str]:
    """What the answer says besides: the file's name, and the place of the log that the export was made under."""
    return {
        "Content-Disposition": f'attachment; filename="{export.file_name}"',
        "X-Trail-Count": str(export.head["count"]),
        "X-Trail-Size": str(export.head["log"]["size"]),
        "X-Trail-Root": str(export.head["log"]["root"]),
    }
