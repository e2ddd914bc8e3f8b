"""Tables of visitors' passes. Names, plates and tokens are sealed; times are microseconds since the epoch, UTC."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.passes")


@migrations()
def m001_passes(db: Database) -> None:
    """`token_id` is a hash of the token's random half, `token` that half, sealed; `doors` is a JSON list.

    Openings are rows of `access_log`, which doors decide by.
    """
    db.conn.execute("""
        CREATE TABLE passes (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            place TEXT NOT NULL,
            host TEXT NOT NULL,
            made_by TEXT NOT NULL,
            name BLOB NOT NULL,
            plate BLOB,
            since INTEGER NOT NULL,
            until INTEGER NOT NULL,
            doors TEXT NOT NULL,
            uses INTEGER,
            shows_room INTEGER NOT NULL,
            token_id BLOB NOT NULL UNIQUE,
            token BLOB NOT NULL,
            made_at INTEGER NOT NULL,
            revoked_at INTEGER,
            left_at INTEGER
        )""")
    db.conn.execute("CREATE INDEX passes_until ON passes (until, id)")
    db.conn.execute("CREATE INDEX passes_place ON passes (place, until, id)")
    db.conn.execute("CREATE INDEX passes_host ON passes (host)")
