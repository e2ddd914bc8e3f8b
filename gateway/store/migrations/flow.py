"""Tables of the flow: the journal, decisions, alerts and the steps of people.

Times are microseconds since the epoch, UTC. Rows of `journal`, `decisions` and `steps` are appended and never changed;
`alerts` is computed from them and stored for quick reading.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.flow")


@migrations()
def m001_journal(db: Database) -> None:
    """`at` is the device's time, `received` ours; `body` is a hash of the content, to find duplicates."""
    db.conn.execute("""
        CREATE TABLE journal (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            entry TEXT NOT NULL CHECK (entry IN ('signal', 'wake', 'config', 'anchor')),
            id TEXT NOT NULL,
            device TEXT,
            kind TEXT,
            at INTEGER,
            received INTEGER NOT NULL,
            source_id TEXT,
            body BLOB,
            data TEXT NOT NULL
        )""")
    db.conn.execute("CREATE INDEX journal_source ON journal (device, source_id) WHERE source_id IS NOT NULL")
    db.conn.execute("CREATE INDEX journal_device ON journal (device, number) WHERE entry = 'signal'")
    db.conn.execute("CREATE INDEX journal_kind ON journal (kind, number) WHERE entry = 'signal'")
    db.conn.execute("CREATE INDEX journal_received ON journal (received)")


