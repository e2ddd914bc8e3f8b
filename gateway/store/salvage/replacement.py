"""Replaces a damaged database by a new one. Every function blocks, and raises sqlite3.Error or OSError."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.store import register_copy, wal, watermark
from gateway.store.connection import connect
from gateway.store.faults import StoreFault, database_replaced, wal_repaired
from gateway.store.migrations import migrate
from gateway.store.salvage import damaged_folder
from gateway.store.salvage.essential_rows import NUMBERED_TABLES, copy_essential_rows
from gateway.store.salvage.rows import LostRows
from gateway.store.salvage.source import last_numbers, open_source

MAX_WAL_SCAN_BYTES = 256 * 1024 * 1024
"""A larger WAL is not checked at startup: this much takes 6 s. Usual are 4 MB."""


def wal_is_damaged(database: Path) -> bool:
    """Whether commits would be lost if SQLite opened the database. Must be called before anything opens it."""
    path = wal_path(database)
    size = path.stat().st_size if path.exists() else 0
    return 0 < size <= MAX_WAL_SCAN_BYTES and wal.scan(path).damaged


def repair_wal(database: Path) -> StoreFault:
    """Rewrite the WAL's checksums; keep the damaged original in a `damaged-…` folder. Call it before any open."""
    path = wal_path(database)
    folder = damaged_folder.new_folder(database.parent, datetime.now(UTC))
    damaged_folder.write_note(folder, damaged_folder.SalvageNote("its WAL was damaged", {}, done=True))
    repaired = path.with_name(f"{path.name}.mended")
    wal.rewrite_checksums(path, repaired)
    os.link(path, folder / path.name)  # a second name for the original, before the rename takes its first one
    repaired.replace(path)
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)  # it indexes the old WAL
    return StoreFault("wal", wal_repaired(folder))


def replace_damaged(database: Path, why: str) -> StoreFault:
    """Fill a new database with the essential rows, move the damaged one away, put the new one in its place."""
    data, new, lost = database.parent, database.with_name(f"{database.name}-new"), LostRows()
    with open_source(_damaged(database), register_copy.roots(data), data) as source:
        ends = last_numbers(source, watermark.read(data), NUMBERED_TABLES)
        _fill(new, lambda fresh: copy_essential_rows(source, fresh, data, ends, lost))
    return _swap(database, new, damaged_folder.SalvageNote(why, ends, lost.rows()))


def replace_missing(database: Path, old: sqlite3.Connection, why: str) -> StoreFault:
    """Copy a database whose file was removed or replaced under us: the open connection can still read all of it."""
    new = database.with_name(f"{database.name}-new")
    _fill(new, old.backup)
    return _swap(database, new, damaged_folder.SalvageNote(why, {}, done=True))


def wal_path(database: Path) -> Path:
    """The database's WAL file."""
    return database.with_name(f"{database.name}-wal")


def _damaged(database: Path) -> Path:
    """The damaged file, or where an interrupted startup has moved it."""
    if database.exists() or wal_path(database).exists():
        return database
    moved = [folder / database.name for folder in damaged_folder.unfinished(database.parent)]
    return moved[-1] if moved else database


def _fill(new: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Create the new database and fill it. Removes what an interrupted startup left of it."""
    for suffix in ("", "-wal", "-shm"):
        new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)
    # Created here for its mode: SQLite would use the umask.
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    fresh = connect(new)
    try:
        fresh.execute("PRAGMA synchronous = OFF")  # quicker; the finished file is synced once below
        migrate(fresh)
        fill(fresh)
        fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        fresh.close()
    with new.open("rb") as file:
        os.fsync(file.fileno())


def _swap(database: Path, new: Path, note: damaged_folder.SalvageNote) -> StoreFault:
    data = database.parent
    folder = data
    if database.exists() or wal_path(database).exists():
        folder = damaged_folder.new_folder(data, datetime.now(UTC))
        damaged_folder.write_note(folder, note)
        damaged_folder.move(data, folder)
    new.replace(database)
    damaged_folder.sync_folder(data)
    return StoreFault("damaged", database_replaced(folder, note.why, note.lost))
