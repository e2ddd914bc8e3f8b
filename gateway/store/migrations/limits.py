"""Reminders of incidents: columns of `incidents`, which is the flow's table."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.limits")


@migrations()
def m001_reminders(db: Database) -> None:
    """Times in microseconds. `remind_note` is empty for reminders that nobody asked for."""
    db.conn.execute("ALTER TABLE incidents ADD COLUMN remind_at INTEGER")
    db.conn.execute("ALTER TABLE incidents ADD COLUMN reminded_at INTEGER")
    db.conn.execute("ALTER TABLE incidents ADD COLUMN remind_note TEXT NOT NULL DEFAULT ''")
