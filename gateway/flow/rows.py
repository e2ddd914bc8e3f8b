"""Commands, and the rules' progress and checkpoints, as rows of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.flow.checkpoint import Checkpoint, OnRecord, Progress
from gateway.model import Command, Json
from gateway.store import journal
from gateway.store.columns import from_json, from_us, to_json, to_us


def load(connection: sqlite3.Connection, now: datetime, horizons: Iterable[timedelta]) -> OnRecord:
    """What is on record of the rules, and where each of `horizons` before `now` begins in the journal."""
    progress = connection.execute("SELECT rule, fingerprint, seen, since FROM progress")
    checkpoints = connection.execute("SELECT rule, fingerprint, version, seen, state, wakes FROM checkpoints")
    return OnRecord(
        {rule: Progress(*row) for rule, *row in progress},
        {rule: Checkpoint(*row) for rule, *row in checkpoints},
        {horizon: journal.first_since(connection, now - horizon) for horizon in horizons},
    )


def save_progress(connection: sqlite3.Connection, progress: Mapping[str, Progress]) -> None:
    """Replace what is on record of all rules; those not in `progress` are gone."""
    connection.execute("DELETE FROM progress")
    connection.executemany(
        "INSERT INTO progress (rule, fingerprint, seen, since) VALUES (?, ?, ?, ?)",
        [(rule, at.fingerprint, at.seen, at.since) for rule, at in progress.items()],
    )


def save_checkpoints(connection: sqlite3.Connection, checkpoints: Mapping[str, Checkpoint]) -> None:
    """Replace all checkpoints. Call it in the transaction of `save_progress`: each is worthless without the other."""
    connection.execute("DELETE FROM checkpoints")
    connection.executemany(
        "INSERT INTO checkpoints (rule, fingerprint, version, seen, state, wakes) VALUES (?, ?, ?, ?, ?, ?)",
        [(rule, at.fingerprint, at.version, at.seen, at.state, at.wakes) for rule, at in checkpoints.items()],
    )


def record_command(connection: sqlite3.Connection, command: Command, at: datetime, state: str = "recorded") -> None:
    """Record a command as not sent yet; one with this id that is on record already stays as it is.

    With the state `sent` it is never sent after a restart: that suits whoever sends it right after this commit.
    """
    connection.execute(
        "INSERT OR IGNORE INTO commands (id, device, action, arguments, by, at, expires, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            command.id,
            command.device,
            command.action,
            to_json(command.arguments),
            command.by,
            to_us(at),
            to_us(at + command.limit),
            state,
        ),
    )


def claim_command(connection: sqlite3.Connection, command: str) -> bool:
    """Mark a command as sent; False when it was sent before."""
    sql = "UPDATE commands SET state = 'sent' WHERE id = ? AND state = 'recorded'"
    return connection.execute(sql, (command,)).rowcount > 0


def end_command(connection: sqlite3.Connection, command: str, state: str, answer: str) -> None:
    """Mark a command as `done` or `failed`, with the device's answer as JSON."""
    connection.execute("UPDATE commands SET state = ?, answer = ? WHERE id = ?", (state, answer, command))


def unfinished_commands(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Those that were recorded or sent and have not ended, oldest first."""
    rows = connection.execute("SELECT * FROM commands WHERE state IN ('recorded', 'sent')")
    return sorted(rows, key=lambda row: int(row["at"]))


@dataclass(frozen=True, slots=True)
class LastCommand:
    """The newest command of a device. `answer` is the device's, or `{"why": …}` when it failed."""

    id: str
    device: str
    action: str
    arguments: Json
    by: str
    at: datetime
    state: Literal["recorded", "sent", "done", "failed"]
    answer: Json


def last_commands(connection: sqlite3.Connection, devices: Iterable[str]) -> list[LastCommand]:
    """The newest command of each of these devices that has had one."""
    sql = "SELECT * FROM commands WHERE device = ? ORDER BY at DESC LIMIT 1"
    found = (connection.execute(sql, (device,)).fetchone() for device in devices)
    return [_last_command(row) for row in found if row is not None]


def _last_command(row: sqlite3.Row) -> LastCommand:
    try:
        arguments, answer = from_json(row["arguments"]), from_json(row["answer"] or "{}")
    except (ValueError, TypeError):
        arguments, answer = {}, {}  # a damaged row: who and when are still worth showing
    at = from_us(row["at"])
    return LastCommand(row["id"], row["device"], row["action"], arguments, row["by"], at, row["state"], answer)


def commands_of(connection: sqlite3.Connection, commands: Iterable[str]) -> dict[str, sqlite3.Row]:
    """The rows of these commands by their id: `device`, `state` (recorded, sent, done, failed) and `answer`."""
    found = (connection.execute("SELECT * FROM commands WHERE id = ?", (each,)).fetchone() for each in commands)
    return {row["id"]: row for row in found if row is not None}
