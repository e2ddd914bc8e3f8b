"""What was agreed with people who have care. That they agreed, and to which words, stands in `consents`.

Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.care")


@migrations()
def m001_plans(db: Database) -> None:
    """One for each home with care; it is deleted when the consent is withdrawn."""
    db.conn.execute("""
        CREATE TABLE care_plans (
            place TEXT PRIMARY KEY,
            person TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
            longest_s INTEGER NOT NULL,
            water_m3 REAL NOT NULL,
            agreed_at INTEGER NOT NULL
        ) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX care_plans_person ON care_plans (person)")
