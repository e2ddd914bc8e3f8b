"""Steps of people, appended; each row's hash covers the row before it, so a change shows."""

from __future__ import annotations

import hashlib
import sqlite3

from gateway.model import Step
from gateway.store.rows import from_json, from_us, to_json, to_us

_START = "0" * 64


def append(connection: sqlite3.Connection, step: Step) -> None:
    """Add the step to the chain. `step.alert` is empty for what concerns no alert (a command, an account)."""
    row = connection.execute("SELECT hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    previous = row["hash"] if row else _START
    said = (to_us(step.at), step.user, step.action, step.alert or None, step.note, to_json(step.data))
    connection.execute(
        "INSERT INTO steps (at, user, action, alert, note, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*said, previous, _hash(previous, said)),
    )


def steps_of(connection: sqlite3.Connection, alert: str) -> list[Step]:
    """Oldest first."""
    rows = connection.execute("SELECT * FROM steps WHERE alert = ? ORDER BY number", (alert,))
    return [
        Step(alert, row["action"], row["user"], from_us(row["at"]), row["note"], from_json(row["data"])) for row in rows
    ]


def broken_at(connection: sqlite3.Connection) -> int | None:
    """The number of the first row that does not follow from the one before it, or None."""
    previous = _START
    for row in connection.execute("SELECT * FROM steps ORDER BY number"):
        said = (row["at"], row["user"], row["action"], row["alert"], row["note"], row["data"])
        if row["previous"] != previous or row["hash"] != _hash(previous, said):
            number: int = row["number"]
            return number
        previous = row["hash"]
    return None


def _hash(previous: str, said: tuple[object, ...]) -> str:
    return hashlib.sha256(repr((previous, *said)).encode()).hexdigest()
