"""What a device may have in the quarantine in all: its oldest pieces make room for its newest."""

from __future__ import annotations

import sqlite3

MOST_PIECES, MOST_BYTES = 2000, 16 * 1024 * 1024
BATCH = 500
"""Deleted at most in one go, so that no commit waits long behind a quarantine of long ago."""
_OF_DEVICE = (
    "SELECT number, count(*) OVER newest AS pieces, sum(length(data)) OVER newest AS bytes"
    " FROM quarantine WHERE device = ? WINDOW newest AS (ORDER BY number DESC)"
)


def trim_quarantine(connection: sqlite3.Connection, device: str) -> int:
    """Delete at most a batch of what the device has beyond its quota; returns how many."""
    return connection.execute(
        f"DELETE FROM quarantine WHERE number IN (SELECT number FROM ({_OF_DEVICE})"  # noqa: S608  # fixed text
        " WHERE pieces > ? OR bytes > ? ORDER BY number LIMIT ?)",
        (device, MOST_PIECES, MOST_BYTES, BATCH),
    ).rowcount
