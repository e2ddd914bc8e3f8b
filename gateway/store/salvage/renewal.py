"""A fresh database in the place of a damaged one. Everything here blocks, and raises sqlite3.Error or OSError."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.store import register_copy, wal, watermark
from gateway.store.connection import connect
from gateway.store.faults import Trouble, set_aside, wal_mended
from gateway.store.migrations import migrate
from gateway.store.salvage import damaged_folder
from gateway.store.salvage.begin import NUMBERED, begin
from gateway.store.salvage.rows import Lost
from gateway.store.salvage.source import ends_in, reading

WALK_WAL = 256 * 1024 * 1024
"""Bytes of a WAL that are looked through at the start (6 s); usual are 4 MB."""


def wal_is_damaged(database: Path) -> bool:
    path = wal_of(database)
    size = path.stat().st_size if path.exists() else 0
    return 0 < size <= WALK_WAL and wal.walk(path).damaged


def mend_wal(database: Path) -> Trouble:
    """Before anybody opens the database; the damaged WAL is kept in a folder of its own."""
    path = wal_of(database)
    folder = damaged_folder.new_folder(database.parent, datetime.now(UTC))
    damaged_folder.write_note(folder, damaged_folder.Note("its WAL was damaged", {}, done=True))
    mended = path.with_name(f"{path.name}.mended")
    wal.mend(path, mended)
    os.link(path, folder / path.name)
    mended.replace(path)
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)  # an index of the WAL as it was
    return Trouble("wal", wal_mended(folder))


def salvage(database: Path, why: str) -> Trouble:
    """Fill a fresh one with what must be there at once, set the damaged one aside, and put the fresh in its place."""
    data, new, lost = database.parent, database.with_name(f"{database.name}-new"), Lost()
    with reading(_damaged(database), register_copy.roots(data), data) as source:
        ends = ends_in(source, watermark.read(data), NUMBERED)
        _fill(new, lambda fresh: begin(source, fresh, data, ends, lost))
    return _exchange(database, new, damaged_folder.Note(why, ends, lost.rows()))


def copy_over(database: Path, old: sqlite3.Connection, why: str) -> Trouble:
    """Its file was removed or exchanged under us: all of it is still to be read by the connection that has it open."""
    new = database.with_name(f"{database.name}-new")
    _fill(new, old.backup)
    return _exchange(database, new, damaged_folder.Note(why, {}, done=True))


def wal_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def _damaged(database: Path) -> Path:
    """The file, or where a start that was cut off has moved it."""
    if database.exists() or wal_of(database).exists():
        return database
    moved = [folder / database.name for folder in damaged_folder.unfinished(database.parent)]
    return moved[-1] if moved else database


def _fill(new: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """What a start before left of it is removed."""
    for suffix in ("", "-wal", "-shm"):
        new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    fresh = connect(new)
    try:
        fresh.execute("PRAGMA synchronous = OFF")
        migrate(fresh)
        fill(fresh)
        fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        fresh.close()
    with new.open("rb") as file:
        os.fsync(file.fileno())


def _exchange(database: Path, new: Path, note: damaged_folder.Note) -> Trouble:
    data = database.parent
    folder = data
    if database.exists() or wal_of(database).exists():
        folder = damaged_folder.new_folder(data, datetime.now(UTC))
        damaged_folder.write_note(folder, note)
        damaged_folder.move(data, folder)
    new.replace(database)
    damaged_folder.sync(data)
    return Trouble("damaged", set_aside(folder, note.why, note.lost))
