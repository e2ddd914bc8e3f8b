"""Steps of people, appended; each row's hash covers the row before it, so a change shows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping

from gateway.model import Step
from gateway.store.columns import from_json, from_us, to_json, to_us
from gateway.store.connection import Damaged

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
    try:
        return [
            Step(alert, row["action"], row["user"], from_us(row["at"]), row["note"], from_json(row["data"]))
            for row in rows
        ]
    except (ValueError, TypeError, OverflowError) as error:
        raise Damaged(f"a row of steps can't be understood: {error}") from error


def rows_of(connection: sqlite3.Connection, alert: str) -> list[dict[str, object]]:
    """The alert's rows of the chain as they stand in it, oldest first: `at` in microseconds, `data` as text."""
    rows = connection.execute("SELECT * FROM steps WHERE alert = ? ORDER BY number", (alert,))
    return [dict(row) for row in rows]


def is_true(row: Mapping[str, object]) -> bool:
    """Whether a row as `rows_of` gives it has the hash that it must have."""
    said = tuple(row.get(name) for name in ("at", "user", "action", "alert", "note", "data"))
    return row.get("hash") == _hash(str(row.get("previous")), said)


def standing(connection: sqlite3.Connection) -> dict[str, object]:
    """How many rows the chain has, the hash of the last, and where it is broken (None: nowhere)."""
    row = connection.execute("SELECT count(*) AS rows, max(number) AS last FROM steps").fetchone()
    last = connection.execute("SELECT hash FROM steps WHERE number = ?", (row["last"],)).fetchone()
    return {"rows": row["rows"], "head": last["hash"] if last else _START, "broken_at": broken_at(connection)}


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
