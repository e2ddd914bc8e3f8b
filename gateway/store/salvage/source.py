"""Opens a damaged or unwritable database for reading, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from gateway.store import wal, watermark
from gateway.store.connection import Damaged, is_damage, read_only
from gateway.store.first_page import PAGE, Root, with_first_page

log = structlog.get_logger(__name__)
_COPY = "anju.db-readable"
_TOO_MANY = 2**40
"""A row number beyond it comes from a torn page."""


@contextmanager
def reading(database: Path, roots: Sequence[Root], work: Path) -> Iterator[sqlite3.Connection]:
    """Gives a connection to it; where that needs a change, to a copy in `work`, which is removed in the end.

    A first page or schema that is gone is made anew; on a disk that can't be written, SQLite reads no WAL. Gives one to
    an empty database where nothing can be read. Raises OSError where there is no room for the copy.
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


def _opened(database: Path, roots: Sequence[Root], copy: Path) -> sqlite3.Connection | None:
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


def _with_new_first_page(database: Path, roots: Sequence[Root], copy: Path) -> sqlite3.Connection | None:
    """None where nobody knows where its tables begin."""
    if not roots:
        return None
    with_first_page(database, copy, roots, _pages_in_wal(database))
    beside = copy.with_name(f"{copy.name}-wal")
    if beside.exists():  # it may hold the old one, which leads to a schema that is gone
        with copy.open("rb") as file:
            wal.put_page(beside, 1, file.read(PAGE))
    with suppress(sqlite3.Error):
        return _usable(copy)
    return None


def _usable(database: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Raises sqlite3.Error; SQLite makes an empty database of an empty file."""
    if not database.exists():
        raise Damaged("there is no file")
    connection = read_only(database, immutable=immutable)
    try:
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journal'").fetchone()[0]:
            return connection
    except sqlite3.Error:
        connection.close()
        raise
    connection.close()
    raise Damaged("it has no tables")


def _copy_file(file: Path, to: Path) -> None:
    """Raises OSError, before the disk is full."""
    if file.exists():
        if file.stat().st_size > shutil.disk_usage(to.parent).free // 2:
            raise OSError("there is no room for a copy")
        shutil.copyfile(file, to)


def _pages_in_wal(database: Path) -> int:
    with suppress(OSError):
        return wal.walk(database.with_name(f"{database.name}-wal")).pages
    return 0


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
