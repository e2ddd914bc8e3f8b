"""Whom care was agreed with: one row an agreement, kept as proof after it has ended.

Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.care")


@migrations()
def m001_agreements(db: Database) -> None:
    """`wording` is what was agreed to, `by` who recorded it; `ended_by` who ended it."""
    db.conn.execute("""
        CREATE TABLE care_agreements (
            id INTEGER PRIMARY KEY,
            place TEXT NOT NULL,
            person TEXT NOT NULL,
            longest_s INTEGER NOT NULL,
            water_m3 REAL NOT NULL,
            wording TEXT NOT NULL,
            agreed_at INTEGER NOT NULL,
            by TEXT NOT NULL,
            ended_at INTEGER,
            ended_by TEXT
        )""")
    db.conn.execute("CREATE UNIQUE INDEX care_agreements_place ON care_agreements (place) WHERE ended_at IS NULL")
    db.conn.execute("CREATE INDEX care_agreements_person ON care_agreements (person)")
