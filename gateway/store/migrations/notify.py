"""The outbox of notifications, and when each notifier last proved that it delivers.

`body` is JSON (title, text, link, recipients) and NULL once the message has ended: it may name people. Times are
microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.notify")


@migrations()
def m001_outbox(db: Database) -> None:
    """`digest` is the message that told of this one. Ended rows stay for a while, so that none comes twice."""
    db.conn.execute("""
        CREATE TABLE notifications (
            id TEXT PRIMARY KEY,
            notifier TEXT NOT NULL,
            severity INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'digested', 'dead')),
            at INTEGER NOT NULL,
            due INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            body TEXT,
            ended INTEGER,
            digest TEXT,
            reference TEXT NOT NULL DEFAULT '',
            why TEXT
        )""")
    db.conn.execute(
        "CREATE INDEX notifications_waiting ON notifications (notifier, severity, at)"
        " WHERE state IN ('waiting', 'sending')"
    )
    db.conn.execute("CREATE INDEX notifications_ended ON notifications (ended) WHERE ended IS NOT NULL")
    db.conn.execute("CREATE INDEX notifications_sent ON notifications (notifier, ended) WHERE state = 'sent'")
    db.conn.execute("CREATE INDEX notifications_dead ON notifications (notifier, ended) WHERE state = 'dead'")
    db.conn.execute("""
        CREATE TABLE notifier_proofs (
            notifier TEXT PRIMARY KEY,
            since INTEGER NOT NULL,
            proved INTEGER
        )""")
