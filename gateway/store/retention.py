"""Deleting what may go: signals no alert stands on, and quarantine; in batches of a bounded size."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from gateway.store.rows import to_us

BATCH = 500


def purge_signals(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most a batch of old signals and wake-ups; those behind an alert stay with it. Returns how many."""
    return connection.execute(
        "DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE received < ?"
        " AND entry IN ('signal', 'wake')"
        " AND NOT EXISTS (SELECT 1 FROM alert_signals WHERE alert_signals.journal = journal.number)"
        " ORDER BY received LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount


def purge_quarantine(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most a batch of old quarantined bytes; returns how many."""
    return connection.execute(
        "DELETE FROM quarantine WHERE number IN (SELECT number FROM quarantine WHERE at < ? ORDER BY number LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount


def snapshots_of_alerts(connection: sqlite3.Connection) -> frozenset[str]:
    """Pictures that alerts show: they stay as long as the alert, which is for good."""
    return frozenset(row[0] for row in connection.execute("SELECT snapshot FROM alerts WHERE snapshot IS NOT NULL"))
