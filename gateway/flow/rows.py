"""The rules' progress and checkpoints as rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from gateway.flow.checkpoint import Checkpoint, OnRecord, Progress
from gateway.store import journal


def load(connection: sqlite3.Connection, now: datetime, horizons: Iterable[timedelta]) -> OnRecord:
    progress = connection.execute("SELECT rule, fingerprint, seen, since FROM progress")
    checkpoints = connection.execute("SELECT rule, fingerprint, version, seen, state, wakes FROM checkpoints")
    return OnRecord(
        {rule: Progress(*row) for rule, *row in progress},
        {rule: Checkpoint(*row) for rule, *row in checkpoints},
        {horizon: journal.first_since(connection, now - horizon) for horizon in horizons},
    )


def save_progress(connection: sqlite3.Connection, progress: Mapping[str, Progress]) -> None:
    """Rules that are not in it are gone."""
    connection.execute("DELETE FROM progress")
    connection.executemany(
        "INSERT INTO progress (rule, fingerprint, seen, since) VALUES (?, ?, ?, ?)",
        [(rule, at.fingerprint, at.seen, at.since) for rule, at in progress.items()],
    )


def save_checkpoints(connection: sqlite3.Connection, checkpoints: Mapping[str, Checkpoint]) -> None:
    """In the transaction of the progress: one of them alone is worth nothing. Rules that are not in it have none."""
    connection.execute("DELETE FROM checkpoints")
    connection.executemany(
        "INSERT INTO checkpoints (rule, fingerprint, version, seen, state, wakes) VALUES (?, ?, ?, ?, ?, ?)",
        [(rule, at.fingerprint, at.version, at.seen, at.state, at.wakes) for rule, at in checkpoints.items()],
    )
