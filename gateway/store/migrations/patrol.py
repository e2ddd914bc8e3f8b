"""Tables of patrols: the QR codes of checkpoints, and the duty log. Times are microseconds since the epoch, UTC.

Rounds and scans have no table: they are signals of the journal.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.patrol")


@migrations()
def m001_checkpoint_codes(db: Database) -> None:
    """`id` is a hash of the token's random half, `token` the half, sealed; a checkpoint has one code not revoked."""
    db.conn.execute("""
        CREATE TABLE checkpoint_codes (
            id BLOB PRIMARY KEY,
            checkpoint TEXT NOT NULL,
            token BLOB NOT NULL,
            issued_at INTEGER NOT NULL,
            revoked_at INTEGER
        )""")
    db.conn.execute(
        "CREATE UNIQUE INDEX checkpoint_codes_checkpoint ON checkpoint_codes (checkpoint) WHERE revoked_at IS NULL"
    )


@migrations()
def m002_duty_log(db: Database) -> None:
    """What was written down. `key` is that of the request; it is answered once. Kept as long as the audit chain."""
    db.conn.execute("""
        CREATE TABLE duty_log (
            number INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            data TEXT NOT NULL
        )""")
