"""What somebody with the password of the tables' owner can do."""

from __future__ import annotations

from typing import Any

from django.db import connection

from audit import merkle
from audit.models import AuditEvent
from tests.triggers import without_triggers


def tamper(*statements: str, **parameters: Any) -> None:
    """Run statements while no trigger of ours fires."""
    with without_triggers(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, parameters)


def rewrite(index: int, data: bytes, *, stream: str | None = None) -> None:
    """Change an entry's bytes together with its hash."""
    where = " AND stream = %(stream)s" if stream else ""
    tamper(
        f'UPDATE audit_auditevent SET canonical = %(data)s, leaf_hash = %(leaf)s WHERE "index" = %(index)s{where}',
        data=data, leaf=merkle.leaf_hash(data).hex(), index=index, stream=stream,
    )  # fmt: skip


def rehash_head(stream: str) -> None:
    """Make the head that of the entries as they are now, as a rewriter who knows the method does."""
    frontier: list[bytes] = []
    leaves = AuditEvent.objects.filter(stream=stream).order_by("index").values_list("leaf_hash", flat=True)
    size = merkle.extend(frontier, 0, [bytes.fromhex(leaf) for leaf in leaves])
    tamper(
        "UPDATE audit_streamhead SET size = %(size)s, frontier = %(frontier)s WHERE stream = %(stream)s",
        size=size, frontier=b"".join(frontier), stream=stream,
    )  # fmt: skip
