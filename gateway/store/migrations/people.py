"""Tables of residents: persons, the rooms they belong to, vehicles, credentials, and the door plates of rooms.

Names, phones, ID numbers, card numbers and tokens are sealed by the vault; a licence plate must be matched and is
stored in clear. Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.people")


@migrations()
def m001_persons(db: Database) -> None:
    """Persons and vehicles, each on the residents' list or the watch list."""
    db.conn.execute("""
        CREATE TABLE persons (
            id TEXT PRIMARY KEY,
            place TEXT,
            name TEXT NOT NULL,
            phone BLOB,
            role TEXT NOT NULL,
            list TEXT NOT NULL CHECK (list IN ('resident', 'watch'))
        )""")
    db.conn.execute("CREATE INDEX persons_place ON persons (place) WHERE place IS NOT NULL")
    db.conn.execute("""
        CREATE TABLE vehicles (
            plate TEXT PRIMARY KEY,
            place TEXT,
            list TEXT NOT NULL CHECK (list IN ('resident', 'watch'))
        )""")
    db.conn.execute("CREATE INDEX vehicles_place ON vehicles (place) WHERE place IS NOT NULL")


@migrations()
def m002_door_plates(db: Database) -> None:
    """`id` is a hash of the token's random half; a room has at most one door plate that is not revoked."""
    db.conn.execute("""
        CREATE TABLE door_plates (
            id BLOB PRIMARY KEY,
            place TEXT NOT NULL,
            token BLOB NOT NULL,
            issued_at INTEGER NOT NULL,
            revoked_at INTEGER
        )""")
    db.conn.execute("CREATE UNIQUE INDEX door_plates_place ON door_plates (place) WHERE revoked_at IS NULL")


@migrations()
def m003_households(db: Database) -> None:
    """A person may belong to several rooms, each with a role and dates; names and ID numbers are sealed too.

    `persons.name` holds the plain text of an older version until the gateway has sealed it at its next start
    (gateway/people/sealing.py): a migration has no key.
    """
    db.conn.execute("""
        CREATE TABLE memberships (
            id TEXT PRIMARY KEY,
            person TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
            place TEXT NOT NULL,
            role TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER
        )""")
    db.conn.execute("CREATE INDEX memberships_person ON memberships (person)")
    db.conn.execute("CREATE INDEX memberships_place ON memberships (place)")
    db.conn.execute(
        "INSERT INTO memberships (id, person, place, role, since)"
        " SELECT 'm-' || id, id, place, role, 0 FROM persons WHERE place IS NOT NULL"
    )
    db.conn.execute("DROP INDEX persons_place")
    db.conn.execute("ALTER TABLE persons DROP COLUMN place")
    db.conn.execute("ALTER TABLE persons DROP COLUMN role")
    db.conn.execute("ALTER TABLE persons ADD COLUMN id_number BLOB")
    db.conn.execute("ALTER TABLE persons ADD COLUMN born BLOB")
    db.conn.execute("ALTER TABLE vehicles ADD COLUMN person TEXT REFERENCES persons (id) ON DELETE SET NULL")
    db.conn.execute("ALTER TABLE vehicles ADD COLUMN since INTEGER NOT NULL DEFAULT 0")
    db.conn.execute("ALTER TABLE vehicles ADD COLUMN until INTEGER")
    db.conn.execute("CREATE INDEX vehicles_person ON vehicles (person) WHERE person IS NOT NULL")


@migrations()
def m004_credentials(db: Database) -> None:
    """Cards and PINs. `digest` is the vault's MAC of the value: it is recognised without being readable.

    `value` is a card's sealed number, for controllers that keep a list; a PIN's is not kept.
    """
    db.conn.execute("""
        CREATE TABLE credentials (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('card', 'pin')),
            digest BLOB NOT NULL,
            value BLOB,
            person TEXT REFERENCES persons (id) ON DELETE CASCADE,
            place TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            ended_at INTEGER,
            ended_because TEXT NOT NULL DEFAULT ''
        )""")
    db.conn.execute("CREATE INDEX credentials_person ON credentials (person)")
    db.conn.execute("CREATE INDEX credentials_place ON credentials (place)")
    db.conn.execute(
        "CREATE UNIQUE INDEX credentials_card ON credentials (digest) WHERE kind = 'card' AND ended_at IS NULL"
    )
    db.conn.execute("CREATE INDEX credentials_digest ON credentials (kind, digest)")


@migrations()
def m005_blind_index(db: Database) -> None:
    """Finds persons by sealed values without reading them: `digest` is the vault's MAC of a normalised value."""
    db.conn.execute("""
        CREATE TABLE blind_index (
            kind TEXT NOT NULL,
            digest BLOB NOT NULL,
            person TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
            PRIMARY KEY (kind, digest, person)
        ) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX blind_index_person ON blind_index (person)")


@migrations()
def m006_register_changes(db: Database) -> None:
    """Who changed what, when and why, with the values before and after, which are sealed JSON."""
    db.conn.execute("""
        CREATE TABLE register_changes (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            why TEXT NOT NULL,
            subject TEXT NOT NULL,
            subject_id TEXT NOT NULL,
            person TEXT,
            place TEXT,
            before BLOB,
            after BLOB
        )""")
    db.conn.execute("CREATE INDEX register_changes_place ON register_changes (place, number)")
    db.conn.execute("CREATE INDEX register_changes_person ON register_changes (person, number)")
    db.conn.execute("CREATE INDEX register_changes_subject ON register_changes (subject, subject_id, number)")
