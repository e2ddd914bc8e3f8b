"""Checks of a database before it is used. Every function blocks, and raises sqlite3.Error or OSError."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from gateway.store import integrity, register_copy, watermark
from gateway.store.connection import Damaged, connect
from gateway.store.faults import StoreFault, lost_rows
from gateway.store.migrations import migrate
from gateway.store.salvage.replacement import wal_path

log = structlog.get_logger(__name__)
MAX_STARTUP_CHECK_BYTES = 256 * 1024 * 1024
"""Up to this size every page is checked before the gateway serves (about 1 s); a larger database soon after."""


def check_exists(database: Path, mark: Mapping[str, int]) -> None:
    """Raise Damaged for a database that is gone or empty: SQLite would create an empty one and delete the WAL."""
    was_there = mark or _size(wal_path(database)) or database.with_name(register_copy.NAME).exists()
    if was_there and not _size(database):
        raise Damaged("the file is missing or empty, but a database was there before")


def open_writable(database: Path) -> sqlite3.Connection:
    """Open the database, migrate it and try a write lock: SQLite notices a read-only file only at the first write."""
    connection = connect(database)
    try:
        migrate(connection)
        connection.execute("BEGIN IMMEDIATE")  # raises for a read-only file
        connection.execute("ROLLBACK")
        _check_mode(database)
    except BaseException:
        connection.close()
        raise
    return connection


def check_content(connection: sqlite3.Connection, database: Path, mark: Mapping[str, int]) -> StoreFault | None:
    """The fault of committed rows that are gone, or None. Raises Damaged for a database that can't be used."""
    fault = integrity.check_small_tables(connection)
    if fault is None and _size(database) <= MAX_STARTUP_CHECK_BYTES:
        fault = integrity.check_pages(connection)
    if fault is not None:
        raise Damaged(fault)
    missing = count_missing_rows(connection, mark)
    if not missing:
        return None
    log.error("committed rows are gone", rows=missing)
    # A lost WAL can leave indexes that disagree with their tables: only the slow check notices that.
    fault = integrity.check_indexes(connection)
    if fault is not None:
        raise Damaged(fault)
    for table in missing:  # continue after the lost numbers: no number may be given out twice
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, mark[table]))
    return StoreFault("lost", lost_rows(missing))


def count_missing_rows(connection: sqlite3.Connection, mark: Mapping[str, int]) -> dict[str, int]:
    """For each table: by how much the watermark is above the last number in the database, where it is."""
    ends = watermark.last_numbers(connection)
    return {table: number - ends.get(table, 0) for table, number in mark.items() if number > ends.get(table, 0)}


def _check_mode(database: Path) -> None:
    with suppress(PermissionError):  # the file of another user, in a folder that our group may write
        database.chmod(0o600)
    if not os.access(database, os.W_OK):
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS), str(database))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
