"""Changes that residents ask for, as rows; orders and answers come in and go out sealed."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from gateway.store.columns import to_us

BATCH = 500
LAST = (1 << 63) - 1


def add(connection: sqlite3.Connection, place: str, person: str | None, orders: bytes, at: datetime) -> int:
    """Add an open request; returns its number."""
    cursor = connection.execute(
        "INSERT INTO resident_requests (place, person, orders, state, at) VALUES (?, ?, ?, 'open', ?)",
        (place, person, orders, to_us(at)),
    )
    return cursor.lastrowid or 0


def count_open(connection: sqlite3.Connection, place: str, since: datetime) -> int:
    """How many that were made since then wait for an answer at this place."""
    row = connection.execute(
        "SELECT count(*) FROM resident_requests WHERE place = ? AND state = 'open' AND at >= ?", (place, to_us(since))
    ).fetchone()
    count: int = row[0]
    return count


def one(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    """The request with this number."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM resident_requests WHERE number = ?", (number,)
    ).fetchone()
    return row


def at_place(connection: sqlite3.Connection, place: str, limit: int) -> list[sqlite3.Row]:
    """Of exactly this place, newest first."""
    return connection.execute(
        "SELECT * FROM resident_requests WHERE place = ? ORDER BY number DESC LIMIT ?", (place, limit)
    ).fetchall()


def page(connection: sqlite3.Connection, state: str, before: int, limit: int) -> list[sqlite3.Row]:
    """Of all places, newest first."""
    return connection.execute(
        "SELECT * FROM resident_requests WHERE state = ? AND number < ? ORDER BY number DESC LIMIT ?",
        (state, before, limit),
    ).fetchall()


def answer(
    connection: sqlite3.Connection, number: int, state: str, at: datetime, by: str, answer: bytes | None
) -> bool:
    """End an open request; False when it is not open any more."""
    return (
        connection.execute(
            "UPDATE resident_requests SET state = ?, answered_at = ?, answered_by = ?, answer = ?"
            " WHERE number = ? AND state = 'open'",
            (state, to_us(at), by, answer, number),
        ).rowcount
        > 0
    )


def forget(connection: sqlite3.Connection, person: str) -> None:
    """Delete what a person asked for."""
    connection.execute("DELETE FROM resident_requests WHERE person = ?", (person,))


def purge(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most BATCH that were answered before then; returns how many."""
    return connection.execute(
        "DELETE FROM resident_requests WHERE number IN"
        " (SELECT number FROM resident_requests WHERE answered_at < ? ORDER BY answered_at LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount
