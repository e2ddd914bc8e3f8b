"""The outbox as rows, and the proofs of delivery."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Severity, Words, as_data
from gateway.notify.message import Body, Message
from gateway.store.columns import from_us, maybe_time, to_json, to_us

BATCH = 500
"""Rows that are read, ended or deleted at once."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that waits to be sent."""

    id: str
    notifier: str
    severity: Severity
    at: datetime
    due: datetime
    attempts: int
    body: Body

    @property
    def told(self) -> int:
        """How many messages it stands for: a digest for several."""
        return self.body.count


def add(connection: sqlite3.Connection, message: Message, at: datetime) -> bool:
    """Add a message that waits; False when it was there already, whatever has become of it."""
    return (
        connection.execute(
            "INSERT OR IGNORE INTO notifications (id, notifier, severity, state, at, due, body)"
            " VALUES (?, ?, ?, 'waiting', ?, ?, ?)",
            (message.row_id(), message.notifier, int(message.severity), to_us(at), to_us(at), message.body()),
        ).rowcount
        > 0
    )


def waiting(connection: sqlite3.Connection, notifier: str, limit: int) -> list[Waiting]:
    """Rows of this notifier that wait, also those not due yet: most severe first, then oldest first."""
    found: list[Waiting] = []
    for severity in sorted(Severity, reverse=True):
        rows = connection.execute(
            "SELECT * FROM notifications WHERE notifier = ? AND severity = ? AND state IN ('waiting', 'sending')"
            " ORDER BY at LIMIT ?",
            (notifier, int(severity), limit - len(found)),
        )
        found += [_read(row) for row in rows if row["state"] == "waiting"]
    return found


def counts(connection: sqlite3.Connection, notifier: str, since: datetime) -> tuple[int, int]:
    """How many wait, and how many were not delivered since then."""
    (open_rows,) = connection.execute(
        "SELECT count(*) FROM notifications WHERE notifier = ? AND state IN ('waiting', 'sending')", (notifier,)
    ).fetchone()
    (dead,) = connection.execute(
        "SELECT count(*) FROM notifications WHERE notifier = ? AND state = 'dead' AND ended >= ?",
        (notifier, to_us(since)),
    ).fetchone()
    return open_rows, dead


def sent_since(connection: sqlite3.Connection, notifier: str, since: datetime) -> list[datetime]:
    """When this notifier sent messages since then."""
    rows = connection.execute(
        "SELECT ended FROM notifications WHERE notifier = ? AND state = 'sent' AND ended >= ? ORDER BY ended LIMIT ?",
        (notifier, to_us(since), BATCH),
    )
    return [from_us(row["ended"]) for row in rows]


def notifiers_with_open_rows(connection: sqlite3.Connection) -> set[str]:
    """Every notifier that has a row which waits or is being sent."""
    found: set[str] = set()
    last = ""
    while True:  # hops from one notifier to the next in the index, however many rows each has
        row = connection.execute(
            "SELECT notifier FROM notifications WHERE notifier > ? AND state IN ('waiting', 'sending')"
            " ORDER BY notifier LIMIT 1",
            (last,),
        ).fetchone()
        if row is None:
            return found
        last = row["notifier"]
        found.add(last)


def claim(connection: sqlite3.Connection, row_id: str) -> bool:
    """Mark a waiting row as being sent; False when it does not wait any more."""
    sql = "UPDATE notifications SET state = 'sending', attempts = attempts + 1 WHERE id = ? AND state = 'waiting'"
    return connection.execute(sql, (row_id,)).rowcount > 0


def release(connection: sqlite3.Connection, row_id: str, due: datetime, why: Words) -> None:
    """Let a row wait again that was not taken."""
    connection.execute(
        "UPDATE notifications SET state = 'waiting', due = ?, why = ? WHERE id = ? AND state = 'sending'",
        (to_us(due), _why(why), row_id),
    )


def release_all(connection: sqlite3.Connection, notifier: str) -> int:
    """Let the rows wait again whose sending a crash or a stop has cut off; returns how many."""
    return connection.execute(
        # The list of states is that of the partial index, which SQLite uses only for the same words.
        "UPDATE notifications SET state = 'waiting'"
        " WHERE notifier = ? AND state IN ('waiting', 'sending') AND state = 'sending'",
        (notifier,),
    ).rowcount


