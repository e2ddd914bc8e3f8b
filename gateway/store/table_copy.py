"""Copies of whole tables in memory, in which much can be changed without holding up the writer, and their way back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

_MOST_VALUES = 500
"""Of one statement; SQLite takes 32,766."""


def tables_in_memory(source: sqlite3.Connection, full: Iterable[str], empty: Iterable[str] = ()) -> sqlite3.Connection:
    """A database in memory with these tables, their indexes and rows; of the `empty` ones without rows.

    The caller closes it.
    """
    full = list(full)
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.row_factory = source.row_factory
    for table in (*full, *empty):
        made = source.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,))
        for (sql,) in made.fetchall():
            memory.execute(sql)
    memory.execute("BEGIN")
    for table in full:
        rows = source.execute(f"SELECT * FROM {table}")  # noqa: S608  # our own names
        columns = [column[0] for column in rows.description]
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        memory.executemany(sql, map(tuple, rows))
    return memory


def rows_with(connection: sqlite3.Connection, table: str, column: str, values: Sequence[object]) -> list[sqlite3.Row]:
    """The rows whose column has one of the values."""
    found: list[sqlite3.Row] = []
    for start in range(0, len(values), _MOST_VALUES):
        part = values[start : start + _MOST_VALUES]
        sql = f"SELECT * FROM {table} WHERE {column} IN ({', '.join('?' * len(part))})"  # noqa: S608  # our own names
        found += connection.execute(sql, tuple(part)).fetchall()
    return found


def put_rows(
    connection: sqlite3.Connection, table: str, rows: Sequence[sqlite3.Row], key: str, without: str = ""
) -> None:
    """Insert the rows, or replace all columns of those with the same `key`; `without` one column, which is made anew.

    A replaced row is not deleted, so that what refers to it stays.
    """
    if not rows:
        return
    columns = [column for column in rows[0].keys() if column != without]  # noqa: SIM118  # a row is no mapping
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
    conflict = f" ON CONFLICT ({key}) DO UPDATE SET {others}" if key in columns else ""
    marks = ", ".join("?" * len(columns))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){conflict}"  # noqa: S608  # our own names
    connection.executemany(sql, ([row[column] for column in columns] for row in rows))


def delete_rows(connection: sqlite3.Connection, table: str, column: str, values: Iterable[object]) -> None:
    """Delete the rows whose column has one of the values."""
    sql = f"DELETE FROM {table} WHERE {column} = ?"  # noqa: S608  # our own names
    connection.executemany(sql, ((value,) for value in values))
