"""SQL of the record of decisions. Times are microseconds, UTC."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.access.passage import Passage
from gateway.access.request import PassCode
from gateway.model import Words, from_data
from gateway.store.columns import from_json, from_us, to_json, to_us

PURGE_ROWS = 500
"""Rows deleted in one transaction."""


@dataclass(frozen=True, slots=True)
class LoggedPassage:
    """One row. `by` is who opened for another; `pass_id` the pass."""

    number: int
    at: datetime
    door: str
    reader: str
    kind: str
    granted: bool
    code: str
    reason: Words
    person: str | None
    place: str | None
    pass_id: str | None
    by: str


def insert(connection: sqlite3.Connection, passage: Passage) -> None:
    """Append the decision; one about this signal that is on record stays as it is."""
    request, decision = passage.request, passage.decision
    # A plate must not stand here: who is told from the plate alone is known until the next start.
    holder = "" if decision.holder.startswith("plate:") else decision.holder
    connection.execute(
        "INSERT OR IGNORE INTO access_log (at, door, reader, kind, granted, code, reason, person, place, pass, by,"
        " signal, command, holder, zone, inside, window)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            to_us(request.at),
            request.door,
            request.reader,
            str(request.credential.kind),
            decision.granted,
            str(decision.code),
            to_json({"zh": decision.reason.zh, "en": decision.reason.en}),
            decision.person,
            decision.place,
            decision.pass_id,
            passage.by,
            passage.signal,
            passage.command.id if passage.command is not None else None,
            holder,
            passage.zone,
            passage.inside,
            request.code.window if isinstance(request.code, PassCode) else None,
        ),
    )


def page(
    connection: sqlite3.Connection, door: str | None, person: str | None, before: int | None, limit: int
) -> list[LoggedPassage]:
    """The newest first; `before` is the number that the last page ended on."""
    given: dict[str, object] = {"person = ?": person}
    # The most selective index by its own column; `+` keeps SQLite from choosing another one.
    given["+door = ?" if person else "door = ?"] = door
    given["number < ?"] = before
    terms = {term: value for term, value in given.items() if value is not None}
    where = f"WHERE {' AND '.join(terms)} " if terms else ""
    sql = f"SELECT * FROM access_log {where}ORDER BY number DESC LIMIT ?"  # noqa: S608  # fixed terms
    return [_logged(row) for row in connection.execute(sql, (*terms.values(), limit))]


def _logged(row: sqlite3.Row) -> LoggedPassage:
    columns = ("number", "door", "reader", "kind", "code", "person", "place", "by")
    said = from_data(from_json(row["reason"]))
    return LoggedPassage(
        **{name: row[name] for name in columns},
        at=from_us(row["at"]),
        granted=bool(row["granted"]),
        reason=Words.of(said),
        pass_id=row["pass"],
    )


def whereabouts(connection: sqlite3.Connection, since: datetime) -> Iterator[sqlite3.Row]:
    """`zone`, `holder`, `inside` and `at` of all changes of a zone since then, oldest first."""
    sql = "SELECT zone, holder, inside, at FROM access_log WHERE zone IS NOT NULL AND at >= ? AND holder <> ''"
    return iter(connection.execute(f"{sql} ORDER BY at", (to_us(since),)).fetchall())


def uses(connection: sqlite3.Connection, passes: Sequence[str]) -> dict[tuple[str, str], int]:
    """How often each of these passes was used at each door, leaving not counted."""
    sql = (
        "SELECT door, count(*) AS uses FROM access_log WHERE pass = ? AND granted AND inside IS NOT 0"
        " AND code <> 'fire' GROUP BY door"
    )
    return {(one, row["door"]): row["uses"] for one in passes for row in connection.execute(sql, (one,))}


def codes_shown(connection: sqlite3.Connection, since: datetime) -> list[sqlite3.Row]:
    """`pass`, `door`, `window` and `at` of the codes that opened a door since then, oldest first."""
    sql = "SELECT pass, door, window, at FROM access_log WHERE at >= ? AND granted AND pass IS NOT NULL"
    return connection.execute(f"{sql} AND window IS NOT NULL ORDER BY at, number", (to_us(since),)).fetchall()


def decided(connection: sqlite3.Connection, signals: Sequence[str]) -> frozenset[str]:
    """Which of these signals' ids have a decision on record."""
    sql = "SELECT signal FROM access_log WHERE signal = ?"
    return frozenset(row["signal"] for one in signals for row in connection.execute(sql, (one,)))


def purge(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most PURGE_ROWS old rows; returns how many."""
    return connection.execute(
        "DELETE FROM access_log WHERE number IN (SELECT number FROM access_log WHERE at < ? ORDER BY at LIMIT ?)",
        (to_us(before), PURGE_ROWS),
    ).rowcount
