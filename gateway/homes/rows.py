"""The SQL of alarms at home: codes, and what households were told."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gateway.store.columns import to_us


@dataclass(frozen=True, slots=True)
class CodeRow:
    """Whose code it is; `digest` is the MAC that it is recognised by."""

    person: str
    duress: bool
    digest: bytes


def codes(connection: sqlite3.Connection, place: str) -> list[CodeRow]:
    """The codes of a home."""
    found = connection.execute("SELECT person, duress, digest FROM home_codes WHERE place = ?", (place,))
    return [CodeRow(row["person"], bool(row["duress"]), row["digest"]) for row in found]


def put_code(connection: sqlite3.Connection, place: str, code: CodeRow, at: datetime) -> None:
    """Set the person's code for this home."""
    connection.execute(
        "INSERT OR REPLACE INTO home_codes (place, person, duress, digest, set_at) VALUES (?, ?, ?, ?, ?)",
        (place, code.person, int(code.duress), code.digest, to_us(at)),
    )


def delete_codes(connection: sqlite3.Connection, place: str, person: str) -> int:
    """Delete the person's codes for this home; returns how many there were."""
    return connection.execute("DELETE FROM home_codes WHERE place = ? AND person = ?", (place, person)).rowcount


def told(connection: sqlite3.Connection) -> dict[str, int]:
    """Up to which journal number each household was told; one row a home."""
    return {row["place"]: row["number"] for row in connection.execute("SELECT place, number FROM home_told")}


def put_told(connection: sqlite3.Connection, place: str, number: int) -> None:
    """The household was told up to this number."""
    connection.execute("INSERT OR REPLACE INTO home_told (place, number) VALUES (?, ?)", (place, number))
