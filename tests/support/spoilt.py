"""A disk that gives back something else than was written: one page of a record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def spoil(record: Path, name: str) -> None:
    """Overwrite the root page of this table or index. Nobody may have the record open."""
    with closing(sqlite3.connect(record)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with record.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
