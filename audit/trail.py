"""Writing to the trail, and reading it. Nothing else writes an audit row."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import actions, appending, merkle
from audit.appending import Change
from audit.canonical import canonical_bytes, sha256_hex
from audit.context import current_request_id
from audit.models import AuditEvent, AuditPrivate, StreamHead
from audit.sentences import person_named_by

FORMAT = "countersign/event@1"
PERSON_ERASED = "audit.person_erased"
SALT_BYTES = 16
_STREAM = re.compile(r"system|org:[0-9A-Za-z-]{1,70}")
_ACTOR = re.compile(r"system|[a-z]+:[0-9A-Za-z-]{1,64}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")

Event = AuditEvent


@dataclass(frozen=True)
class Checkpoint:
    """A stream at one moment: its number of events, and the root over them in 64 hexadecimal digits."""

    size: int
    root_hex: str


def record(
    *,
    stream: str,
    action: str,
    actor: str | None,
    object_type: str,
    object_id: str,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    personal: dict[str, str] | None = None,
    change: Change | None = None,
) -> AuditEvent:
    """Append one event to a stream, as part of the caller's transaction.

    It locks the stream until that transaction ends: call it last, and once, with no file, network or password work after it.

    ``stream``: ``org:<uuid>`` or ``system``. ``actor``: a person's reference, ``system``, or None where nobody is
    known. ``action``: registered in ``audit.actions``. ``changes``: JSON values without floats; they are hashed for
    good, so no names and no free text. ``reason`` and ``personal`` (``actor_name``, ``object_label``, other names
    that the sentence uses) can be erased later: the hashed bytes carry salted digests of them. Which person a name
    belongs to follows from its key: see ``audit.sentences.person_named_by``. ``change``: the row that the event tells of, to be written with it.

    Raises TransactionManagementError outside a transaction, actions.UnknownAction, NotCanonical for values that can't
    be hashed, and ValueError for what the contract above refuses.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{action} must be recorded in the transaction that does it; use transaction.atomic()")
    changes = changes or {}
    texts = {key: text for key, text in (personal or {}).items() if text}
    _check(stream, action, actor, object_type, object_id, changes, texts)
    if reason:
        texts["reason"] = reason
    if holding := [key for key, text in texts.items() if "\0" in text]:
        raise ValueError(f"{action}: {holding[0]} holds a NUL, which no database of ours keeps as it is; take it out")
    salts = {key: secrets.token_bytes(SALT_BYTES) for key in texts}
    body: dict[str, Any] = {
        "format": FORMAT,
        "stream": stream,
        "actor": actor,
        "action": action,
        "object": {"type": object_type, "id": object_id},
        "changes": changes,
        "private": {key: private_digest(salts[key], text) for key, text in texts.items()},
        "request": current_request_id(),
    }
    canonical_bytes(body)  # whatever can't be hashed is refused before the lock is taken

    head = appending.locked_head(stream)
    now = timezone.now()
    at = max(now, head.latest_at) if head.latest_at else now  # the clock may have been set back
    body |= {"index": head.size, "at": time_text(at)}
    data = canonical_bytes(body)
    leaf = merkle.leaf_hash(data)
    event = AuditEvent(
        stream=stream,
        index=head.size,
        at=at,
        actor=actor or "",
        action=action,
        object_type=object_type,
        object_id=object_id,
        request=body["request"] or "",
        canonical=data,
        leaf_hash=leaf.hex(),
    )
    private = [
        AuditPrivate(event=event, key=key, text=text, salt=salts[key], about=person_named_by(key, body)) for key, text in texts.items()
    ]
    frontier = b"".join(merkle.frontier_append(unpack_frontier(head.frontier), head.size, leaf))
    appending.write(head, event, private, frontier, change)
    return event


def checkpoint(stream: str) -> Checkpoint:
    """Return where a stream stands now; a stream without events has size 0 and the root of nothing."""
    head = StreamHead.objects.filter(stream=stream).first()
    if head is None:
        return Checkpoint(0, merkle.EMPTY_ROOT.hex())
    return Checkpoint(head.size, merkle.frontier_root(unpack_frontier(head.frontier)).hex())


