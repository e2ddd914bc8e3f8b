"""Tables of the law on personal information: consents, deletions of a person, and redacted steps of the audit.

Times are microseconds since the epoch, UTC; sealed columns are encrypted by the vault.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.privacy")


@migrations()
def m001_redactions(db: Database) -> None:
    """`content` is the hash of what the step says now; the step `attested_by` names it. See store/redaction.py."""
    db.conn.execute("""
        CREATE TABLE step_redactions (
            step INTEGER PRIMARY KEY,
            attested_by INTEGER NOT NULL,
            content TEXT NOT NULL
        )""")


@migrations()
def m002_consents(db: Database) -> None:
    """`wording` is the hash of the text that was agreed to, which stands in `consent_wordings`.

    `how`: phone, counter, paper, or law (no consent is needed; `basis` says by what). `guardian` is sealed: the name of
    the parent of somebody under 14. A withdrawn consent stays, as the proof that it was given and withdrawn.
    """
    db.conn.execute("""
        CREATE TABLE consent_wordings (
            digest TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            version TEXT NOT NULL,
            zh TEXT NOT NULL,
            en TEXT NOT NULL,
            since INTEGER NOT NULL
        )""")
    db.conn.execute("""
        CREATE TABLE consents (
            id TEXT PRIMARY KEY,
            person TEXT NOT NULL,
            kind TEXT NOT NULL,
            version TEXT NOT NULL,
            wording TEXT NOT NULL,
            given_at INTEGER NOT NULL,
            how TEXT NOT NULL CHECK (how IN ('phone', 'counter', 'paper', 'law')),
            by TEXT NOT NULL,
            guardian BLOB,
            basis TEXT NOT NULL DEFAULT '',
            withdrawn_at INTEGER,
            withdrawn_by TEXT
        )""")
    db.conn.execute("CREATE INDEX consents_person ON consents (person, kind)")
    db.conn.execute("CREATE UNIQUE INDEX consents_valid ON consents (person, kind) WHERE withdrawn_at IS NULL")


@migrations()
def m003_erasures(db: Database) -> None:
    """Deletions of a person. `about` is sealed: what is looked for; null once the deletion has ended.

    `phase` and `position` say how far it is, so that it goes on after a crash. `counts` is JSON: rows by table.
    `erasure_alerts` are the alerts and incidents whose words changed: the index of words makes theirs again.
    """
    db.conn.execute("""
        CREATE TABLE erasures (
            id TEXT PRIMARY KEY,
            person TEXT NOT NULL,
            at INTEGER NOT NULL,
            by TEXT NOT NULL,
            why TEXT NOT NULL,
            about BLOB,
            phase TEXT NOT NULL,
            position INTEGER NOT NULL DEFAULT 0,
            counts TEXT NOT NULL DEFAULT '{}',
            ended_at INTEGER,
            proof TEXT
        )""")
    db.conn.execute("CREATE INDEX erasures_open ON erasures (at) WHERE ended_at IS NULL")
    db.conn.execute("CREATE INDEX erasures_person ON erasures (person)")
    db.conn.execute("""
        CREATE TABLE erasure_alerts (
            erasure TEXT NOT NULL,
            subject TEXT NOT NULL,
            PRIMARY KEY (erasure, subject)
        ) WITHOUT ROWID""")


@migrations()
def m004_looks(db: Database) -> None:
    """Residents see who looked at their room, however many looks there were at others."""
    db.conn.execute(
        "CREATE INDEX steps_looks ON steps (json_extract(data, '$.place'), number)"
        " WHERE action = 'household-view' AND json_valid(data)"
    )
