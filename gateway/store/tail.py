"""Following a record that another process writes: what has come since the last look. Reads alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.errors import NotFound
from gateway.model import Signal
from gateway.store import journal, quarantine
from gateway.store.quarantine import Unreadable

__all__ = ["Tail", "Unreadable"]

AT_ONCE = 500
"""Rows of one look at most; the rest comes with the next."""
_SHOWN = 64
"""Bytes of what could not be read."""


class Tail:
    """Begins at the end. Raises NotFound where there is no record."""

    def __init__(self, folder: Path) -> None:
        path = folder / "anju.db"
        try:
            if not path.is_file():
                raise NotFound(f"{folder} holds no record: name the --data of the gateway that runs")
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            self._connection.row_factory = sqlite3.Row
            self._signals = journal.last_number(self._connection)
            self._quarantine = quarantine.last_number(self._connection)
        except (PermissionError, sqlite3.Error) as error:
            raise NotFound(f"{path} can't be read ({error}): run this as the gateway's user") from error

    def all_signals(self) -> list[Signal]:
        """All that have come since the last look, however many."""
        found = latest = self.signals()
        while len(latest) == AT_ONCE:
            latest = self.signals()
            found += latest
        return found

    def signals(self) -> list[Signal]:
        """In order of arrival; at most AT_ONCE."""
        found = journal.signals_after(self._connection, self._signals, AT_ONCE)
        self._signals = found[-1].number or self._signals if found else self._signals
        return found

    def unreadable(self) -> list[Unreadable]:
        found = quarantine.after(self._connection, self._quarantine, AT_ONCE, _SHOWN)
        self._quarantine = found[-1].number if found else self._quarantine
        return found

    def has_rung(self, signal: Signal) -> bool:
        """Whether an alert is on record that this signal belongs to."""
        return bool(self._value("SELECT count(*) FROM alert_signals WHERE journal = ?", signal.number))

    def close(self) -> None:
        self._connection.close()

    def _value(self, sql: str, *values: object) -> int:
        number: int = self._connection.execute(sql, values).fetchone()[0]
        return number
