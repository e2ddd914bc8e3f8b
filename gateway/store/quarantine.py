"""The quarantine: received bytes that could not be decoded, as they came. They may be empty (an empty datagram)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Text, Words
from gateway.store.columns import from_us, to_us
from gateway.store.journal import NEVER

MAX_REASON_CHARS = 2000
"""A reason may quote text that the device sent, of any length."""
_COLUMNS = (
    "number, at, device, why, why_zh, coalesce(length(data), 0) AS size,"
    " coalesce(CAST(substr(data, 1, ?) AS BLOB), x'') AS head"
)
"""`substr` of an empty BLOB is NULL in SQLite."""


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """Bytes of a device that could not be decoded: `data` holds the first of `size`."""

    number: int
    device: str
    at: datetime
    why: Text
    size: int
    data: bytes


def record(connection: sqlite3.Connection, at: datetime, device: str, why: Text, data: bytes) -> None:
    """Append one entry."""
    zh = _text(why.zh) if isinstance(why, Words) else None
    connection.execute(
        "INSERT INTO quarantine (at, device, why, why_zh, data) VALUES (?, ?, ?, ?, ?)",
        (to_us(at), _text(device), _text(str(why)), zh, data),
    )


def newest(connection: sqlite3.Connection, before: int | None, limit: int, head_bytes: int) -> list[QuarantineEntry]:
    """Newest first, with the first `head_bytes` of each; `before` is the last number of the previous page."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM quarantine WHERE number < ?"  # noqa: S608  # fixed columns
        " ORDER BY number DESC LIMIT ?",
        (head_bytes, NEVER if before is None else before, limit),
    )
    return [_entry(row) for row in rows]


def after(connection: sqlite3.Connection, number: int, limit: int, head_bytes: int) -> list[QuarantineEntry]:
    """Entries numbered above `number`, oldest first, with the first `head_bytes` of each."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM quarantine WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608  # fixed columns
        (head_bytes, number, limit),
    )
    return [_entry(row) for row in rows]


def last_number(connection: sqlite3.Connection) -> int:
    """The number of the newest entry; 0 for an empty quarantine."""
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM quarantine").fetchone()[0]
    return number


def _entry(row: sqlite3.Row) -> QuarantineEntry:
    why: Text = row["why"] if row["why_zh"] is None else Words(row["why_zh"], row["why"])
    return QuarantineEntry(row["number"], row["device"], from_us(row["at"]), why, row["size"], bytes(row["head"]))


def _text(text: str) -> str:
    """Text that SQLite can store: a lone surrogate becomes `?`."""
    return text[:MAX_REASON_CHARS].encode(errors="replace").decode()
