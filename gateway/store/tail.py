"""Following a record that another process writes: what has come since the last look. Reads alone."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors import NotFound
from gateway.model import Said, Signal
from gateway.store import journal
from gateway.store.rows import from_us, why_of

AT_ONCE = 500
"""Rows of one look at most; the rest comes with the next."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a device sent that could not be read: the first bytes of it."""

    device: str
    at: datetime
    why: Said
    data: bytes


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
            self._quarantine: int = self._value("SELECT coalesce(max(number), 0) FROM quarantine")
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
        rows = self._connection.execute(
            "SELECT number, at, device, why, why_zh, substr(data, 1, 64) AS data FROM quarantine WHERE number > ?"
            " ORDER BY number LIMIT ?",
            (self._quarantine, AT_ONCE),
        ).fetchall()
        self._quarantine = rows[-1]["number"] if rows else self._quarantine
        return [Unreadable(row["device"], from_us(row["at"]), why_of(row), bytes(row["data"])) for row in rows]

    def has_rung(self, signal: Signal) -> bool:
        """Whether an alert is on record that this signal belongs to."""
        return bool(self._value("SELECT count(*) FROM alert_signals WHERE journal = ?", signal.number))

    def close(self) -> None:
        self._connection.close()

    def _value(self, sql: str, *values: object) -> int:
        number: int = self._connection.execute(sql, values).fetchone()[0]
        return number
