"""What happened at a place, to a device, or around a person or vehicle: signals and alerts, newest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import itemgetter

from gateway.history import rows
from gateway.history.terms import Wanted, match
from gateway.model import Alert, Signal
from gateway.store import journal


@dataclass(frozen=True, slots=True)
class Subject:
    """What the timeline is of: signals of these devices, or that name this person or plate; alerts as `wanted` says."""

    by: str
    values: Sequence[str]
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page continues: below these numbers of signals and of alerts."""

    signals: int = rows.NEVER
    alerts: int = rows.NEVER

    def __str__(self) -> str:
        return f"{self.signals}.{self.alerts}"

    @classmethod
    def of(cls, text: str) -> Cursor:
        """Raises ValueError for text that `str` did not make."""
        signals, _, alerts = text.partition(".")
        cursor = cls(int(signals), int(alerts))
        if not (0 <= cursor.signals <= rows.NEVER and 0 <= cursor.alerts <= rows.NEVER):
            raise ValueError(text)
        return cursor


Entry = Signal | Alert


def page(
    connection: sqlite3.Connection, subject: Subject, begin: datetime, end: datetime, after: Cursor, limit: int
) -> tuple[list[Entry], Cursor | None]:
    """The next `limit` entries, and where the page after them begins; None at the end."""
    first, beyond = journal.first_since(connection, begin), journal.first_since(connection, end)
    below = min(after.signals, beyond)
    signals = rows.signals_by(connection, subject.by, subject.values, first, below, limit + 1)
    alerts = rows.found(connection, match(subject.wanted), begin, end, after.alerts, limit + 1)
    # Each stream keeps its own order, that of the numbers: after a clock was set back times are out of order.
    streams: list[list[tuple[datetime, int, Entry]]] = [
        [(alert.raised_at, number, alert) for number, alert in alerts],  # first: above the signal that raised it
        [(signal.time, signal.number or 0, signal) for signal in signals],
    ]
    entries = list(merge(*streams, key=itemgetter(0), reverse=True))
    shown = entries[:limit]
    numbers = {kind: [number for _time, number, entry in shown if isinstance(entry, kind)] for kind in (Signal, Alert)}
    cursor = Cursor(min(numbers[Signal], default=below), min(numbers[Alert], default=after.alerts))
    return [entry for _time, _number, entry in shown], cursor if len(entries) > limit else None
