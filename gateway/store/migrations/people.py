"""Tables of residents: persons, their vehicles, and the door plates of their rooms.

`phone` and `token` are encrypted by the vault; a licence plate must be matched and is stored in clear.
Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.people")


@migrations()
def m001_persons(db: Database) -> None:
    """Persons and vehicles, each on the residents' list or the watch list."""
    db.conn.execute("""
        CREATE TABLE persons (
            id TEXT PRIMARY KEY,
            place TEXT,
            name TEXT NOT NULL,
            phone BLOB,
            role TEXT NOT NULL,
            list TEXT NOT NULL CHECK (list IN ('resident', 'watch'))
        )""")
    db.conn.execute("CREATE INDEX persons_place ON persons (place) WHERE place IS NOT NULL")
    db.conn.execute("""
        CREATE TABLE vehicles (
            plate TEXT PRIMARY KEY,
            place TEXT,
            list TEXT NOT NULL CHECK (list IN ('resident', 'watch'))
        )""")
    db.conn.execute("CREATE INDEX vehicles_place ON vehicles (place) WHERE place IS NOT NULL")


@migrations()
def m002_door_plates(db: Database) -> None:
    """`id` is a hash of the token's random half; a room has at most one door plate that is not revoked."""
    db.conn.execute("""
        CREATE TABLE door_plates (
            id BLOB PRIMARY KEY,
            place TEXT NOT NULL,
            token BLOB NOT NULL,
            issued_at INTEGER NOT NULL,
            revoked_at INTEGER
        )""")
    db.conn.execute("CREATE UNIQUE INDEX door_plates_place ON door_plates (place) WHERE revoked_at IS NULL")
