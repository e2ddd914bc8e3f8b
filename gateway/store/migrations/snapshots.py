"""Pictures that a person kept as evidence, and the index by which a device's last command is found.

Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.snapshots")


@migrations()
def m001_snapshots(db: Database) -> None:
    """`picture` is the SHA-256 of a file of the media store. Its audit row is in `steps`."""
    db.conn.execute("""
        CREATE TABLE snapshots (
            id TEXT PRIMARY KEY,
            camera TEXT NOT NULL,
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            picture TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            alert TEXT
        )""")
    db.conn.execute("CREATE INDEX snapshots_alert ON snapshots (alert, at) WHERE alert IS NOT NULL")
    db.conn.execute("CREATE INDEX snapshots_picture ON snapshots (picture)")


@migrations()
def m002_last_commands(db: Database) -> None:
    """For the last command of a device."""
    db.conn.execute("CREATE INDEX commands_device ON commands (device, at)")
