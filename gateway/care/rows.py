"""The SQL of agreements to care."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.store.columns import from_us, to_us


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agreed, for which home, to what, and what the family chose. `by` recorded it."""

    place: str
    person: str
    longest: timedelta
    water_m3: float
    wording: str
    agreed_at: datetime
    by: str


def in_force(connection: sqlite3.Connection) -> list[Agreement]:
    """All agreements that have not ended, by place."""
    found = connection.execute("SELECT * FROM care_agreements WHERE ended_at IS NULL ORDER BY place")
    return [_agreement(row) for row in found]


def of_place(connection: sqlite3.Connection, place: str) -> Agreement | None:
    """The agreement of this home."""
    row = connection.execute("SELECT * FROM care_agreements WHERE place = ? AND ended_at IS NULL", (place,)).fetchone()
    return None if row is None else _agreement(row)


def end(connection: sqlite3.Connection, place: str, at: datetime, by: str) -> int:
    """End the agreement of this home; returns how many there were."""
    return connection.execute(
        "UPDATE care_agreements SET ended_at = ?, ended_by = ? WHERE place = ? AND ended_at IS NULL",
        (to_us(at), by, place),
    ).rowcount


def insert(connection: sqlite3.Connection, agreement: Agreement) -> None:
    """Record an agreement; the one before it has ended."""
    connection.execute(
        "INSERT INTO care_agreements (place, person, longest_s, water_m3, wording, agreed_at, by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            agreement.place,
            agreement.person,
            int(agreement.longest.total_seconds()),
            agreement.water_m3,
            agreement.wording,
            to_us(agreement.agreed_at),
            agreement.by,
        ),
    )


def _agreement(row: sqlite3.Row) -> Agreement:
    longest = timedelta(seconds=row["longest_s"])
    agreed_at = from_us(row["agreed_at"])
    return Agreement(row["place"], row["person"], longest, row["water_m3"], row["wording"], agreed_at, row["by"])
