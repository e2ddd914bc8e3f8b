"""Tables of the guard room's desk beside alerts and incidents. Times are microseconds since the epoch, UTC."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.desk")


@migrations()
def m001_silences(db: Database) -> None:
    """Sources that were silenced or throttled; `holding` is JSON, the keys of alarms that go on meanwhile."""
    db.conn.execute("""
        CREATE TABLE silences (
            id TEXT PRIMARY KEY,
            source TEXT NOT NULL,
            reason TEXT NOT NULL,
            by TEXT NOT NULL,
            begun_at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            kind TEXT,
            automatic INTEGER NOT NULL,
            count INTEGER NOT NULL,
            last_at INTEGER,
            holding TEXT NOT NULL,
            restored_at INTEGER,
            ended_at INTEGER,
            ended_because TEXT
        )""")
    db.conn.execute("CREATE INDEX silences_in_force ON silences (id) WHERE ended_at IS NULL")
    db.conn.execute("CREATE INDEX silences_ended ON silences (id) WHERE ended_at IS NOT NULL")
