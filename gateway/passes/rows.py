"""SQL of passes. Times are microseconds, UTC; sealed columns stay sealed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

# As gateway/access/rows.py counts: what a door let in, leaving not counted; of several doors the one with most.
_USED = (
    "SELECT count(*) AS n FROM access_log a WHERE a.pass = p.id AND a.granted AND a.inside IS NOT 0"
    " AND a.code <> 'fire' GROUP BY a.door ORDER BY n DESC LIMIT 1"
)
_WITH_USES = f"SELECT p.*, coalesce(({_USED}), 0) AS used FROM passes p"  # noqa: S608  # our own text


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


def ids_ending_after(connection: sqlite3.Connection, us: int) -> set[str]:
    """The ids of these."""
    return {row["id"] for row in connection.execute("SELECT id FROM passes WHERE until > ?", (us,))}


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


def ended_before(connection: sqlite3.Connection, before_us: int) -> list[str]:
    """The ids of passes that ended before this time."""
    return [row["id"] for row in connection.execute("SELECT id FROM passes WHERE until < ?", (before_us,))]


def delete(connection: sqlite3.Connection, pass_ids: Sequence[str]) -> None:
    """Delete passes."""
    for pass_id in pass_ids:
        connection.execute("DELETE FROM passes WHERE id = ?", (pass_id,))
