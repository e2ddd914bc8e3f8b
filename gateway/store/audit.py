"""The audit chain: people's steps, append-only; each row's hash covers the previous row, so a change is detected."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping

from gateway.model import Step
from gateway.store.columns import from_json, from_us, to_json, to_us
from gateway.store.connection import Damaged

_START = "0" * 64


def append(connection: sqlite3.Connection, step: Step) -> None:
    """Add the step to the chain. `step.alert` is empty for a step that concerns no alert (a command, an account)."""
    row = connection.execute("SELECT hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    previous = row["hash"] if row else _START
    values = (to_us(step.at), step.user, step.action, step.alert or None, step.note, to_json(step.data))
    connection.execute(
        "INSERT INTO steps (at, user, action, alert, note, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, previous, _hash(previous, values)),
    )


def steps_of(connection: sqlite3.Connection, alert: str) -> list[Step]:
    """The alert's steps, oldest first. Raises Damaged for a row that can't be decoded."""
    rows = connection.execute("SELECT * FROM steps WHERE alert = ? ORDER BY number", (alert,))
    try:
        return [
            Step(alert, row["action"], row["user"], from_us(row["at"]), row["note"], from_json(row["data"]))
            for row in rows
        ]
    except (ValueError, TypeError, OverflowError) as error:
        raise Damaged(f"a row of steps can't be understood: {error}") from error


def rows_of(connection: sqlite3.Connection, alert: str) -> list[dict[str, object]]:
    """The alert's rows as stored, oldest first: `at` in microseconds, `data` as text. Exports carry them."""
    rows = connection.execute("SELECT * FROM steps WHERE alert = ? ORDER BY number", (alert,))
    return [dict(row) for row in rows]


def has_valid_hash(row: Mapping[str, object]) -> bool:
    """Whether the hash of a row from `rows_of` fits its content and its `previous`."""
    values = tuple(row.get(name) for name in ("at", "user", "action", "alert", "note", "data"))
    return row.get("hash") == _hash(str(row.get("previous")), values)


def chain_summary(connection: sqlite3.Connection) -> dict[str, object]:
    """`rows`: the number of rows, `head`: the hash of the last, `broken_at`: see there."""
    row = connection.execute("SELECT count(*) AS rows, max(number) AS last FROM steps").fetchone()
    last = connection.execute("SELECT hash FROM steps WHERE number = ?", (row["last"],)).fetchone()
    return {"rows": row["rows"], "head": last["hash"] if last else _START, "broken_at": broken_at(connection)}


def head(connection: sqlite3.Connection) -> str:
    """The hash of the last row: it stands for all rows before it."""
    row = connection.execute("SELECT hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    return row["hash"] if row else _START


def broken_at(connection: sqlite3.Connection) -> int | None:
    """The number of the first row whose hash does not fit the row before it, or None. Reads the whole chain."""
    previous = _START
    for row in connection.execute("SELECT * FROM steps ORDER BY number"):
        values = (row["at"], row["user"], row["action"], row["alert"], row["note"], row["data"])
        if row["previous"] != previous or row["hash"] != _hash(previous, values):
            number: int = row["number"]
            return number
        previous = row["hash"]
    return None


def _hash(previous: str, values: tuple[object, ...]) -> str:
    # The hash is over Python's repr of the tuple: changing that would break every existing chain.
    return hashlib.sha256(repr((previous, *values)).encode()).hexdigest()
