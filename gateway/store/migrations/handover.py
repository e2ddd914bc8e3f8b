"""Signed handovers of shifts. Times are microseconds since the epoch, UTC."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.handover")


@migrations()
def m001_handovers(db: Database) -> None:
    """`ended_at` is the end of the shift, null for a handover in the middle of one; each end is signed once."""
    db.conn.execute("""
        CREATE TABLE handovers (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            shift TEXT NOT NULL,
            began_at INTEGER,
            ended_at INTEGER,
            outgoing TEXT NOT NULL,
            incoming TEXT NOT NULL,
            note TEXT NOT NULL,
            head TEXT NOT NULL,
            report TEXT NOT NULL
        )""")
    db.conn.execute("CREATE UNIQUE INDEX handovers_ended ON handovers (ended_at) WHERE ended_at IS NOT NULL")
    db.conn.execute("CREATE INDEX handovers_at ON handovers (at)")