def end_sent(connection: sqlite3.Connection, row_id: str, at: datetime, reference: str) -> None:
    """The service has taken it. What it said is deleted."""
    connection.execute(
        "UPDATE notifications SET state = 'sent', ended = ?, reference = ?, body = NULL, why = NULL WHERE id = ?",
        (to_us(at), reference, row_id),
    )


def end_untold(connection: sqlite3.Connection, row_id: str, at: datetime, why: Words) -> None:
    """It is left out on purpose."""
    connection.execute(
        "UPDATE notifications SET state = 'digested', ended = ?, why = ?, body = NULL WHERE id = ?",
        (to_us(at), _why(why), row_id),
    )


def end_dead(connection: sqlite3.Connection, row_id: str, at: datetime, why: Words) -> None:
    """It will not be sent any more."""
    connection.execute(
        "UPDATE notifications SET state = 'dead', ended = ?, why = ?, body = NULL WHERE id = ?",
        (to_us(at), _why(why), row_id),
    )


def end_all_dead(connection: sqlite3.Connection, notifier: str, at: datetime, why: Words) -> int:
    """End at most BATCH open rows of a notifier that is not in the YAML any more; returns how many."""
    return connection.execute(
        "UPDATE notifications SET state = 'dead', ended = ?, why = ?, body = NULL WHERE id IN (SELECT id FROM"
        " notifications WHERE notifier = ? AND state IN ('waiting', 'sending') LIMIT ?)",
        (to_us(at), _why(why), notifier, BATCH),
    ).rowcount


def fold(connection: sqlite3.Connection, digest: Message, members: Sequence[str], at: datetime) -> None:
    """Replace waiting rows by one that tells of them all."""
    digest_id = digest.row_id()
    add(connection, digest, at)
    connection.executemany(
        "UPDATE notifications SET state = 'digested', ended = ?, digest = ?, body = NULL"
        " WHERE id = ? AND state = 'waiting'",
        [(to_us(at), digest_id, member) for member in members],
    )


def purge(connection: sqlite3.Connection, before: datetime) -> int:
    """Delete at most BATCH rows that ended before then; returns how many."""
    return connection.execute(
        "DELETE FROM notifications WHERE id IN"
        " (SELECT id FROM notifications WHERE ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT ?)",
        (to_us(before), BATCH),
    ).rowcount


def begin_proofs(connection: sqlite3.Connection, notifiers: Sequence[str], at: datetime) -> None:
    """Note since when each notifier is expected to deliver; forget those that are gone."""
    connection.executemany(
        "INSERT OR IGNORE INTO notifier_proofs (notifier, since) VALUES (?, ?)",
        [(notifier, to_us(at)) for notifier in notifiers],
    )
    known = {row["notifier"] for row in connection.execute("SELECT notifier FROM notifier_proofs")}
    connection.executemany(
        "DELETE FROM notifier_proofs WHERE notifier = ?", [(gone,) for gone in known - set(notifiers)]
    )


def restart_proof(connection: sqlite3.Connection, notifier: str, at: datetime) -> None:
    """Its settings have changed: earlier proofs say nothing of them."""
    connection.execute("UPDATE notifier_proofs SET since = ?, proved = NULL WHERE notifier = ?", (to_us(at), notifier))


def prove(connection: sqlite3.Connection, notifier: str, at: datetime) -> None:
    """Note that it has delivered."""
    connection.execute("UPDATE notifier_proofs SET proved = ? WHERE notifier = ?", (to_us(at), notifier))


def proofs(connection: sqlite3.Connection) -> Mapping[str, tuple[datetime, datetime | None]]:
    """Since when each is expected to deliver, and when it last did."""
    rows = connection.execute("SELECT * FROM notifier_proofs")
    return {row["notifier"]: (from_us(row["since"]), maybe_time(row["proved"])) for row in rows}


def _why(why: Words) -> str:
    return to_json({"why": as_data(why)})


def _read(row: sqlite3.Row) -> Waiting:
    return Waiting(
        row["id"],
        row["notifier"],
        Severity(row["severity"]),
        from_us(row["at"]),
        from_us(row["due"]),
        row["attempts"],
        Body.read(row["body"]),
    )
