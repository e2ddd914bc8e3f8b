"""Finds the columns that the vault has encrypted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import Words

_COLUMNS = {
    ("persons", "name"): ("姓名", "names"),
    ("persons", "phone"): ("电话", "phones"),
    ("credentials", "value"): ("门禁卡", "cards"),
    ("door_plates", "token"): ("门牌码", "door plates"),
    ("door_plate_visits", "details"): ("到访登记", "announced visits"),
    ("checkpoint_codes", "token"): ("巡更码", "checkpoint codes"),
    ("face_templates", "template"): ("人脸", "faces"),
    ("resident_notices", "words"): ("住户通知", "residents' notices"),
    ("resident_requests", "orders"): ("住户申请", "residents' requests"),
    ("passes", "name"): ("访客通行证", "passes"),
}
"""Table and column, and what it holds in both languages."""
_SAMPLES = 20
"""Samples from each end of each table: a key that decrypts none of them is the wrong key."""


@dataclass(frozen=True, slots=True)
class SealedData:
    """How many encrypted values of each kind there are, and samples of them. False when there are none."""

    counts: Sequence[tuple[Words, int]] = ()
    samples: Sequence[bytes] = ()

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def words(self) -> Words:
        """The counts in both languages, such as `12 phones, 3 faces`."""
        zh = "、".join(f"{kind.zh} {count} 条" for kind, count in self.counts)
        return Words(zh, ", ".join(f"{count} {kind.en}" for kind, count in self.counts))


def sealed_in(connection: sqlite3.Connection) -> SealedData:
    """Count and sample the encrypted values. Raises sqlite3.Error."""
    counts, samples = list[tuple[Words, int]](), list[bytes]()
    for (table, column), names in _COLUMNS.items():
        # A name that an older version stored in clear is a text, not bytes.
        where = f"FROM {table} WHERE typeof({column}) = 'blob' AND length({column}) > 0"
        (count,) = connection.execute(f"SELECT count(*) {where}").fetchone()
        if count:
            counts.append((Words(*names), count))
            for order in ("", " DESC"):
                rows = connection.execute(f"SELECT {column} {where} ORDER BY rowid{order} LIMIT {_SAMPLES}")
                samples += [bytes(row[0]) for row in rows]
    return SealedData(counts, samples)


def delete_sealed(connection: sqlite3.Connection) -> SealedData:
    """Delete all encrypted values; returns what there was. For `anju keys new`, when the key is lost."""
    found = sealed_in(connection)
    connection.execute("UPDATE persons SET name = x'', phone = NULL, id_number = NULL, born = NULL")
    connection.execute("DELETE FROM blind_index")
    connection.execute("DELETE FROM credentials")
    connection.execute("DELETE FROM register_changes")
    connection.execute("DELETE FROM door_plates")
    connection.execute("DELETE FROM door_plate_visits")
    connection.execute("DELETE FROM checkpoint_codes")
    connection.execute("DELETE FROM face_templates")
    connection.execute("DELETE FROM resident_notices")
    connection.execute("DELETE FROM resident_requests")
    connection.execute("DELETE FROM passes")
    return found
