"""Deleting what may go: signals no alert stands on, and quarantine; in batches of a bounded size."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.store.columns import to_us

BATCH = 500
LOOKED_AT = 5000
"""Rows of the journal looked at in one read: those behind an alert stay for good, however many there are."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the journal has been looked through, in the order of receipt (µs), then of number."""

    received: int = -(1 << 62)
    number: int = 0


def old_signals(connection: sqlite3.Connection, before: datetime, after: Place) -> tuple[list[int], Place | None]:
    """The next old signals and wake-ups to delete, those behind an alert left out.

    The second value is where to go on, None at the end.
    """
    rows = connection.execute(
        "SELECT number, received, entry, EXISTS (SELECT 1 FROM alert_signals WHERE journal = journal.number) AS behind"
        " FROM journal WHERE received < ? AND (received, number) > (?, ?) ORDER BY received, number LIMIT ?",
        (to_us(before), after.received, after.number, LOOKED_AT),
    ).fetchall()
    gone = [row["number"] for row in rows if row["entry"] in {"signal", "wake"} and not row["behind"]]
    if len(rows) < LOOKED_AT:
        return gone, None
    return gone, Place(rows[-1]["received"], rows[-1]["number"])


def delete_signals(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Those that an alert stands on by now stay."""
    connection.executemany(
        "DELETE FROM journal WHERE number = ? AND NOT EXISTS (SELECT 1 FROM alert_signals WHERE journal = ?)",
        [(number, number) for number in numbers],
    )


def purge_quarantine(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most a batch of old quarantined bytes; returns how many."""
    return connection.execute(
        "DELETE FROM quarantine WHERE number IN (SELECT number FROM quarantine WHERE at < ? ORDER BY at LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount


def snapshots_of_alerts(connection: sqlite3.Connection, begins: str) -> frozenset[str]:
    """Pictures whose names begin so and that alerts show: they stay as long as the alert, which is for good."""
    sql = "SELECT snapshot FROM alerts WHERE snapshot BETWEEN ? AND ?"
    return frozenset(row[0] for row in connection.execute(sql, (begins, f"{begins}~")))
