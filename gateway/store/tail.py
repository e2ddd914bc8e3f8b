"""Following a record that another process writes: what has come since the last look. Reads alone."""

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
from gateway.store.quarantine import Unreadable

__all__ = ["Tail", "Unreadable"]

T = TypeVar("T")
PATIENCE = 50
"""Looks that may fail on end."""
AT_ONCE = 500
"""Rows of one look at most; the rest comes with the next."""
_SHOWN = 64
"""Bytes of what could not be read."""


class Tail:
    """Begins at the end. Raises NotFound where there is no record, or none that can be read any more.

    Follows the gateway to the fresh database that it makes when its own is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "anju.db"
        if not self._path.is_file():
            raise NotFound(f"{folder} holds no record: name the --data of the gateway that runs")
        self._failed = 0
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

    def _ask(self, query: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        """Nothing while the file is exchanged for a fresh one."""
        try:
            if self._path.stat().st_ino != self._inode:
                self._connection.close()
                self._open()
            found = query(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._failed += 1
            if self._failed > PATIENCE:
                raise self._unreadable(error) from error
            return []
        self._failed = 0
        return found

    def all_signals(self) -> list[Signal]:
        """All that have come since the last look, however many."""
        found = latest = self.signals()
        while len(latest) == AT_ONCE:
            latest = self.signals()
            found += latest
        return found

    def signals(self) -> list[Signal]:
        """In order of arrival; at most AT_ONCE."""
        found = self._ask(lambda connection: journal.signals_after(connection, self._signals, AT_ONCE))
        self._signals = found[-1].number or self._signals if found else self._signals
        return found

    def unreadable(self) -> list[Unreadable]:
        after = self._quarantine
        found = self._ask(lambda connection: quarantine.after(connection, after, AT_ONCE, _SHOWN))
        self._quarantine = found[-1].number if found else after
        return found

    def has_rung(self, signal: Signal) -> bool:
        """Whether an alert is on record that this signal belongs to."""
        sql = "SELECT 1 FROM alert_signals WHERE journal = ? LIMIT 1"
        return bool(self._ask(lambda connection: connection.execute(sql, (signal.number,)).fetchall()))

    def close(self) -> None:
        self._connection.close()
