"""SQL of door plates' states, hangings and visits. Times are microseconds, UTC; sealed columns stay sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_STATE = (
    "SELECT p.id, p.place, p.issued_at, p.revoked_at, h.at AS hung_at, h.user AS hung_by, h.lat, h.lon"
    " FROM door_plates p LEFT JOIN door_plate_hangings h ON h.number ="
    " (SELECT max(number) FROM door_plate_hangings WHERE plate = p.id)"
)
_NEWEST = f"{_STATE} WHERE p.place = ? ORDER BY p.issued_at DESC LIMIT 1"


def newest_plate(connection: sqlite3.Connection, place: str) -> sqlite3.Row | None:
    """The newest plate of the place, with who hung it last and when."""
    row: sqlite3.Row | None = connection.execute(_NEWEST, (place,)).fetchone()
    return row


def newest_plates(connection: sqlite3.Connection, places: Sequence[str]) -> dict[str, sqlite3.Row]:
    """The newest plate of each of these places that has one."""
    return {place: row for place in places if (row := newest_plate(connection, place)) is not None}


def last_hanging(connection: sqlite3.Connection, plate: bytes) -> sqlite3.Row | None:
    """When, by whom and where the plate was hung last."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT at, user, lat, lon FROM door_plate_hangings WHERE plate = ? ORDER BY number DESC LIMIT 1", (plate,)
    ).fetchone()
    return row


def insert_hanging(
    connection: sqlite3.Connection, plate: bytes, at_us: int, user: str, position: tuple[float, float] | None
) -> None:
    """Somebody says that the plate hangs on its door."""
    lat, lon = position or (None, None)
    connection.execute(
        "INSERT INTO door_plate_hangings (plate, at, user, lat, lon) VALUES (?, ?, ?, ?, ?)",
        (plate, at_us, user, lat, lon),
    )


def alert_of_journal(connection: sqlite3.Connection, number: int) -> str | None:
    """The first alert that the signal with this number raised or is part of."""
    row = connection.execute(
        "SELECT alert FROM alert_signals WHERE journal = ? ORDER BY alert LIMIT 1", (number,)
    ).fetchone()
    return row["alert"] if row else None


def insert_visit(
    connection: sqlite3.Connection, visit: bytes, place: str, at_us: int, until_us: int, sealed: bytes
) -> None:
    """A visit that was announced and that nobody has been told of yet."""
    connection.execute(
        "INSERT INTO door_plate_visits (id, place, at, until, details) VALUES (?, ?, ?, ?, ?)",
        (visit, place, at_us, until_us, sealed),
    )


def visit(connection: sqlite3.Connection, visit_id: bytes) -> sqlite3.Row | None:
    """The visit with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM door_plate_visits WHERE id = ?", (visit_id,)).fetchone()
    return row


def visit_by_number(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    """The visit with this number."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM door_plate_visits WHERE number = ?", (number,)
    ).fetchone()
    return row


def untold_visits(connection: sqlite3.Connection, limit: int) -> list[sqlite3.Row]:
    """Visits of which the household has not been told yet, oldest first."""
    return connection.execute(
        "SELECT * FROM door_plate_visits WHERE told_at IS NULL ORDER BY number LIMIT ?", (limit,)
    ).fetchall()


def open_visits(connection: sqlite3.Connection, place: str, now_us: int, limit: int) -> list[sqlite3.Row]:
    """Visits at the place that may still be answered, oldest first."""
    return connection.execute(
        "SELECT * FROM door_plate_visits WHERE place = ? AND until > ? AND answer IS NULL ORDER BY until LIMIT ?",
        (place, now_us, limit),
    ).fetchall()


def set_told(connection: sqlite3.Connection, number: int, at_us: int) -> None:
    """The household has been told."""
    connection.execute("UPDATE door_plate_visits SET told_at = ? WHERE number = ?", (at_us, number))


def answer_visit(
    connection: sqlite3.Connection, number: int, answer: str, person: str, at_us: int, sealed_url: bytes | None
) -> int:
    """Write the answer; returns 0 when it has one already or its time is over."""
    return connection.execute(
        "UPDATE door_plate_visits SET answer = ?, answered_by = ?, answered_at = ?, pass_url = ?"
        " WHERE number = ? AND answer IS NULL AND until > ?",
        (answer, person, at_us, sealed_url, number, at_us),
    ).rowcount


def delete_visits(connection: sqlite3.Connection, before_us: int, limit: int) -> int:
    """Delete visits that ended before then."""
    return connection.execute(
        "DELETE FROM door_plate_visits WHERE number IN"
        " (SELECT number FROM door_plate_visits WHERE until < ? ORDER BY until LIMIT ?)",
        (before_us, limit),
    ).rowcount
