"""Deletes expired rows in bounded batches: signals that belong to no alert, and quarantine entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.store.columns import to_us

BATCH_ROWS = 500
"""Rows deleted in one transaction."""
SCAN_ROWS = 5000
"""Journal rows read at once. Many may belong to alerts and stay, so it is more than a batch."""


@dataclass(frozen=True, slots=True)
class JournalPosition:
    """A position in the journal, ordered by time of receipt (µs), then by number."""

    received: int = -(1 << 62)
    number: int = 0


def old_signals(
    connection: sqlite3.Connection, before: datetime, after: JournalPosition
) -> tuple[list[int], JournalPosition | None]:
    """Numbers of signals and wake-ups older than `before` that belong to no alert.

    The second value is where to continue, None at the end.
    """
    # A row value comparison, so that SQLite continues in the index journal_received instead of skipping rows.
    rows = connection.execute(
        "SELECT number, received, entry, EXISTS (SELECT 1 FROM alert_signals WHERE journal = journal.number) AS behind"
        " FROM journal WHERE received < ? AND (received, number) > (?, ?) ORDER BY received, number LIMIT ?",
        (to_us(before), after.received, after.number, SCAN_ROWS),
    ).fetchall()
    # Configurations and clock steps stay: replays of old events need them.
    expired = [row["number"] for row in rows if row["entry"] in {"signal", "wake"} and not row["behind"]]
    if len(rows) < SCAN_ROWS:
        return expired, None
    return expired, JournalPosition(rows[-1]["received"], rows[-1]["number"])


def delete_signals(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Delete these rows, except those that have got an alert since `old_signals` read them."""
    connection.executemany(
        "DELETE FROM journal WHERE number = ? AND NOT EXISTS (SELECT 1 FROM alert_signals WHERE journal = ?)",
        [(number, number) for number in numbers],
    )


def purge_quarantine(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most BATCH_ROWS old quarantine entries; returns how many."""
    return connection.execute(
        "DELETE FROM quarantine WHERE number IN (SELECT number FROM quarantine WHERE at < ? ORDER BY at LIMIT ?)",
        (to_us(before), BATCH_ROWS),
    ).rowcount


def snapshots_of_alerts(connection: sqlite3.Connection, prefix: str) -> frozenset[str]:
    """Names of alerts' pictures that begin with `prefix`: they are kept as long as the alerts, which is for good.

    So are those that people kept as evidence.
    """
    # BETWEEN, since LIKE would not use the index; `~` is above all hexadecimal digits.
    of_alerts = "SELECT snapshot FROM alerts WHERE snapshot BETWEEN ? AND ?"
    by_people = "SELECT picture FROM snapshots WHERE picture BETWEEN ? AND ?"
    span = (prefix, f"{prefix}~")
    return frozenset(row[0] for sql in (of_alerts, by_people) for row in connection.execute(sql, span))
