"""Quarantine; its table is older, and stands in `flow`."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.quarantine")


@migrations()
def m001_of_a_device(db: Database) -> None:
    """What one device has, newest first: it is bounded."""
    db.conn.execute("CREATE INDEX quarantine_device ON quarantine (device, number)")
