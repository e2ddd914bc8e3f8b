"""How far the database had got: a small file beside the WAL, to notice at the start what was lost with it.

Written with one pwrite after each committed group and never synced: after a power cut it may lag behind the database,
and it is never ahead of it. So a last number above the database's own says that committed rows are gone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

NAME = "anju.db-mark"
_ROOM = 512
"""Bytes of the file, within one sector: always written whole."""
Ends = Mapping[str, int]
"""The last number given out in each numbered table."""


def ends_of(connection: sqlite3.Connection) -> dict[str, int]:
    """Raises sqlite3.Error where they can't be read."""
    return {str(row[0]): int(row[1]) for row in connection.execute("SELECT name, seq FROM sqlite_sequence")}


class Watermark:
    """Where it can't be written there is none; nothing else fails for it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file: int | None = None
        self._ends: Ends = {}

    def committed(self, connection: sqlite3.Connection) -> None:
        """After COMMIT has returned, before the callers are told."""
        with suppress(sqlite3.Error, OSError):
            ends = ends_of(connection)
            if ends != self._ends:
                self._write(ends)
                self._ends = ends

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, ends: Ends) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        said = json.dumps(ends).encode()
        line = b"%08x %s\n" % (zlib.crc32(said), said)
        os.pwrite(self._file, line.ljust(_ROOM, b" "), 0)


def read(folder: Path) -> dict[str, int]:
    """Empty where there is none, or one that is torn."""
    try:
        crc, said = (folder / NAME).read_bytes()[: 2 * _ROOM].strip().split(b" ", 1)
        if int(crc, 16) != zlib.crc32(said):
            return {}
        return {str(table): int(number) for table, number in json.loads(said).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
