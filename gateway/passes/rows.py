"""SQL of passes and their uses. Times are microseconds, UTC; sealed columns stay sealed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

_WITH_USES = "SELECT p.*, (SELECT count(*) FROM pass_uses u WHERE u.pass = p.id) AS used FROM passes p"


@dataclass(frozen=True, slots=True)
class NewPass:
    """The columns of a pass that is made. Names, plates and the token's half are sealed."""

    id: str
    kind: str
    place: str
    host: str
    made_by: str
    name: bytes
    plate: bytes | None
    since: int
    until: int
    doors: Sequence[str]
    uses: int | None
    shows_room: bool
    token_id: bytes
    token: bytes
    made_at: int


def insert(connection: sqlite3.Connection, new: NewPass) -> None:
    """Add a pass. Raises sqlite3.IntegrityError when its id is taken."""
    connection.execute(
        "INSERT INTO passes (id, kind, place, host, made_by, name, plate, since, until, doors, uses, shows_room,"
        " token_id, token, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            new.kind,
            new.place,
            new.host,
            new.made_by,
            new.name,
            new.plate,
            new.since,
            new.until,
            json.dumps(list(new.doors)),
            new.uses,
            new.shows_room,
            new.token_id,
            new.token,
            new.made_at,
        ),
    )


def exists(connection: sqlite3.Connection, pass_id: str) -> bool:
    """Whether there is a pass with this id."""
    return connection.execute("SELECT 1 FROM passes WHERE id = ?", (pass_id,)).fetchone() is not None


def one(connection: sqlite3.Connection, pass_id: str) -> sqlite3.Row | None:
    """The pass with this id, and how often it was used."""
    row: sqlite3.Row | None = connection.execute(f"{_WITH_USES} WHERE p.id = ?", (pass_id,)).fetchone()
    return row


def of_token(connection: sqlite3.Connection, token_id: bytes) -> sqlite3.Row | None:
    """The pass whose token's half has this hash."""
    row: sqlite3.Row | None = connection.execute(f"{_WITH_USES} WHERE p.token_id = ?", (token_id,)).fetchone()
    return row


def ending_after(connection: sqlite3.Connection, us: int) -> list[sqlite3.Row]:
    """All passes that end after this time, revoked ones too."""
    return connection.execute(f"{_WITH_USES} WHERE p.until > ? ORDER BY p.until", (us,)).fetchall()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, by their end, the latest first: after this cursor, and of those that `state` names.

    `state` is open (in force or to come), ended (over or revoked) or empty for both.
    """

    now: int
    state: str
    limit: int
    before: tuple[int, str] = (2**62, "")


def page(connection: sqlite3.Connection, place: str | None, wanted: Page) -> list[sqlite3.Row]:
    """Passes of one place, or of all; at most `limit`."""
    open_ones = "p.until > :now AND p.revoked_at IS NULL"
    conditions = {"open": open_ones, "ended": f"NOT ({open_ones})", "": "1"}
    at = "p.place = :place AND" if place is not None else ""
    return connection.execute(
        f"{_WITH_USES} WHERE {at} (p.until, p.id) < (:until, :id) AND {conditions[wanted.state]}"
        " ORDER BY p.until DESC, p.id DESC LIMIT :limit",
        {"place": place, "until": wanted.before[0], "id": wanted.before[1], "now": wanted.now, "limit": wanted.limit},
    ).fetchall()


def count_open(connection: sqlite3.Connection, place: str, now_us: int) -> int:
    """How many passes of the place are in force or to come."""
    found = connection.execute(
        "SELECT count(*) FROM passes WHERE place = ? AND until > ? AND revoked_at IS NULL", (place, now_us)
    ).fetchone()
    return int(found[0])


def revoke(connection: sqlite3.Connection, pass_id: str, now_us: int) -> int:
    """Revoke the pass; returns 0 when there is none that is not revoked."""
    return connection.execute(
        "UPDATE passes SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now_us, pass_id)
    ).rowcount


def leave(connection: sqlite3.Connection, pass_id: str, now_us: int) -> int:
    """Note that the visitor has left; returns 0 when there is no such pass."""
    return connection.execute("UPDATE passes SET left_at = ? WHERE id = ?", (now_us, pass_id)).rowcount


def insert_use(  # the table's columns
    connection: sqlite3.Connection, key: str, pass_id: str, door: str, at_us: int, window: int | None
) -> bool:
    """Count a use; False when its key is counted already, or the pass is gone."""
    found = connection.execute(
        "INSERT INTO pass_uses (key, pass, door, at, code_window) SELECT ?, id, ?, ?, ? FROM passes WHERE id = ?"
        " ON CONFLICT (key) DO NOTHING",
        (key, door, at_us, window, pass_id),
    )
    return found.rowcount > 0


def uses_since(connection: sqlite3.Connection, pass_ids: Sequence[str], us: int) -> list[sqlite3.Row]:
    """The uses of these passes from this time on, oldest first for each."""
    return [
        row
        for pass_id in pass_ids
        for row in connection.execute("SELECT * FROM pass_uses WHERE pass = ? AND at >= ? ORDER BY at", (pass_id, us))
    ]


def ended_before(connection: sqlite3.Connection, before_us: int) -> list[str]:
    """The ids of passes that ended before this time."""
    return [row["id"] for row in connection.execute("SELECT id FROM passes WHERE until < ?", (before_us,))]


def delete(connection: sqlite3.Connection, pass_ids: Sequence[str]) -> None:
    """Delete passes with their uses."""
    for pass_id in pass_ids:
        connection.execute("DELETE FROM pass_uses WHERE pass = ?", (pass_id,))
        connection.execute("DELETE FROM passes WHERE id = ?", (pass_id,))


def of_host(connection: sqlite3.Connection, person_id: str) -> list[str]:
    """The ids of the passes that a person has made: they are deleted with everything about that person."""
    return [
        row["id"] for row in connection.execute("SELECT id FROM passes WHERE host = ? AND host <> ''", (person_id,))
    ]
