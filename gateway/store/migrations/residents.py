"""Tables of residents' phones: one-time codes, keys on paper, remembered phones.

Numbers and codes are stored as MACs, of tokens only a hash: a copy of the tables signs nobody in and names nobody.
Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.residents")


@migrations()
def m001_sign_in(db: Database) -> None:
    """A number that is not in the register has a code too, so that nothing tells the two apart.

    `person` is set where a code was made for one person, at the counter. `phone` of a device is that of its sign-in.
    """
    db.conn.execute("""
        CREATE TABLE resident_codes (
            phone BLOB PRIMARY KEY,
            code BLOB NOT NULL,
            person TEXT,
            way TEXT NOT NULL CHECK (way IN ('message', 'counter')),
            expires_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0
        )""")
    db.conn.execute("CREATE INDEX resident_codes_expires ON resident_codes (expires_at)")
    db.conn.execute("""
        CREATE TABLE resident_keys (
            id BLOB PRIMARY KEY,
            person TEXT NOT NULL,
            way TEXT NOT NULL CHECK (way IN ('letter', 'counter')),
            made_by TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        )""")
    db.conn.execute("CREATE INDEX resident_keys_person ON resident_keys (person)")
    db.conn.execute("CREATE INDEX resident_keys_expires ON resident_keys (expires_at)")
    db.conn.execute("""
        CREATE TABLE resident_devices (
            id TEXT PRIMARY KEY,
            token BLOB NOT NULL UNIQUE,
            person TEXT NOT NULL,
            phone BLOB,
            name TEXT NOT NULL,
            way TEXT NOT NULL CHECK (way IN ('message', 'letter', 'counter')),
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended_because TEXT NOT NULL DEFAULT ''
        )""")
    db.conn.execute("CREATE INDEX resident_devices_person ON resident_devices (person, created_at)")
    db.conn.execute("CREATE INDEX resident_devices_expires ON resident_devices (expires_at)")


@migrations()
def m002_notices(db: Database) -> None:
    """What a household is told. `words` is sealed JSON in both languages: it may name people."""
    db.conn.execute("""
        CREATE TABLE resident_notices (
            number INTEGER PRIMARY KEY,
            place TEXT NOT NULL,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            about TEXT NOT NULL,
            words BLOB NOT NULL
        )""")
    db.conn.execute("CREATE INDEX resident_notices_place ON resident_notices (place, number)")
    db.conn.execute("CREATE INDEX resident_notices_at ON resident_notices (at)")


@migrations()
def m003_requests(db: Database) -> None:
    """Changes that residents ask for. `orders` and `answer` are sealed: they name people.

    `person` is who asked; of a registration at the door plate it is NULL, and an owner of the room may answer.
    """
    db.conn.execute("""
        CREATE TABLE resident_requests (
            number INTEGER PRIMARY KEY,
            place TEXT NOT NULL,
            person TEXT,
            orders BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'refused', 'withdrawn')),
            at INTEGER NOT NULL,
            answered_at INTEGER,
            answered_by TEXT NOT NULL DEFAULT '',
            answer BLOB
        )""")
    db.conn.execute("CREATE INDEX resident_requests_place ON resident_requests (place, number)")
    db.conn.execute("CREATE INDEX resident_requests_state ON resident_requests (state, number)")
    db.conn.execute("CREATE INDEX resident_requests_person ON resident_requests (person)")
    db.conn.execute("CREATE INDEX resident_requests_answered ON resident_requests (answered_at)")


@migrations()
def m004_alerts_of_a_home(db: Database) -> None:
    """A household sees the alerts of its own rooms."""
    db.conn.execute("CREATE INDEX IF NOT EXISTS alerts_place ON alerts (place, id)")
