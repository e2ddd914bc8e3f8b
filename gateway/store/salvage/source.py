"""Opens a damaged or unwritable database for reading."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from gateway.store import wal, watermark
from gateway.store.connection import Damaged, first_access, is_damage, read_only
from gateway.store.first_page import PAGE, TableRoot, copy_with_first_page

log = structlog.get_logger(__name__)
_COPY = "anju.db-readable"
_MAX_ROWID = 2**40
"""A larger row number comes from a torn page."""


@contextmanager
def open_source(database: Path, roots: Sequence[TableRoot], work: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the database, or to a copy in `work` (removed at the end) where a change is needed.

    A copy is needed when the first page or the schema is gone and must be rebuilt, and on a read-only disk, where
    SQLite can't read the WAL. When nothing can be read, the connection is to an empty database. Raises OSError when
    there is no room for the copy.
    """
    copy, connection = work / _COPY, None
    try:
        connection = _opened(database, roots, copy)
        yield connection or sqlite3.connect(":memory:", check_same_thread=False)
    finally:
        if connection is not None:
            connection.close()
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(f"{_COPY}{suffix}").unlink(missing_ok=True)


def _opened(database: Path, roots: Sequence[TableRoot], copy: Path) -> sqlite3.Connection | None:
    try:
        return _usable(database)
    except sqlite3.Error as error:
        log.info("the database is read from a copy", why=str(error))
        if is_damage(error):
            return _with_new_first_page(database, roots, copy)
    with suppress(OSError, sqlite3.Error):
        for suffix in ("", "-wal"):
            _copy_file(database.with_name(f"{database.name}{suffix}"), copy.with_name(f"{copy.name}{suffix}"))
        return _usable(copy)
    with suppress(sqlite3.Error):
        return _usable(database, immutable=True)
    return None


def _with_new_first_page(database: Path, roots: Sequence[TableRoot], copy: Path) -> sqlite3.Connection | None:
    """A connection to a copy with a rebuilt first page; None without the tables' roots."""
    if not roots:
        return None
    copy_with_first_page(database, copy, roots, _pages_in_wal(database))
    copied_wal = copy.with_name(f"{copy.name}-wal")
    if copied_wal.exists():  # its frames of page 1 would bring back the old page, with a schema that is gone
        with copy.open("rb") as file:
            wal.replace_first_page(copied_wal, file.read(PAGE), copy.stat().st_size // PAGE)
    with suppress(sqlite3.Error):
        return _usable(copy)
    return None


def _usable(database: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection to a database that has our tables. Raises sqlite3.Error for any other."""
    if not database.exists():
        raise Damaged("there is no file")
    connection = read_only(database, immutable=immutable)
    try:
        sql = "SELECT count(*) FROM sqlite_master WHERE name = 'journal'"
        if first_access(connection, sql).fetchone()[0]:
            return connection
    except sqlite3.Error:
        connection.close()
        raise
    connection.close()
    raise Damaged("it has no tables")


def _copy_file(file: Path, to: Path) -> None:
    """Copy unless that would take more than half of the free space. Raises OSError."""
    if file.exists():
        if file.stat().st_size > shutil.disk_usage(to.parent).free // 2:
            raise OSError("there is no room for a copy")
        shutil.copyfile(file, to)


def _pages_in_wal(database: Path) -> int:
    with suppress(OSError):
        return wal.scan(database.with_name(f"{database.name}-wal")).pages
    return 0


def last_numbers(connection: sqlite3.Connection, mark: Mapping[str, int], tables: Sequence[str]) -> dict[str, int]:
    """The last number of each table: the greatest of the watermark, `sqlite_sequence` and the rows themselves."""
    ends = {table: mark.get(table, 0) for table in tables}
    with suppress(sqlite3.Error):
        for table, number in watermark.last_numbers(connection).items():
            ends[table] = max(ends.get(table, 0), number)
    for table in tables:
        with suppress(sqlite3.Error, TypeError):
            row = connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608  # our own names
            ends[table] = max(ends[table], int(row[0] or 0)) if row[0] < _MAX_ROWID else ends[table]
    return ends
