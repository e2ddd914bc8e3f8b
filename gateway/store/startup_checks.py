"""What is looked at before a database is used. Everything here blocks, and raises sqlite3.Error or OSError."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from gateway.store import check, register_copy, watermark
from gateway.store.connection import Damaged, connect
from gateway.store.faults import Trouble, lost_rows
from gateway.store.migrations import migrate
from gateway.store.salvage.renewal import wal_of

log = structlog.get_logger(__name__)
CHECK_WHOLE = 256 * 1024 * 1024
"""Bytes up to which every page is checked before the gateway serves (about 1 s); beyond it soon after."""


def check_there(database: Path, mark: Mapping[str, int]) -> None:
    """Raises Damaged for one that is gone or empty: SQLite would begin an empty one and delete the WAL."""
    was_there = mark or _size(wal_of(database)) or database.with_name(register_copy.NAME).exists()
    if was_there and not _size(database):
        raise Damaged("the file is gone or empty, and something was in it")


def open_writable(database: Path) -> sqlite3.Connection:
    """Up to date, and tried: SQLite opens what can only be read, and says so at the first write."""
    connection = connect(database)
    try:
        migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        _check_mode(database)
    except BaseException:
        connection.close()
        raise
    return connection


def examine(connection: sqlite3.Connection, database: Path, mark: Mapping[str, int]) -> Trouble | None:
    """What was committed and is gone; raises Damaged for what can't be used."""
    fault = check.small(connection)
    if fault is None and _size(database) <= CHECK_WHOLE:
        fault = check.whole(connection)
    if fault is not None:
        raise Damaged(fault)
    missing = missing_rows(connection, mark)
    if not missing:
        return None
    log.error("rows that were committed are gone", rows=missing)
    fault = check.consistent(connection)
    if fault is not None:
        raise Damaged(fault)
    for table in missing:  # no number is given twice
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, mark[table]))
    return Trouble("lost", lost_rows(missing))


def missing_rows(connection: sqlite3.Connection, mark: Mapping[str, int]) -> dict[str, int]:
    """How many numbers of each table were given out beyond the last that it knows."""
    ends = watermark.ends_of(connection)
    return {table: number - ends.get(table, 0) for table, number in mark.items() if number > ends.get(table, 0)}


def _check_mode(database: Path) -> None:
    with suppress(PermissionError):  # another user's, in a folder of a group that may write
        database.chmod(0o600)
    if not os.access(database, os.W_OK):
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS), str(database))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
