"""What could not be read, as it came. It may be nothing at all: an empty body, an empty datagram."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Said, Words
from gateway.store.columns import from_us, to_us
from gateway.store.journal import NEVER

LONGEST_WHY = 2000
"""Characters; it may hold words of the device."""
_COLUMNS = (
    "number, at, device, why, why_zh, coalesce(length(data), 0) AS size,"
    " coalesce(CAST(substr(data, 1, ?) AS BLOB), x'') AS head"
)
"""`substr` of an empty BLOB is NULL in SQLite."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a device sent that could not be read: `data` is the first bytes of `size`."""

    number: int
    device: str
    at: datetime
    why: Said
    size: int
    data: bytes


def record(connection: sqlite3.Connection, at: datetime, device: str, why: Said, data: bytes) -> None:
    zh = _text(why.zh) if isinstance(why, Words) else None
    connection.execute(
        "INSERT INTO quarantine (at, device, why, why_zh, data) VALUES (?, ?, ?, ?, ?)",
        (to_us(at), _text(device), _text(str(why)), zh, data),
    )


def newest(connection: sqlite3.Connection, before: int | None, most: int, shown: int) -> list[Unreadable]:
    """Newest first; `before` is the number the last page ended on, `shown` bytes of each."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM quarantine WHERE number < ?"  # noqa: S608  # fixed columns
        " ORDER BY number DESC LIMIT ?",
        (shown, NEVER if before is None else before, most),
    )
    return [_unreadable(row) for row in rows]


def after(connection: sqlite3.Connection, number: int, most: int, shown: int) -> list[Unreadable]:
    """Oldest first, numbered above `number`."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM quarantine WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608  # fixed columns
        (shown, number, most),
    )
    return [_unreadable(row) for row in rows]


def last_number(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM quarantine").fetchone()[0]
    return number


def _unreadable(row: sqlite3.Row) -> Unreadable:
    why: Said = row["why"] if row["why_zh"] is None else Words(row["why_zh"], row["why"])
    return Unreadable(row["number"], row["device"], from_us(row["at"]), why, row["size"], bytes(row["head"]))


def _text(text: str) -> str:
    """As SQLite can hold it: half a character (a lone surrogate) becomes `?`."""
    return text[:LONGEST_WHY].encode(errors="replace").decode()
