"""Tables of accounts. Passwords are hashed with argon2id; of tokens only the SHA-256 is stored.

Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.web")


@migrations()
def m001_users(db: Database) -> None:
    """Users, their sessions, and long-lived tokens of programs."""
    db.conn.execute("""
        CREATE TABLE web_users (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            password TEXT NOT NULL,
            created_at INTEGER NOT NULL
        )""")
    db.conn.execute("""
        CREATE TABLE web_sessions (
            token BLOB PRIMARY KEY,
            user TEXT NOT NULL REFERENCES web_users (name) ON DELETE CASCADE,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        )""")
    db.conn.execute("CREATE INDEX web_sessions_user ON web_sessions (user)")
    db.conn.execute("CREATE INDEX web_sessions_expires ON web_sessions (expires_at)")
    db.conn.execute("""
        CREATE TABLE web_tokens (
            token BLOB PRIMARY KEY,
            user TEXT NOT NULL REFERENCES web_users (name) ON DELETE CASCADE,
            created_at INTEGER NOT NULL
        )""")
    db.conn.execute("CREATE INDEX web_tokens_user ON web_tokens (user)")
