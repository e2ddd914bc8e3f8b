"""Bounds the quarantine of each device: its oldest entries are deleted for its newest."""

from __future__ import annotations

import sqlite3

MAX_ENTRIES, MAX_BYTES = 2000, 16 * 1024 * 1024
BATCH_ROWS = 500
"""Rows deleted at most in one transaction, so that no other commit waits long."""
_OF_DEVICE = (
    "SELECT number, count(*) OVER newest AS entries, sum(length(data)) OVER newest AS bytes"
    # Running totals from the newest entry: what is beyond the quota has totals above it.
    " FROM quarantine WHERE device = ? WINDOW newest AS (ORDER BY number DESC)"
)


def trim_quarantine(connection: sqlite3.Connection, device: str) -> int:
    """Delete at most BATCH_ROWS of the device's entries beyond its quota; returns how many."""
    return connection.execute(
        f"DELETE FROM quarantine WHERE number IN (SELECT number FROM ({_OF_DEVICE})"  # noqa: S608  # fixed text
        " WHERE entries > ? OR bytes > ? ORDER BY number LIMIT ?)",
        (device, MAX_ENTRIES, MAX_BYTES, BATCH_ROWS),
    ).rowcount
