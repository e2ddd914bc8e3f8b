"""Connections to the database, and what SQLite's errors say about the file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

BUSY_MS = 5000
"""A command such as `anju users add` may hold the file for a moment."""
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREADABLE = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    8202,  # SQLITE_IOERR_DATA: a checksum of the VFS is wrong
}


class Damaged(sqlite3.DatabaseError):
    """What a check of ours found, as SQLite would have said it."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def connect(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """A connection that commits only when told, and then through fdatasync. `make`: a file where there is none."""
    uri = f"{path.resolve().as_uri()}?mode={'rwc' if make else 'rw'}"
    return _set_up(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256))


def _set_up(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def read_only(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can't write; text that is no UTF-8 is read all the same.

    `immutable` reads the file alone, without its WAL and without a lock: for a folder that can't be written.
    """
    more = "immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{more}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda said: said.decode("utf-8", "replace")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def is_damage(error: BaseException) -> bool:
    """Whether it says that the file holds something else than was written; a full disk or a lock does not."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return isinstance(error, sqlite3.Error) and (code & 0xFF in _DAMAGE or code in _UNREADABLE)


def is_the_disks(error: BaseException) -> bool:
    """Whether it tells of the disk, or of what it made of the file, and not of a mistake in a statement."""
    broken = type(error) is sqlite3.DatabaseError  # SQLITE_CORRUPT and SQLITE_NOTADB have no class of their own
    return broken or isinstance(error, sqlite3.OperationalError | sqlite3.InternalError | OSError)
