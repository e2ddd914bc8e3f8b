"""The record of decisions at doors. Times are microseconds since the epoch, UTC."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.access")


@migrations()
def m001_access_log(db: Database) -> None:
    """One row a decision, appended and never changed; kept as long as signals.

    `signal` is the id of the signal that reported the credential: it is decided once. `reason` is JSON in both
    languages. `holder`, `zone` and `inside` are what anti-passback starts from; no plate or card number stands here.
    """
    db.conn.execute("""
        CREATE TABLE access_log (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            door TEXT NOT NULL,
            reader TEXT NOT NULL,
            kind TEXT NOT NULL,
            granted INTEGER NOT NULL,
            code TEXT NOT NULL,
            reason TEXT NOT NULL,
            person TEXT,
            place TEXT,
            pass TEXT,
            by TEXT NOT NULL,
            signal TEXT UNIQUE,
            command TEXT,
            holder TEXT NOT NULL,
            zone TEXT,
            inside INTEGER
        )""")
    db.conn.execute("CREATE INDEX access_log_at ON access_log (at)")
    db.conn.execute("CREATE INDEX access_log_door ON access_log (door, number)")
    db.conn.execute("CREATE INDEX access_log_person ON access_log (person, number) WHERE person IS NOT NULL")
    db.conn.execute("CREATE INDEX access_log_pass ON access_log (pass, door) WHERE pass IS NOT NULL")
    db.conn.execute("CREATE INDEX access_log_zone ON access_log (at) WHERE zone IS NOT NULL")


@migrations()
def m002_window(db: Database) -> None:
    """`window` is the half minute that a pass's code was of: none opens again, also after a restart."""
    db.conn.execute("ALTER TABLE access_log ADD COLUMN window INTEGER")
