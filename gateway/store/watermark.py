"""The high-water mark of each numbered table, in a small file beside the WAL: shows at startup which rows are gone.

Written with one pwrite after each committed group and never synced: after a power cut it may be behind the database,
but it is never ahead. So a number above the database's own means that committed rows are gone.
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
_SIZE = 512
"""Bytes of the file: one sector, which the disk writes as a whole."""
LastNumbers = Mapping[str, int]
"""Table → the last number given out in it."""


def last_numbers(connection: sqlite3.Connection) -> dict[str, int]:
    """Read the last numbers from the database. Raises sqlite3.Error."""
    # A damaged page may give anything: what is no number says nothing.
    found = connection.execute("SELECT name, seq FROM sqlite_sequence WHERE typeof(seq) = 'integer'")
    return {str(row[0]): int(row[1]) for row in found}


class Watermark:
    """Writes the file. A failed write is ignored: the mark then stays behind."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file: int | None = None
        self._written: LastNumbers = {}

    def committed(self, connection: sqlite3.Connection) -> None:
        """Call this after COMMIT has returned and before the callers get their results."""
        with suppress(sqlite3.Error, OSError):
            numbers = last_numbers(connection)
            if numbers != self._written:
                self._write(numbers)
                self._written = numbers

    def close(self) -> None:
        """Close the file. The next commit opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, numbers: LastNumbers) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        text = json.dumps(numbers).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        os.pwrite(self._file, line.ljust(_SIZE, b" "), 0)


def read(folder: Path) -> dict[str, int]:
    """The last numbers from the file; empty when it is missing or torn."""
    try:
        crc, text = (folder / NAME).read_bytes()[: 2 * _SIZE].strip().split(b" ", 1)
        if int(crc, 16) != zlib.crc32(text):
            return {}
        return {str(table): int(number) for table, number in json.loads(text).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
