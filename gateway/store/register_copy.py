"""A second copy of small tables that can't be rebuilt: accounts, residents, vehicles, door plates, faces.

`anju.db-registers` beside the database is written again when one of them has changed. It also holds the first page of
each table, so that rows can be found when the database's own first page is gone. Sealed columns stay sealed.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from gateway.store.connection import read_only
from gateway.store.first_page import TableRoot, table_roots

NAME = "anju.db-registers"
TABLES = (
    "web_users",
    "web_tokens",
    "persons",
    "memberships",
    "vehicles",
    "credentials",
    "blind_index",
    "door_plates",
    "checkpoint_codes",
    "face_templates",
)
"""Sessions are left out: a session that was ended must not come back."""


def save(connection: sqlite3.Connection, folder: Path) -> bool:
    """Write the copy unless the existing one is equal; returns whether it wrote. Raises sqlite3.Error or OSError."""
    roots = table_roots(connection)
    tables = {table: connection.execute(f"SELECT * FROM {table}") for table in TABLES}  # noqa: S608  # our own names
    columns = {table: [column[0] for column in rows.description] for table, rows in tables.items()}
    found = {table: [tuple(row) for row in rows] for table, rows in tables.items()}
    # The roots are part of it: a table that moves to other pages, e.g. by VACUUM, must be found by its new ones.
    digest = hashlib.blake2b(repr((roots, columns, found)).encode()).hexdigest()
    path = folder / NAME
    if digest == _digest(path):
        return False
    draft = path.with_name(f"{NAME}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)  # of a process with this id that was killed
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = MEMORY")  # no files beside it; the rename below makes it atomic
            copy.execute("BEGIN")
            for table, rows in found.items():
                _put(copy, table, columns[table], rows)
            _put(copy, "roots", list(TableRoot._fields), roots)
            _put(copy, "about", ["digest"], [(digest,)])
            copy.execute("COMMIT")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _put(copy: sqlite3.Connection, table: str, columns: list[str], rows: Sequence[Sequence[object]]) -> None:
    places = ", ".join("?" * len(columns))
    copy.execute(f'CREATE TABLE "{table}" ({", ".join(columns)})')
    copy.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608  # our own names


def _digest(path: Path) -> str | None:
    with suppress(sqlite3.Error), closing(read_only(path)) as connection:
        row = connection.execute("SELECT digest FROM about").fetchone()
        return row and str(row[0])
    return None


def roots(folder: Path) -> list[TableRoot]:
    """The tables' roots from the copy; empty without a readable copy."""
    with suppress(sqlite3.Error, TypeError), closing(read_only(folder / NAME)) as connection:
        return [
            TableRoot(str(table), int(page), str(sql)) for table, page, sql in connection.execute("SELECT * FROM roots")
        ]
    return []
