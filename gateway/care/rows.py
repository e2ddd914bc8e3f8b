"""The SQL of what was agreed with people who have care."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.store.columns import from_us, to_us


@dataclass(frozen=True, slots=True)
class CarePlan:
    """Whose home it is, and what the family chose."""

    place: str
    person: str
    longest: timedelta
    water_m3: float
    agreed_at: datetime


def plans(connection: sqlite3.Connection) -> list[CarePlan]:
    """All, by place."""
    return [_plan(row) for row in connection.execute("SELECT * FROM care_plans ORDER BY place")]


def plan(connection: sqlite3.Connection, place: str) -> CarePlan | None:
    """The plan of this home."""
    row = connection.execute("SELECT * FROM care_plans WHERE place = ?", (place,)).fetchone()
    return None if row is None else _plan(row)


def put(connection: sqlite3.Connection, made: CarePlan) -> None:
    """Record the plan, in place of a former one."""
    connection.execute(
        "INSERT OR REPLACE INTO care_plans (place, person, longest_s, water_m3, agreed_at) VALUES (?, ?, ?, ?, ?)",
        (made.place, made.person, int(made.longest.total_seconds()), made.water_m3, to_us(made.agreed_at)),
    )


def delete(connection: sqlite3.Connection, place: str) -> int:
    """Delete the plan of this home; returns how many there were."""
    return connection.execute("DELETE FROM care_plans WHERE place = ?", (place,)).rowcount


def _plan(row: sqlite3.Row) -> CarePlan:
    longest, agreed_at = timedelta(seconds=row["longest_s"]), from_us(row["agreed_at"])
    return CarePlan(row["place"], row["person"], longest, row["water_m3"], agreed_at)