@migrations()
def m002_desk(db: Database) -> None:
    """Decisions of rules, the alerts they give with their signals, and people's steps as a hash chain."""
    db.conn.execute("""
        CREATE TABLE decisions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            journal INTEGER,
            at INTEGER NOT NULL,
            rule TEXT NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('raise', 'clear', 'perform', 'witness')),
            alert TEXT,
            data TEXT NOT NULL
        )""")
    db.conn.execute("CREATE INDEX decisions_alert ON decisions (alert) WHERE alert IS NOT NULL")
    db.conn.execute("CREATE INDEX decisions_at ON decisions (at)")
    db.conn.execute("""
        CREATE TABLE alerts (
            id TEXT PRIMARY KEY,
            rule TEXT NOT NULL,
            key TEXT NOT NULL,
            severity INTEGER NOT NULL,
            state TEXT NOT NULL,
            place TEXT NOT NULL,
            device TEXT,
            reason_zh TEXT NOT NULL,
            reason_en TEXT NOT NULL,
            raised_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            count INTEGER NOT NULL,
            restored_at INTEGER,
            disposition TEXT,
            assignee TEXT,
            snapshot TEXT
        )""")
    db.conn.execute("CREATE INDEX alerts_state ON alerts (state, id)")
    db.conn.execute("""
        CREATE TABLE alert_signals (
            alert TEXT NOT NULL,
            journal INTEGER NOT NULL,
            PRIMARY KEY (alert, journal)
        ) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX alert_signals_journal ON alert_signals (journal)")
    db.conn.execute("""
        CREATE TABLE steps (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            action TEXT NOT NULL,
            alert TEXT,
            note TEXT NOT NULL,
            data TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        )""")
    db.conn.execute("CREATE INDEX steps_alert ON steps (alert) WHERE alert IS NOT NULL")


@migrations()
def m003_flow(db: Database) -> None:
    """How far each rule has read the journal, commands with their state, and the quarantine."""
    db.conn.execute("CREATE TABLE progress (rule TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, seen INTEGER NOT NULL)")
    db.conn.execute("""
        CREATE TABLE commands (
            id TEXT PRIMARY KEY,
            device TEXT NOT NULL,
            action TEXT NOT NULL,
            arguments TEXT NOT NULL,
            by TEXT NOT NULL,
            at INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('recorded', 'sent', 'done', 'failed')),
            answer TEXT
        )""")
    db.conn.execute("CREATE INDEX commands_state ON commands (state) WHERE state IN ('recorded', 'sent')")
    db.conn.execute("""
        CREATE TABLE quarantine (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            device TEXT NOT NULL,
            why TEXT NOT NULL,
            data BLOB NOT NULL
        )""")


@migrations()
def m004_quarantine_in_chinese(db: Database) -> None:
    """`why` is in English, or in the only language there is; then `why_zh` is null."""
    db.conn.execute("ALTER TABLE quarantine ADD COLUMN why_zh TEXT")


@migrations()
def m005_checkpoints(db: Database) -> None:
    """Rules' states, written together with their progress.

    `since`: the rule was created or changed after this event (0: unknown).
    """
    db.conn.execute("ALTER TABLE progress ADD COLUMN since INTEGER NOT NULL DEFAULT 0")
    db.conn.execute("""
        CREATE TABLE checkpoints (
            rule TEXT PRIMARY KEY,
            fingerprint TEXT NOT NULL,
            version INTEGER NOT NULL,
            seen INTEGER NOT NULL,
            state BLOB NOT NULL,
            wakes BLOB NOT NULL
        )""")


@migrations()
def m006_no_scans(db: Database) -> None:
    """Indexes, so that each list of a screen or route reads only as many rows as it returns.

    About 20 s for five million rows. `journal_source` had no `body`: for a device that counts to 255 each signal was
    compared with all earlier ones of the same source id.
    """
    db.conn.execute("DROP INDEX journal_source")
    db.conn.execute("CREATE INDEX journal_source ON journal (device, source_id, body) WHERE source_id IS NOT NULL")
    db.conn.execute("CREATE INDEX journal_device_kind ON journal (device, kind) WHERE entry = 'signal'")
    db.conn.execute("CREATE INDEX journal_entry ON journal (entry) WHERE entry <> 'signal'")
    db.conn.execute("CREATE INDEX alerts_snapshot ON alerts (snapshot) WHERE snapshot IS NOT NULL")
    db.conn.execute("CREATE INDEX quarantine_at ON quarantine (at)")


@migrations()
def m007_actions(db: Database) -> None:
    """What people do is an entry of the journal too.

    Only the table's CHECK changes and no row, so its text is changed in place (sqlite.org/lang_altertable.html,
    section 7). A copy of five million rows would take a minute.
    """
    (version,) = db.conn.execute("PRAGMA schema_version").fetchone()
    db.conn.execute("PRAGMA writable_schema = ON")
    db.conn.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'journal'",
        ("'signal', 'wake', 'config'", "'signal', 'wake', 'action', 'config'"),
    )
    db.conn.execute(f"PRAGMA schema_version = {version + 1}")
    db.conn.execute("PRAGMA writable_schema = RESET")


@migrations()
def m008_incidents(db: Database) -> None:
    """Alerts that belong together. Each alert of before is an incident of its own.

    `position` is the order in which alerts joined; `place` and `severity` repeat the alert's, so that an incident is
    read without its alerts. Two seconds for a hundred thousand alerts.
    """
    db.conn.execute("""
        CREATE TABLE incidents (
            id TEXT PRIMARY KEY,
            severity INTEGER NOT NULL,
            state TEXT NOT NULL,
            place TEXT NOT NULL,
            top TEXT NOT NULL,
            why_zh TEXT NOT NULL,
            why_en TEXT NOT NULL,
            opened_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            assignee TEXT,
            drill INTEGER NOT NULL DEFAULT 0,
            merged_into TEXT,
            acknowledged_at INTEGER,
            arrived_at INTEGER,
            limit_at INTEGER,
            escalation INTEGER NOT NULL DEFAULT 0,
            escalate_at INTEGER,
            held_until INTEGER
        )""")
    db.conn.execute("""
        CREATE TABLE incident_alerts (
            alert TEXT PRIMARY KEY,
            incident TEXT NOT NULL,
            position INTEGER NOT NULL,
            relation TEXT NOT NULL,
            place TEXT NOT NULL,
            severity INTEGER NOT NULL,
            subjects TEXT NOT NULL DEFAULT ''
        )""")
    db.conn.execute("ALTER TABLE alerts ADD COLUMN incident TEXT NOT NULL DEFAULT ''")
    db.conn.execute("UPDATE alerts SET incident = 'i-' || substr(id, 3)")
    db.conn.execute(
        "INSERT INTO incidents (id, severity, state, place, top, why_zh, why_en, opened_at, last_at, assignee)"
        " SELECT incident, severity, state, place, id, '单独一条警情', 'One alert', raised_at, last_at, assignee"
        " FROM alerts"
    )
    db.conn.execute(
        "INSERT INTO incident_alerts (alert, incident, position, relation, place, severity)"
        " SELECT id, incident, 0, 'first', place, severity FROM alerts"
    )
    db.conn.execute("CREATE INDEX incidents_state ON incidents (state, id)")
    db.conn.execute("CREATE INDEX incident_alerts_incident ON incident_alerts (incident, position)")


@migrations()
def m009_kind_of_members(db: Database) -> None:
    """The kind of event that each alert of an incident was raised on; empty where it is unknown."""
    db.conn.execute("ALTER TABLE incident_alerts ADD COLUMN kind TEXT NOT NULL DEFAULT ''")


@migrations()
def m010_drills(db: Database) -> None:
    """Drills are few among many incidents."""
    db.conn.execute("CREATE INDEX incidents_drills ON incidents (id) WHERE drill = 1")
