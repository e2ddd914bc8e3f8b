"""Opens connections to the database, and classifies SQLite's errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

BUSY_MS = 5000
"""Milliseconds to wait for a lock: a command such as `anju users add` may hold the file for a moment."""
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREADABLE = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    8202,  # SQLITE_IOERR_DATA: a checksum of the VFS is wrong
}


class Damaged(sqlite3.DatabaseError):
    """Damage that our own checks found; `is_damage` treats it like SQLite's SQLITE_CORRUPT."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def connect(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """A writing connection without implicit transactions; each COMMIT is synced. `make` creates a missing file."""
    uri = f"{path.resolve().as_uri()}?mode={'rwc' if make else 'rw'}"
    return _set_up(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256))


def _set_up(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        first_access(connection, "PRAGMA journal_mode = WAL")
        # FULL syncs the WAL at each COMMIT; with NORMAL a power cut could take acknowledged signals.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Zeroes over what is deleted: without it a deleted person's name stays in free space of the file.
        connection.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:  # setting WAL mode is the first access: a damaged file raises here
        connection.close()
        raise
    return connection


def first_access(connection: sqlite3.Connection, sql: str) -> sqlite3.Cursor:
    """Execute the statement that reads the file for the first time. Raises sqlite3.Error, Damaged among them.

    It needs some kilobytes: when SQLite is out of memory over it, a size that stands in the file is wrong.
    """
    try:
        return connection.execute(sql)
    except MemoryError as error:
        raise Damaged("a size in the file is wrong: SQLite wants more memory for it than there is") from error


def read_only(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can't write; text that is no UTF-8 is read with replacement characters.

    `immutable` reads the file alone, without its WAL and without a lock: for a folder that can't be written.
    """
    more = "immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{more}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def is_damage(error: BaseException) -> bool:
    """Whether the error means that the file's content is wrong. A full disk or a lock does not."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    # The low byte is the primary result code, the whole number the extended one (SQLITE_IOERR_READ and so on).
    return isinstance(error, sqlite3.Error) and (code & 0xFF in _DAMAGE or code in _UNREADABLE)


def is_disk_error(error: BaseException) -> bool:
    """Whether the disk or the file caused the error, rather than a mistake in a statement."""
    broken = type(error) is sqlite3.DatabaseError  # SQLITE_CORRUPT and SQLITE_NOTADB have no class of their own
    return broken or isinstance(error, sqlite3.OperationalError | sqlite3.InternalError | OSError)
