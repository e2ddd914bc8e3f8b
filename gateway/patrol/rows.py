"""SQL of checkpoint codes and of the duty log."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from gateway.model import Json
from gateway.store.columns import to_json, to_us


def valid_code(connection: sqlite3.Connection, checkpoint: str) -> sqlite3.Row | None:
    """The checkpoint's code that is not revoked."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM checkpoint_codes WHERE checkpoint = ? AND revoked_at IS NULL", (checkpoint,)
    ).fetchone()
    return row


def checkpoint_of_code(connection: sqlite3.Connection, code_id: bytes) -> str | None:
    """The checkpoint of the code with this id; None if there is none or it is revoked."""
    row = connection.execute(
        "SELECT checkpoint FROM checkpoint_codes WHERE id = ? AND revoked_at IS NULL", (code_id,)
    ).fetchone()
    return row["checkpoint"] if row else None


def insert_code(
    connection: sqlite3.Connection, code_id: bytes, checkpoint: str, sealed_token: bytes, issued_us: int
) -> None:
    """Add a code. The checkpoint must have no other valid one."""
    connection.execute(
        "INSERT INTO checkpoint_codes (id, checkpoint, token, issued_at) VALUES (?, ?, ?, ?)",
        (code_id, checkpoint, sealed_token, issued_us),
    )


def revoke_code(connection: sqlite3.Connection, checkpoint: str, now_us: int) -> int:
    """Revoke the checkpoint's valid code; returns 0 if there is none."""
    return connection.execute(
        "UPDATE checkpoint_codes SET revoked_at = ? WHERE checkpoint = ? AND revoked_at IS NULL", (now_us, checkpoint)
    ).rowcount


def insert_entry(connection: sqlite3.Connection, key: str, at: datetime, user: str, data: Json) -> None:
    """Add an entry of the duty log. Raises sqlite3.IntegrityError when there is one of this key."""
    connection.execute(
        "INSERT INTO duty_log (key, at, user, data) VALUES (?, ?, ?, ?)", (key, to_us(at), user, to_json(data))
    )


def entry(connection: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """The entry of this key."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM duty_log WHERE key = ?", (key,)).fetchone()
    return row


def entries(connection: sqlite3.Connection, before: int, limit: int) -> list[sqlite3.Row]:
    """Entries numbered below `before`, newest first."""
    return connection.execute(
        "SELECT * FROM duty_log WHERE number < ? ORDER BY number DESC LIMIT ?", (before, limit)
    ).fetchall()
