"""Indexes of the quarantine; its table is created in `flow`."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.quarantine")


@migrations()
def m001_of_a_device(db: Database) -> None:
    """For reading one device's entries newest first, to bound their number."""
    db.conn.execute("CREATE INDEX quarantine_device ON quarantine (device, number)")
