"""Tables of door plates beside the plates themselves (people.py): where they were hung, and visits announced at them.

`details` and `pass_url` are encrypted by the vault. Times are microseconds since the epoch, UTC. This file's name comes
after people.py, whose table gets an index here.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.door_plates")


@migrations()
def m001_hangings(db: Database) -> None:
    """One row each time somebody says at the door that the plate hangs there; `plate` is door_plates.id."""
    db.conn.execute("""
        CREATE TABLE door_plate_hangings (
            number INTEGER PRIMARY KEY,
            plate BLOB NOT NULL,
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            lat REAL,
            lon REAL
        )""")
    db.conn.execute("CREATE INDEX door_plate_hangings_plate ON door_plate_hangings (plate, number)")


@migrations()
def m002_all_plates_of_a_place(db: Database) -> None:
    """The newest plate of a place, revoked or not."""
    db.conn.execute("CREATE INDEX door_plates_all ON door_plates (place, issued_at)")


@migrations()
def m003_visits(db: Database) -> None:
    """`id` is a hash of the random half of the visitor's link. `answer`: accepted, declined, or NULL while open."""
    db.conn.execute("""
        CREATE TABLE door_plate_visits (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            place TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            details BLOB NOT NULL,
            told_at INTEGER,
            answer TEXT CHECK (answer IN ('accepted', 'declined')),
            answered_by TEXT,
            answered_at INTEGER,
            pass_url BLOB
        )""")
    db.conn.execute("CREATE INDEX door_plate_visits_place ON door_plate_visits (place, until)")
    db.conn.execute("CREATE INDEX door_plate_visits_until ON door_plate_visits (until)")
    db.conn.execute("CREATE INDEX door_plate_visits_untold ON door_plate_visits (number) WHERE told_at IS NULL")
