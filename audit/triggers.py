"""Database triggers that keep a table append-only, on SQLite and PostgreSQL alike: what is refused raises IntegrityError.

Migrations install them. A later migration that alters such a table must install them again afterwards: SQLite alters
most things by copying the table, and drops the old one together with its triggers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_FORWARDS_FUNCTION = """ CREATE OR REPLACE FUNCTION audit_forwards_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.size <= OLD.size OR NEW.stream <> OLD.stream THEN RAISE EXCEPTION 'UPDATE on % is refused: a stream only
grows', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$
"""


def append_only(editor: BaseDatabaseSchemaEditor, table: str, *, unique: str, refused: Collection[str] = ("UPDATE", "DELETE")) -> None:
    """Refuse ``refused`` statements on ``table``, and TRUNCATE where the database has it.

    ``unique``: SQL condition in which ``NEW`` collides with a row of the table, such as ``stream = NEW.stream``.
    SQLite needs it: its ``INSERT OR REPLACE`` would delete the old row without firing a DELETE trigger.
    """
    if editor.connection.vendor == "postgresql":
        editor.execute(_REFUSE_FUNCTION, params=None)
        for statement in refused:
            editor.execute(
                f"CREATE TRIGGER {table}_no_{statement.lower()} BEFORE {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
            )
        editor.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()")
    elif editor.connection.vendor == "sqlite":
        for statement in refused:
            editor.execute(
                f"CREATE TRIGGER {table}_no_{statement.lower()} BEFORE {statement} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{statement} on {table} is refused: it is append-only'); END"
            )
        editor.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608  (names from migrations)
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({unique})) "
            f"BEGIN SELECT RAISE(ABORT, 'INSERT into {table} is refused: UNIQUE constraint, the row is there already'); END"
        )


def forwards_only(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Refuse every UPDATE of a head row that doesn't make its stream longer."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_FORWARDS_FUNCTION, params=None)
        editor.execute(f"CREATE TRIGGER {table}_forwards BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_forwards_only()")
    elif editor.connection.vendor == "sqlite":
        editor.execute(
            f"CREATE TRIGGER {table}_forwards BEFORE UPDATE ON {table} WHEN NEW.size <= OLD.size OR NEW.stream <> OLD.stream "
            f"BEGIN SELECT RAISE(ABORT, 'UPDATE on {table} is refused: a stream only grows'); END"
        )


def drop_all(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Drop whatever this module installed on ``table``."""
    on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
    for name in ("no_update", "no_delete", "no_truncate", "no_replace", "forwards"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on}")


@contextmanager
def rested(editor: BaseDatabaseSchemaEditor, table: str) -> Iterator[None]:
    """SQLite alters a table by making it anew and refuses to while triggers of others read it: those rest meanwhile, and stand again afterwards.
    Other databases need nothing of it."""
    if editor.connection.vendor != "sqlite":
        yield
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> %s AND instr(sql, %s)", [table, table])
        reading = cursor.fetchall()
    for name, _sql in reading:
        editor.execute(f"DROP TRIGGER {name}")
    yield
    for _name, sql in reading:
        editor.execute(sql, params=None)
