"""What the vault has sealed in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import Words

_COLUMNS = (("persons", "phone"), ("door_plates", "token"), ("face_templates", "template"))
_NAMES = {"persons": ("电话", "phones"), "door_plates": ("门牌码", "door plates"), "face_templates": ("人脸", "faces")}
_ENDS = 20
"""Of each table so many of the oldest and of the newest: a key that opens none of them is another one."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many there are of each, and some of them."""

    counts: Sequence[tuple[str, int]] = ()
    samples: Sequence[bytes] = ()

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def words(self) -> Words:
        zh = "、".join(f"{_NAMES[table][0]} {count} 条" for table, count in self.counts)
        return Words(zh, ", ".join(f"{count} {_NAMES[table][1]}" for table, count in self.counts))


def sealed_in(connection: sqlite3.Connection) -> Sealed:
    counts, samples = list[tuple[str, int]](), list[bytes]()
    for table, column in _COLUMNS:
        where = f"FROM {table} WHERE {column} IS NOT NULL"
        (count,) = connection.execute(f"SELECT count(*) {where}").fetchone()
        if count:
            counts.append((table, count))
            for order in ("", " DESC"):
                rows = connection.execute(f"SELECT {column} {where} ORDER BY rowid{order} LIMIT {_ENDS}")
                samples += [bytes(row[0]) for row in rows]
    return Sealed(counts, samples)


def forget(connection: sqlite3.Connection) -> Sealed:
    """Delete what is sealed; returns what that was."""
    found = sealed_in(connection)
    connection.execute("UPDATE persons SET phone = NULL")
    connection.execute("DELETE FROM door_plates")
    connection.execute("DELETE FROM face_templates")
    return found