def events_of(stream: str, object_type: str | None = None, object_id: str | None = None) -> QuerySet[AuditEvent]:
    """Return a stream's events in order, of one type of object or of one object if asked, ready to be told as sentences."""
    events = AuditEvent.objects.filter(stream=stream)
    if object_type is not None:
        events = events.filter(object_type=object_type)
    if object_id is not None:
        events = events.filter(object_id=object_id)
    return events.order_by("index").prefetch_related("private")


def erase_person(reference: str, *, actor: str = "system") -> int:
    """Delete every text of the trail that names one person, and return how many there were.

    Names only: a reason that somebody wrote stays, and so does the person's opaque reference, which the sentences
    show from then on. Nothing that was hashed changes, so every proof still holds. Each stream that held a name
    records the erasure, in a transaction of its own so that never two streams are locked at once; call it outside a
    transaction.

    ``reference``: ``person:<uuid>``; ``actor``: who does it. Raises ValueError for anything else.
    """
    if not reference.startswith("person:") or not _ACTOR.fullmatch(reference):
        raise ValueError(f"{reference!r} is no person's reference: use 'person:<uuid>'")
    held = AuditPrivate.objects.filter(about=reference)
    erased = 0
    for stream in sorted(set(held.values_list("event__stream", flat=True))):
        with transaction.atomic():
            texts, _ = held.filter(event__in=AuditEvent.objects.filter(stream=stream)).delete()
            if texts:
                record(
                    stream=stream,
                    action=PERSON_ERASED,
                    actor=actor,
                    object_type="person",
                    object_id=reference.removeprefix("person:"),
                    changes={"texts": texts},
                )
            erased += texts
    return erased


def private_digest(salt: bytes | memoryview, text: str) -> str:
    """Return what the hashed bytes hold in place of a private text: SHA-256 of its salt and its UTF-8 bytes."""
    return sha256_hex(bytes(salt) + text.encode())


def time_text(at: datetime) -> str:
    """Return a time as the hashed bytes hold it: ISO 8601 in UTC with microseconds, such as ``2026-11-23T09:00:00.000000Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def stored_bytes(value: bytes | memoryview | str) -> bytes:
    """Return what a binary column holds. Text too: SQLite keeps any in any column, and whoever put it there must not stop a verification."""
    return value.encode() if isinstance(value, str) else bytes(value)


def unpack_frontier(packed: bytes | memoryview) -> tuple[bytes, ...]:
    """Return a head's frontier as hashes, the largest subtree's first."""
    raw = stored_bytes(packed)
    return tuple(raw[start : start + merkle.HASH_BYTES] for start in range(0, len(raw), merkle.HASH_BYTES))


def _check(
    stream: str, action: str, actor: str | None, object_type: str, object_id: str, changes: dict[str, Any], texts: dict[str, str]
) -> None:
    sentence = actions.sentence_of(action)
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"{action}: {stream!r} is no stream: use 'org:<uuid of the organisation>' or 'system'")
    if actor is not None and not _ACTOR.fullmatch(actor):
        raise ValueError(f"{action}: {actor!r} is no actor: use 'person:<uuid>', 'system' or None; names go into personal")
    if not _NAME.fullmatch(object_type):
        raise ValueError(f"{action}: {object_type!r} is no type of object: use lower-case words joined by underscores")
    if not isinstance(object_id, str) or not 0 < len(object_id) <= 200:
        raise ValueError(f"{action}: {object_id!r} is no id of an object: use text of 1 to 200 characters")
    for key in texts:
        if not _NAME.fullmatch(key) or key == "reason":
            raise ValueError(f"{action}: {key!r} can't be the key of a personal text: use a name such as 'object_label'")
    if missing := actions.names_in(sentence) - changes.keys() - texts.keys():
        raise ValueError(f"{action}: its sentence needs {', '.join(sorted(missing))} in changes or personal: {sentence!r}")
