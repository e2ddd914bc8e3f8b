"""Finds the columns that the vault has encrypted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import Words

_COLUMNS = (
    ("persons", "phone"),
    ("door_plates", "token"),
    ("checkpoint_codes", "token"),
    ("face_templates", "template"),
    ("passes", "token"),
)
_NAMES = {
    "persons": ("电话", "phones"),
    "door_plates": ("门牌码", "door plates"),
    "checkpoint_codes": ("巡更码", "checkpoint codes"),
    "face_templates": ("人脸", "faces"),
    "passes": ("访客通行证", "passes"),
}
_SAMPLES = 20
"""Samples from each end of each table: a key that decrypts none of them is the wrong key."""


@dataclass(frozen=True, slots=True)
class SealedData:
    """How many encrypted values each table has, and samples of them. False when there are none."""

    counts: Sequence[tuple[str, int]] = ()
    samples: Sequence[bytes] = ()

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def words(self) -> Words:
        """The counts in both languages, such as `12 phones, 3 faces`."""
        zh = "、".join(f"{_NAMES[table][0]} {count} 条" for table, count in self.counts)
        return Words(zh, ", ".join(f"{count} {_NAMES[table][1]}" for table, count in self.counts))


def sealed_in(connection: sqlite3.Connection) -> SealedData:
    """Count and sample the encrypted values. Raises sqlite3.Error."""
    counts, samples = list[tuple[str, int]](), list[bytes]()
    for table, column in _COLUMNS:
        where = f"FROM {table} WHERE {column} IS NOT NULL"
        (count,) = connection.execute(f"SELECT count(*) {where}").fetchone()
        if count:
            counts.append((table, count))
            for order in ("", " DESC"):
                rows = connection.execute(f"SELECT {column} {where} ORDER BY rowid{order} LIMIT {_SAMPLES}")
                samples += [bytes(row[0]) for row in rows]
    return SealedData(counts, samples)


def delete_sealed(connection: sqlite3.Connection) -> SealedData:
    """Delete all encrypted values; returns what there was. For `anju keys new`, when the key is lost."""
    found = sealed_in(connection)
    connection.execute("UPDATE persons SET phone = NULL")
    connection.execute("DELETE FROM door_plates")
    connection.execute("DELETE FROM checkpoint_codes")
    connection.execute("DELETE FROM face_templates")
    connection.execute("DELETE FROM pass_uses")
    connection.execute("DELETE FROM passes")
    return found
