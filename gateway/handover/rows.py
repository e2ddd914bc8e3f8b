"""Handovers as rows of the database. A row is written once and never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.store.columns import from_json, from_us, maybe_time, maybe_us, to_json, to_us

_PUT = (
    "INSERT INTO handovers (at, shift, began_at, ended_at, outgoing, incoming, note, head, report)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BETWEEN = "SELECT * FROM handovers WHERE at >= ? AND at < ? AND number < ? ORDER BY at DESC, number DESC LIMIT ?"
_NEWEST = "SELECT * FROM handovers WHERE number < ? ORDER BY number DESC LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A signed handover. `ended_at` is None for one in the middle of a shift. `head` is that of the audit chain."""

    number: int = 0
    at: datetime
    shift: str
    began_at: datetime | None
    ended_at: datetime | None
    outgoing: str
    incoming: str
    note: str
    head: str
    report: Mapping[str, Any]


def append(connection: sqlite3.Connection, handover: Handover) -> int:
    """Write the handover; returns its number. Raises sqlite3.IntegrityError when that shift's end is signed."""
    cursor = connection.execute(
        _PUT,
        (
            to_us(handover.at),
            handover.shift,
            maybe_us(handover.began_at),
            maybe_us(handover.ended_at),
            handover.outgoing,
            handover.incoming,
            handover.note,
            handover.head,
            to_json(handover.report),
        ),
    )
    return cursor.lastrowid or 0


def one(connection: sqlite3.Connection, number: int) -> Handover | None:
    """The handover with this number."""
    row = connection.execute("SELECT * FROM handovers WHERE number = ?", (number,)).fetchone()
    return _read(row) if row else None


def is_signed(connection: sqlite3.Connection, ended: datetime) -> bool:
    """Whether the shift that ended then was handed over."""
    return connection.execute("SELECT 1 FROM handovers WHERE ended_at = ?", (to_us(ended),)).fetchone() is not None


def page(
    connection: sqlite3.Connection, day: tuple[datetime, datetime] | None, before: int, limit: int
) -> list[Handover]:
    """Newest first, those of a day or all, with numbers below `before`."""
    if day is None:
        found = connection.execute(_NEWEST, (before, limit))
    else:
        found = connection.execute(_BETWEEN, (to_us(day[0]), to_us(day[1]), before, limit))
    return [_read(row) for row in found]


def people(connection: sqlite3.Connection, began: datetime, ended: datetime) -> list[str]:
    """Who did anything in that time, sorted."""
    rows = connection.execute("SELECT DISTINCT user FROM steps WHERE at >= ? AND at <= ?", (to_us(began), to_us(ended)))
    return sorted(row["user"] for row in rows)


def since(connection: sqlite3.Connection) -> datetime | None:
    """When the record begins; nobody owes a signature for what was before."""
    row = connection.execute("SELECT received FROM journal ORDER BY number LIMIT 1").fetchone()
    return from_us(row["received"]) if row else None


def _read(row: sqlite3.Row) -> Handover:
    return Handover(
        number=row["number"],
        at=from_us(row["at"]),
        shift=row["shift"],
        began_at=maybe_time(row["began_at"]),
        ended_at=maybe_time(row["ended_at"]),
        outgoing=row["outgoing"],
        incoming=row["incoming"],
        note=row["note"],
        head=row["head"],
        report=from_json(row["report"]),
    )
