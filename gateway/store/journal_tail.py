"""Follows the journal and the quarantine of a running gateway from another process, read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.errors import NotFound
from gateway.model import Signal
from gateway.store import journal, quarantine
from gateway.store.connection import is_damage
from gateway.store.faults import what_is_wrong
from gateway.store.quarantine import QuarantineEntry

T = TypeVar("T")
MAX_FAILURES = 50
"""Reads that may fail in succession, e.g. while the gateway replaces its database."""
BATCH_ROWS = 500
"""Rows of one read at most; the others come with the next."""
_HEAD_BYTES = 64
"""Bytes read of a quarantine entry."""


class JournalTail:
    """Begins at the end of the journal. Each method raises NotFound when there is no readable database.

    When the gateway replaces a damaged database, the tail follows to the new file.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "anju.db"
        if not self._path.is_file():
            raise NotFound(f"{folder} holds no database: give the --data of the running gateway")
        self._failures = 0
        try:
            self._open()
            self._signals = journal.last_number(self._connection)
            self._quarantine = quarantine.last_number(self._connection)
        except (PermissionError, sqlite3.Error) as error:
            raise self._unreadable(error) from error

    def _open(self) -> None:
        self._connection = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row
        self._inode = self._path.stat().st_ino

    def _unreadable(self, error: Exception) -> NotFound:
        if is_damage(error):
            return NotFound(f"{self._path} can't be read: {what_is_wrong(self._path, error)}")
        return NotFound(f"{self._path} can't be read ({error}): run this as the gateway's user")

    def _query(self, query: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        """Run the query; an empty list while the file is being replaced."""
        try:
            if self._path.stat().st_ino != self._inode:
                self._connection.close()
                self._open()
            found = query(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._failures += 1
            if self._failures > MAX_FAILURES:
                raise self._unreadable(error) from error
            return []
        self._failures = 0
        return found

    def all_signals(self) -> list[Signal]:
        """All signals since the last call, however many, in order of arrival."""
        found = latest = self.signals()
        while len(latest) == BATCH_ROWS:
            latest = self.signals()
            found += latest
        return found

    def signals(self) -> list[Signal]:
        """In order of arrival; at most AT_ONCE."""
        found = self._query(lambda connection: journal.signals_after(connection, self._signals, BATCH_ROWS))
        self._signals = found[-1].number or self._signals if found else self._signals
        return found

    def quarantined(self) -> list[QuarantineEntry]:
        """Quarantine entries since the last call in order of arrival, at most BATCH_ROWS."""
        after = self._quarantine
        found = self._query(lambda connection: quarantine.after(connection, after, BATCH_ROWS, _HEAD_BYTES))
        self._quarantine = found[-1].number if found else after
        return found

    def has_alert(self, signal: Signal) -> bool:
        """Whether a stored alert has this signal."""
        sql = "SELECT 1 FROM alert_signals WHERE journal = ? LIMIT 1"
        return bool(self._query(lambda connection: connection.execute(sql, (signal.number,)).fetchall()))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
