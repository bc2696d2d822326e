"""Rows that replace what has their key, in the words of each database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from faebot_hash.adapters.column_types import MARIADB

Rows = Sequence[Mapping[str, Any]]


def upsert(connection: Connection, table: Table, rows: Rows, changed_by: Sequence[str] = ()) -> None:
    """Write rows in place of those with their primary keys; all rows name the same columns.

    With ``changed_by`` the column ``change_number`` of a row stays as it was unless one of those changes.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    # Writers that lock rows in one order wait for each other instead of killing each other.
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in keys))
    names = [name for name in ordered[0] if name not in keys]
    if connection.dialect.name == MARIADB:
        on_mariadb = mysql.insert(table)
        values = _values(table, names, on_mariadb.inserted, changed_by)
        connection.execute(on_mariadb.on_duplicate_key_update(values), ordered)
    else:
        on_sqlite = sqlite.insert(table)
        values = _values(table, names, on_sqlite.excluded, changed_by)
        connection.execute(on_sqlite.on_conflict_do_update(index_elements=keys, set_=dict(values)), ordered)


def insert_missing(connection: Connection, table: Table, rows: Rows) -> None:
    """Write rows unless a unique key of theirs is there already."""
    if not rows:
        return
    if connection.dialect.name == MARIADB:
        key = next(iter(table.primary_key))
        # INSERT IGNORE would swallow values that do not fit as well.
        connection.execute(mysql.insert(table).on_duplicate_key_update({key.name: key}), list(rows))
    else:
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))


def _values(
    table: Table,
    names: Sequence[str],
    new: ReadOnlyColumnCollection[str, ColumnElement[Any]],
    changed_by: Sequence[str],
) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = [(name, new[name]) for name in names]
    if changed_by:
        same = and_(*(table.c[name] == new[name] for name in changed_by))
        number = case((same, table.c.change_number), else_=new["change_number"])
        # MariaDB assigns from left to right, and each expression sees what was assigned before.
        values = [("change_number", number), *(pair for pair in values if pair[0] != "change_number")]
    return values
