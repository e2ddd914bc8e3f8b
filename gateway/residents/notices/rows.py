"""Notices to households as rows; the words come in and go out sealed."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from gateway.store.columns import to_us

BATCH = 500
LAST = (1 << 63) - 1


def add(connection: sqlite3.Connection, place: str, at: datetime, kind: str, about: str, words: bytes) -> None:
    """Add a notice."""
    connection.execute(
        "INSERT INTO resident_notices (place, at, kind, about, words) VALUES (?, ?, ?, ?, ?)",
        (place, to_us(at), kind, about, words),
    )


def page(connection: sqlite3.Connection, place: str, before: int, limit: int) -> list[sqlite3.Row]:
    """Of exactly this place, newest first."""
    return connection.execute(
        "SELECT * FROM resident_notices WHERE place = ? AND number < ? ORDER BY number DESC LIMIT ?",
        (place, before, limit),
    ).fetchall()


def purge(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most BATCH old ones; returns how many."""
    return connection.execute(
        "DELETE FROM resident_notices WHERE number IN"
        " (SELECT number FROM resident_notices WHERE at < ? ORDER BY at LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount
