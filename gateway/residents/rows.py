"""One-time codes, keys on paper and remembered phones as rows. Numbers, codes and tokens come in hashed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gateway.store.columns import from_us, maybe_time, to_us

MAX_DEVICES = 10
"""Phones of one person that are signed in at the same time; the oldest gives way."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Code:
    """A stored code; `tries` counts this one too."""

    digest: bytes
    person: str | None
    way: str
    expires_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A phone that is or was signed in."""

    id: str
    person: str
    phone: bytes | None
    name: str
    way: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: str


def put_code(
    connection: sqlite3.Connection, phone: bytes, digest: bytes, expires_at: datetime, person: str | None, way: str
) -> None:
    """The number's only code from now on."""
    connection.execute(
        "INSERT INTO resident_codes (phone, code, person, way, expires_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (phone) DO UPDATE SET code = excluded.code, person = excluded.person, way = excluded.way,"
        " expires_at = excluded.expires_at, tries = 0",
        (phone, digest, person, way, to_us(expires_at)),
    )


def try_code(connection: sqlite3.Connection, phone: bytes) -> Code | None:
    """Count a try of the number's code, and return it. The caller compares."""
    rows = connection.execute(
        "UPDATE resident_codes SET tries = tries + 1 WHERE phone = ? RETURNING code, person, way, expires_at, tries",
        (phone,),
    ).fetchall()
    if not rows:
        return None
    row = rows[0]
    return Code(row["code"], row["person"], row["way"], from_us(row["expires_at"]), row["tries"])


def delete_code(connection: sqlite3.Connection, phone: bytes) -> None:
    """A code signs in once."""
    connection.execute("DELETE FROM resident_codes WHERE phone = ?", (phone,))


def add_key(
    connection: sqlite3.Connection, key: bytes, person: str, way: str, by: str, now: datetime, expires_at: datetime
) -> None:
    """Add a key; the person's earlier unused ones of the same way end."""
    connection.execute(
        "UPDATE resident_keys SET expires_at = ? WHERE person = ? AND way = ? AND used_at IS NULL AND expires_at > ?",
        (to_us(now), person, way, to_us(now)),
    )
    connection.execute(
        "INSERT INTO resident_keys (id, person, way, made_by, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (key, person, way, by, to_us(now), to_us(expires_at)),
    )


def key_person(connection: sqlite3.Connection, key: bytes, now: datetime) -> tuple[str, str] | None:
    """Person and way of a key that may still be used."""
    row = connection.execute(
        "SELECT person, way FROM resident_keys WHERE id = ? AND used_at IS NULL AND expires_at > ?", (key, to_us(now))
    ).fetchone()
    return (row["person"], row["way"]) if row else None


def use_key(connection: sqlite3.Connection, key: bytes, now: datetime) -> bool:
    """Use the key up; False when it can't be used any more."""
    sql = "UPDATE resident_keys SET used_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?"
    return connection.execute(sql, (to_us(now), key, to_us(now))).rowcount > 0


def add_device(connection: sqlite3.Connection, device: DeviceRow, token: bytes) -> None:
    """Remember a phone. Of more than MAX_DEVICES of one person the oldest end."""
    connection.execute(
        "INSERT INTO resident_devices (id, token, person, phone, name, way, created_at, seen_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            device.id,
            token,
            device.person,
            device.phone,
            device.name,
            device.way,
            to_us(device.created_at),
            to_us(device.seen_at),
            to_us(device.expires_at),
        ),
    )
    for old in devices_of(connection, device.person, device.created_at)[MAX_DEVICES:]:
        end_device(connection, old.id, device.person, device.created_at, "too-many")


def device_by_token(connection: sqlite3.Connection, token: bytes, now: datetime) -> DeviceRow | None:
    """The phone with this token, while it is signed in."""
    row = connection.execute(
        "SELECT * FROM resident_devices WHERE token = ? AND ended_at IS NULL AND expires_at > ?", (token, to_us(now))
    ).fetchone()
    return _device(row) if row else None


def devices_of(connection: sqlite3.Connection, person: str, now: datetime) -> list[DeviceRow]:
    """The phones that a person is signed in on, newest first."""
    rows = connection.execute(
        "SELECT * FROM resident_devices WHERE person = ? AND ended_at IS NULL AND expires_at > ?"
        " ORDER BY created_at DESC LIMIT 100",
        (person, to_us(now)),
    )
    return [_device(row) for row in rows]


def had_other_number(connection: sqlite3.Connection, person: str, phone: bytes) -> bool:
    """Whether the person signed in with another number before."""
    row = connection.execute(
        "SELECT 1 FROM resident_devices WHERE person = ? AND phone IS NOT NULL AND phone <> ? LIMIT 1", (person, phone)
    ).fetchone()
    return row is not None


def see_device(connection: sqlite3.Connection, device: str, now: datetime) -> None:
    """Note that it is in use."""
    connection.execute("UPDATE resident_devices SET seen_at = ? WHERE id = ?", (to_us(now), device))


def end_device(connection: sqlite3.Connection, device: str, person: str, now: datetime, because: str) -> bool:
    """Sign a person's phone out; False when it is not signed in, or another person's."""
    sql = (
        "UPDATE resident_devices SET ended_at = ?, ended_because = ?"
        " WHERE id = ? AND person = ? AND ended_at IS NULL AND expires_at > ?"
    )
    return connection.execute(sql, (to_us(now), because, device, person, to_us(now))).rowcount > 0


def forget(connection: sqlite3.Connection, person: str) -> None:
    """Delete what is kept of a person's sign-ins. Their codes end by themselves within minutes."""
    connection.execute("DELETE FROM resident_devices WHERE person = ?", (person,))
    connection.execute("DELETE FROM resident_keys WHERE person = ?", (person,))


def purge(connection: sqlite3.Connection, codes: datetime, phones: datetime) -> int:
    """Delete at most BATCH of each: codes that ended before `codes`, keys and phones before `phones`."""
    deleted = 0
    for table, key, before in (
        ("resident_codes", "phone", codes),
        ("resident_keys", "id", phones),
        ("resident_devices", "id", phones),
    ):
        sql = (
            f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608  # fixed names
            f" (SELECT {key} FROM {table} WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"
        )
        deleted = max(deleted, connection.execute(sql, (to_us(before), BATCH)).rowcount)
    return deleted


def _device(row: sqlite3.Row) -> DeviceRow:
    return DeviceRow(
        row["id"],
        row["person"],
        row["phone"],
        row["name"],
        row["way"],
        from_us(row["created_at"]),
        from_us(row["seen_at"]),
        from_us(row["expires_at"]),
        maybe_time(row["ended_at"]),
        row["ended_because"],
    )
