"""The audit chain: people's steps, append-only; each row's hash covers the previous row, so a change is detected."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Step
from gateway.store.columns import from_json, from_us, to_json, to_us
from gateway.store.connection import Damaged

_START = "0" * 64
_CONTENT = ("at", "user", "action", "alert", "note", "data")
REDACTED = "steps-redacted"
"""The action of a step that says that words were taken out of earlier ones (see store/redaction.py).

Its data has `steps`: the hash of the new content by number.
"""


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
    """The alert's rows as stored, oldest first: `at` in microseconds, `data` as text. Exports carry them.

    A row from which a deleted person's data was taken has `redacted_by`: the row of the step that attests it.
    """
    rows = [dict(row) for row in connection.execute("SELECT * FROM steps WHERE alert = ? ORDER BY number", (alert,))]
    for row in rows:
        by = connection.execute(
            "SELECT steps.* FROM step_redactions JOIN steps ON steps.number = attested_by WHERE step = ?",
            (row["number"],),
        ).fetchone()
        if by is not None:
            row["redacted_by"] = dict(by)
    return rows


@dataclass(frozen=True, slots=True)
class StepFilter:
    """Which steps a page shows; None shows all. `begin` and `end` bound their time."""

    user: str | None = None
    action: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


def page(
    connection: sqlite3.Connection, selected: StepFilter, before: int | None, limit: int
) -> list[tuple[int, Step, str]]:
    """Number, step and hash, newest first. `before` is the number that the last page ended on."""
    # The most selective index by its own columns; `+` keeps SQLite from choosing another one.
    terms: dict[str, object] = {"user = ?": selected.user}
    terms["+action = ?" if selected.user else "action = ?"] = selected.action
    terms["number < ?"] = min(_after(connection, selected.end), _LAST if before is None else before)
    terms["number >= ?"] = _first_at(connection, selected.begin)
    given = {term: value for term, value in terms.items() if value is not None}
    sql = f"SELECT * FROM steps WHERE {' AND '.join(given)} ORDER BY number DESC LIMIT ?"  # noqa: S608  # fixed terms
    try:
        return [_numbered(row) for row in connection.execute(sql, (*given.values(), limit))]
    except (ValueError, TypeError, OverflowError) as error:
        raise Damaged(f"a row of steps can't be understood: {error}") from error


def looks_at(connection: sqlite3.Connection, place: str, begin: datetime | None, limit: int) -> list[Step]:
    """Looks at the household of exactly this place since then, newest first; none that the law hides."""
    # The WHERE of an index of part of the table has to stand here as it stands in the migration.
    sql = (
        "SELECT * FROM steps WHERE action = 'household-view' AND json_valid(data)"
        " AND json_extract(data, '$.place') = ? AND number >= ? AND json_extract(data, '$.hidden') IS NULL"
        " ORDER BY number DESC LIMIT ?"
    )
    found = connection.execute(sql, (place, _first_at(connection, begin), limit))
    return [_numbered(row)[1] for row in found]


_LAST = (1 << 63) - 1


def _numbered(row: sqlite3.Row) -> tuple[int, Step, str]:
    step = Step(row["alert"] or "", row["action"], row["user"], from_us(row["at"]), row["note"], from_json(row["data"]))
    return row["number"], step, row["hash"]


def _first_at(connection: sqlite3.Connection, begin: datetime | None) -> int:
    """The number of the first step at or after `begin`."""
    if begin is None:
        return 0
    row = connection.execute("SELECT number FROM steps WHERE at >= ? ORDER BY at LIMIT 1", (to_us(begin),)).fetchone()
    return row["number"] if row else _LAST


def _after(connection: sqlite3.Connection, end: datetime | None) -> int:
    """One more than the number of the last step before `end`."""
    if end is None:
        return _LAST
    sql = "SELECT number FROM steps WHERE at < ? ORDER BY at DESC LIMIT 1"
    row = connection.execute(sql, (to_us(end),)).fetchone()
    return row["number"] + 1 if row else 0


def has_valid_hash(row: Mapping[str, object]) -> bool:
    """Whether the hash of a row from `rows_of` fits its content and its `previous`.

    Of a redacted row: whether the step that attests it is whole and names what the row says now.
    """
    values = tuple(row.get(name) for name in _CONTENT)
    if row.get("hash") == _hash(str(row.get("previous")), values):
        return True
    by = row.get("redacted_by")
    return isinstance(by, Mapping) and attests(by, row)


def attests(by: Mapping[str, object], row: Mapping[str, object]) -> bool:
    """Whether the step `by`, itself unchanged, names the content of `row` as what a redaction left of it."""
    values = tuple(by.get(name) for name in _CONTENT)
    if by.get("action") != REDACTED or by.get("hash") != _hash(str(by.get("previous")), values):
        return False
    try:
        steps = from_json(str(by.get("data"))).get("steps")
    except (ValueError, TypeError):
        return False
    number, later = row.get("number"), by.get("number")
    if not (isinstance(steps, Mapping) and isinstance(number, int) and isinstance(later, int) and later > number):
        return False
    return steps.get(str(number)) == content_hash(row)


def content_hash(row: Mapping[str, object]) -> str:
    """SHA-256 over what the row says, without its place in the chain."""
    return hashlib.sha256(repr(tuple(row.get(name) for name in _CONTENT)).encode()).hexdigest()


def head(connection: sqlite3.Connection) -> str:
    """The hash of the chain's last row."""
    row = connection.execute("SELECT hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    return row["hash"] if row else _START


def chain_summary(connection: sqlite3.Connection) -> dict[str, object]:
    """`rows`: the number of rows, `head`: the hash of the last, `broken_at`: see there."""
    row = connection.execute("SELECT count(*) AS rows, max(number) AS last FROM steps").fetchone()
    last = connection.execute("SELECT hash FROM steps WHERE number = ?", (row["last"],)).fetchone()
    return {"rows": row["rows"], "head": last["hash"] if last else _START, "broken_at": broken_at(connection)}


def chain_head(connection: sqlite3.Connection) -> dict[str, object]:
    """`last`: the number of the last row, `head`: its hash. Unlike `chain_summary` it does not read the whole chain."""
    row = connection.execute("SELECT number, hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    return {"last": row["number"] if row else 0, "head": row["hash"] if row else _START}


def broken_at(connection: sqlite3.Connection) -> int | None:
    """The number of the first row whose hash does not fit the row before it, or None. Reads the whole chain."""
    previous = _START
    for row in connection.execute("SELECT * FROM steps ORDER BY number"):
        values = (row["at"], row["user"], row["action"], row["alert"], row["note"], row["data"])
        fits = row["hash"] == _hash(previous, values) or _is_redacted(connection, dict(row))
        if row["previous"] != previous or not fits:
            number: int = row["number"]
            return number
        previous = row["hash"]
    return None


def _is_redacted(connection: sqlite3.Connection, row: Mapping[str, object]) -> bool:
    """Whether a later step of the chain attests what the row says now (see store/redaction.py)."""
    by = connection.execute(
        "SELECT steps.* FROM step_redactions JOIN steps ON steps.number = attested_by WHERE step = ?", (row["number"],)
    ).fetchone()
    return by is not None and attests(dict(by), row)


def _hash(previous: str, values: tuple[object, ...]) -> str:
    # The hash is over Python's repr of the tuple: changing that would break every existing chain.
    return hashlib.sha256(repr((previous, *values)).encode()).hexdigest()
