"""Taking the database's triggers away for a moment: to flush the test database, and to tamper as somebody with its
password could.

Production code has no such thing. SQLite's triggers are dropped and made again from their own text, PostgreSQL's are
disabled by the tables' owner; either way inside a transaction, so that nobody else ever sees the tables without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def without_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Run a block in a transaction in which no trigger of ours fires, whatever app installed it."""
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                found = cursor.fetchall()
                for name, _ in found:
                    cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                # Foreign keys still to be checked would forbid the ALTER TABLE.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
                found = cursor.fetchall()
                for (table,) in found:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for _, sql in found:
                    cursor.execute(sql)
            else:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for (table,) in found:
                    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def empty(connection: BaseDatabaseWrapper) -> None:
    """Take every row out of every table but those in which Django keeps what it makes itself after the migrations."""
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in kept]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})" for name in tables)
        )
        filled = [name for (name,) in cursor.fetchall()]
    if filled:
        with without_triggers(connection), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for name in filled:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
