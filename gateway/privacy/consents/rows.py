"""SQL of consents. Times are microseconds, UTC; the guardian's name stays sealed."""

from __future__ import annotations

import sqlite3


def put_wording(  # the table's columns
    connection: sqlite3.Connection, digest: str, kind: str, version: str, zh: str, en: str, since_us: int
) -> None:
    """Keep a text that was agreed to; once for each text."""
    connection.execute(
        "INSERT INTO consent_wordings (digest, kind, version, zh, en, since) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO NOTHING",
        (digest, kind, version, zh, en, since_us),
    )


def insert(  # the table's columns
    connection: sqlite3.Connection,
    consent: str,
    person: str,
    kind: str,
    version: str,
    wording: str,
    given_us: int,
    how: str,
    by: str,
    guardian: bytes | None,
    basis: str,
) -> None:
    """Put a consent on record. There must be no valid one of this kind."""
    connection.execute(
        "INSERT INTO consents (id, person, kind, version, wording, given_at, how, by, guardian, basis)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (consent, person, kind, version, wording, given_us, how, by, guardian, basis),
    )


def of_person(connection: sqlite3.Connection, person: str) -> list[sqlite3.Row]:
    """All consents of a person, newest first."""
    sql = "SELECT * FROM consents WHERE person = ? ORDER BY given_at DESC, id DESC"
    return connection.execute(sql, (person,)).fetchall()


def valid(connection: sqlite3.Connection, person: str, kind: str) -> sqlite3.Row | None:
    """The consent of this kind that is in force."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM consents WHERE person = ? AND kind = ? AND withdrawn_at IS NULL", (person, kind)
    ).fetchone()
    return row


def wording(connection: sqlite3.Connection, digest: str) -> sqlite3.Row | None:
    """The text with this hash."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM consent_wordings WHERE digest = ?", (digest,)
    ).fetchone()
    return row


def withdraw(connection: sqlite3.Connection, consent: str, at_us: int, by: str) -> None:
    """The consent is no longer in force. The guardian's name is dropped: the proof needs none."""
    connection.execute(
        "UPDATE consents SET withdrawn_at = ?, withdrawn_by = ?, guardian = NULL WHERE id = ?", (at_us, by, consent)
    )


def counts(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Consents in force, by kind and version."""
    return connection.execute(
        "SELECT kind, version, count(*) AS count FROM consents WHERE withdrawn_at IS NULL GROUP BY kind, version"
    ).fetchall()


def delete_templates(connection: sqlite3.Connection, person: str) -> list[bytes]:
    """Delete the person's face templates; returns what was there, sealed."""
    rows = connection.execute("DELETE FROM face_templates WHERE person = ? RETURNING template", (person,)).fetchall()
    return [bytes(row["template"]) for row in rows]


def person(connection: sqlite3.Connection, person_id: str) -> sqlite3.Row | None:
    """The person's date of birth, sealed, and their list."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT id, born, list FROM persons WHERE id = ?", (person_id,)
    ).fetchone()
    return row
