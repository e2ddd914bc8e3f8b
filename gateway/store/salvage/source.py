"""Opens a damaged database for reading, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.store import wal, watermark
from gateway.store.connection import read_only
from gateway.store.page import Root, with_first_page

_COPY = "anju.db-readable"


@contextmanager
def reading(database: Path, roots: Sequence[Root], work: Path) -> Iterator[sqlite3.Connection]:
    """Gives a connection to it; where its first page or schema is gone, to a copy in `work` that has a new one.

    Gives one to an empty database where nothing of it can be read. Raises OSError where there is no room for the copy.
    """
    connection, copy = _opened(database), work / _COPY
    try:
        if connection is None and roots:
            with_first_page(database, copy, roots, _pages_in_wal(database))
            connection = _opened(copy)
        yield connection or sqlite3.connect(":memory:", check_same_thread=False)
    finally:
        if connection is not None:
            connection.close()
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(f"{_COPY}{suffix}").unlink(missing_ok=True)


def ends_in(connection: sqlite3.Connection, mark: Mapping[str, int], tables: Sequence[str]) -> dict[str, int]:
    """The last number of each table: the greatest that anything tells of."""
    ends = {table: mark.get(table, 0) for table in tables}
    with suppress(sqlite3.Error):
        for table, number in watermark.ends_of(connection).items():
            ends[table] = max(ends.get(table, 0), number)
    for table in tables:
        with suppress(sqlite3.Error, TypeError):
            row = connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608  # our own names
            ends[table] = max(ends[table], int(row[0] or 0)) if row[0] < _TOO_MANY else ends[table]
    return ends


_TOO_MANY = 2**40
"""A row number beyond it comes from a torn page."""


def _opened(database: Path) -> sqlite3.Connection | None:
    """None where its tables can't be found; SQLite makes an empty one of what is empty."""
    if not database.exists():
        return None
    for immutable in (False, True):
        with suppress(sqlite3.Error):
            connection = read_only(database, immutable=immutable)
            try:
                if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journal'").fetchone()[0]:
                    return connection
            except sqlite3.Error:
                pass
            connection.close()
    return None


def _pages_in_wal(database: Path) -> int:
    with suppress(OSError):
        return wal.walk(database.with_name(f"{database.name}-wal")).pages
    return 0
