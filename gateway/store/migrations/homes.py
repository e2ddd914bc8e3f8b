"""Codes for alarms at home, and what households were told.

`digest` is the vault's MAC of place and code: a code is recognised and can't be read. Times are microseconds since the
epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.homes")


@migrations()
def m001_home_codes(db: Database) -> None:
    """One normal code and one for duress (胁迫) per person and home."""
    db.conn.execute("""
        CREATE TABLE home_codes (
            place TEXT NOT NULL,
            person TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
            duress INTEGER NOT NULL CHECK (duress IN (0, 1)),
            digest BLOB NOT NULL,
            set_at INTEGER NOT NULL,
            PRIMARY KEY (place, person, duress)
        ) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX home_codes_person ON home_codes (person)")


@migrations()
def m002_home_told(db: Database) -> None:
    """Up to which journal number each household was told what happened to its alarm."""
    db.conn.execute("CREATE TABLE home_told (place TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
