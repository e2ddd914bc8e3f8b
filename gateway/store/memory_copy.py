"""A copy of the readable rows in memory, to read from while nothing can be written."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

from gateway.store import register_copy, watermark
from gateway.store.migrations import migrate
from gateway.store.salvage.essential_rows import NUMBERED_TABLES, copy_essential_rows
from gateway.store.salvage.rows import LostRows
from gateway.store.salvage.source import last_numbers, open_source


def copy_to_memory(uri: str, database: Path) -> sqlite3.Connection:
    """Make the database in memory at `uri`, with as much of `database` as can be read. Never raises for that file."""
    memory = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    migrate(memory)
    folder = database.parent
    file = database if database.is_file() else folder / "none"  # the path may be a folder
    roots, mark = register_copy.roots(folder), watermark.read(folder)
    with (
        suppress(OSError, sqlite3.Error),
        tempfile.TemporaryDirectory(prefix="anju-") as work,  # the data folder's disk may be full or read-only
        open_source(file, roots, Path(work)) as source,
    ):
        copy_essential_rows(source, memory, folder, last_numbers(source, mark, NUMBERED_TABLES), LostRows())
    return memory
