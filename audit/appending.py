"""The statements that ``audit.trail.record`` appends with, as few as each database allows: they stand between a lock and its release.

Two: one locks the head, one writes event, private texts and head together. Written by hand, since building the same four by the ORM takes
longer than the database does. SQLite has no INSERT inside WITH: there a view with a trigger (migration 0004) takes them all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Subquery

from audit.models import AuditEvent, AuditPrivate, StreamHead

_LOCK = "SELECT id, size, frontier, latest_at FROM audit_streamhead WHERE stream = %s FOR UPDATE"
_EVENT_COLUMNS = ("stream", "index", "at", "actor", "action", "object_type", "object_id", "request", "canonical", "leaf_hash")
_PRIVATE_COLUMNS = ("key", "text", "salt", "about")
_WRITE = """
WITH event AS (
    INSERT INTO audit_auditevent (stream, "index", at, actor, action, object_type, object_id, request, canonical, leaf_hash)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
), private AS (
    INSERT INTO audit_auditprivate (event_id, key, text, salt, about) {private}
), change AS ({change})
UPDATE audit_streamhead SET size = %s, frontier = %s, latest_at = %s WHERE id = %s RETURNING (SELECT id FROM event), (SELECT id FROM change)
"""
_NO_CHANGE = "SELECT 0 AS id"
_WRITE_ON_SQLITE = """
INSERT INTO audit_append
    (stream, "index", at, actor, action, object_type, object_id, request, canonical, leaf_hash, id, head_id, frontier, texts, salts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_ONE_PRIVATE = "SELECT id, %s, %s, %s::bytea, %s FROM event"
_NO_PRIVATE = "SELECT id, '', '', ''::bytea, '' FROM event WHERE false"


@dataclass
class Change:
    """What an event tells of, where that is one row: a statement that writes it and returns its ``id``, sent together with the event and so at
    no cost of its own. ``pk``: the id, once it was."""

    statement: str
    values: Sequence[Any]
    pk: int | None = None


@dataclass(frozen=True)
class Head:
    """A stream's end, locked until the transaction ends. ``frontier``: hashes of 32 bytes, joined. ``last``: on SQLite, where the lock is one
    for all streams, the key of the last event of any of them."""

    pk: int
    size: int
    frontier: bytes
    latest_at: datetime | None
    last: int = 0


def locked_head(stream: str) -> Head:
    """Lock a stream's head, made on first use: where two first events race, the unique stream lets one of them make it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [stream])
            row = cursor.fetchone()
        if row is not None:
            return Head(row[0], row[1], bytes(row[2]), row[3])
        StreamHead.objects.get_or_create(stream=stream)
        return locked_head(stream)
    # On SQLite the transaction holds the one write lock already.
    last = Subquery(AuditEvent.objects.order_by("-pk").values("pk")[:1])
    known = StreamHead.objects.filter(stream=stream).values_list("pk", "size", "frontier", "latest_at", last).first()
    if known is None:
        StreamHead.objects.create(stream=stream)
        return locked_head(stream)
    return Head(known[0], known[1], bytes(known[2]), known[3], known[4] or 0)


def write(head: Head, event: AuditEvent, private: Sequence[AuditPrivate], frontier: bytes, change: Change | None = None) -> None:
    """Write an event with its private texts and the change that it tells of, and move the head on to ``frontier``. Gives the event its primary
    key, and the change its own."""
    values = [getattr(event, column) for column in _EVENT_COLUMNS]
    if connection.vendor == "postgresql":
        values += [getattr(text, column) for text in private for column in _PRIVATE_COLUMNS]
        texts = " UNION ALL ".join([_ONE_PRIVATE] * len(private)) or _NO_PRIVATE
        statement = _WRITE.format(private=texts, change=change.statement if change else _NO_CHANGE)
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, *(change.values if change else ()), head.size + 1, frontier, event.at, head.pk])
            event.pk, changed = cursor.fetchone()
        if change:
            change.pk = changed
    else:
        values[_EVENT_COLUMNS.index("at")] = connection.ops.adapt_datetimefield_value(event.at)
        event.pk = head.last + 1
        texts = json.dumps([(text.key, text.text, text.about) for text in private])
        with connection.cursor() as cursor:
            if change:
                cursor.execute(change.statement, change.values)
                change.pk = next((pk for (pk,) in cursor.fetchall()), None)
            cursor.execute(_WRITE_ON_SQLITE, [*values, event.pk, head.pk, frontier, texts, b"".join(bytes(text.salt) for text in private)])
    event._state.adding, event._state.db = False, connection.alias
