"""Rows of models by statements that are written by hand.

For the few that stand in every request or every save: there, building the statement and the model by a queryset takes longer than the
database does. Everything else goes through the ORM.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.sql import Query

from audit.trail import Change

M = TypeVar("M", bound=models.Model)


@cache
def columns_of(model: type[models.Model], table: str = "") -> str:
    """The columns that ``instance`` takes, in its order, for a SELECT; ``table``: the name that the statement gives the model's table."""
    return ", ".join(f"{table}.{field.column}" if table else str(field.column) for field in model._meta.concrete_fields)


def instance(model: type[M], row: Sequence[Any]) -> M:
    """A model from the values of ``columns_of``, as the database's driver gave them."""
    values = list(row)
    for at, converters, expression in _conversions(model):
        for convert in converters:
            values[at] = convert(values[at], expression, connection)
    return cast(M, model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in model._meta.concrete_fields], values))


@cache
def _conversions(model: type[models.Model]) -> list[tuple[int, list[Any], Any]]:
    """(place, converters, expression) of each column that the driver doesn't give as the model has it."""
    found = [field.get_col(model._meta.db_table) for field in model._meta.concrete_fields]
    compiler = Query(model).get_compiler(connection=connection)
    return [(at, converters, expression) for at, (converters, expression) in compiler.get_converters(found).items()]


def written(row: models.Model, names: Sequence[str]) -> Change:
    """The statement that writes some fields of a row that is there, or all of one that isn't yet. Nothing is told to signals."""
    there = row.pk is not None
    fields = [f for f in row._meta.concrete_fields if (f.name in names if there else not f.primary_key)]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    table, columns = row._meta.db_table, [str(field.column) for field in fields]
    if there:
        assigned = ", ".join(f"{column} = %s" for column in columns)
        return Change(f"UPDATE {table} SET {assigned} WHERE id = %s RETURNING id", [*values, row.pk])  # noqa: S608  names of our own
    marks = ", ".join(["%s"] * len(columns))
    return Change(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id", values)  # noqa: S608
