"""Tables of enrolled faces. `template` is encrypted by the vault: a face can't be changed like a password.

Deleting a person from `persons` deletes their templates. Times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.vision")


@migrations()
def m001_faces(db: Database) -> None:
    """`photo` is the SHA-256 of the photograph, which itself is not stored."""
    db.conn.execute("""
        CREATE TABLE face_templates (
            person TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
            photo BLOB NOT NULL,
            template BLOB NOT NULL,
            enrolled_at INTEGER NOT NULL,
            PRIMARY KEY (person, photo)
        )""")
