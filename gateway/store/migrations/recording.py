"""Tables of recordings behind alerts. Times are microseconds since the epoch, UTC."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.clips")


@migrations()
def m001_clips(db: Database) -> None:
    """`file` is the SHA-256 of the recording, which several alerts may share. Its audit row is in `steps`."""
    db.conn.execute("""
        CREATE TABLE clips (
            id TEXT PRIMARY KEY,
            alert TEXT NOT NULL,
            camera TEXT NOT NULL,
            began INTEGER NOT NULL,
            ended INTEGER NOT NULL,
            file TEXT NOT NULL,
            bytes INTEGER NOT NULL
        )""")
    db.conn.execute("CREATE INDEX clips_alert ON clips (alert, began)")
    db.conn.execute("CREATE INDEX clips_file ON clips (file)")
    db.conn.execute("CREATE INDEX clips_ended ON clips (ended)")


@migrations()
def m002_newest(db: Database) -> None:
    """For the list of the newest clips."""
    db.conn.execute("CREATE INDEX clips_began ON clips (began, id)")
