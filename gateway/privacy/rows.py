"""SQL of deletions and exports over the tables of the registry. Names of tables and columns are our own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from gateway.privacy.registry import PersonalTable
from gateway.store.columns import to_json, to_us

# The WHERE of an index of part of the table has to stand in the query as it stands in the migration.
_OF_PERSON = (
    "SELECT number, data FROM journal"
    " WHERE kind IN ('face.matched', 'face.watchlisted', 'access.granted', 'access.denied') AND json_valid(data)"
    " AND json_extract(data, '$.person') = ? AND number > ? ORDER BY number LIMIT ?"
)
_OF_PLATE = (
    "SELECT number, data FROM journal WHERE kind IN ('plate.read') AND json_valid(data)"
    " AND json_extract(data, '$.text') = ? AND number > ? ORDER BY number LIMIT ?"
)


def tables(connection: sqlite3.Connection) -> frozenset[str]:
    """The tables that there are; those of an optional part may be missing in an old database."""
    return frozenset(row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The names of a table's columns."""
    return [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]


def rows_of_person(connection: sqlite3.Connection, table: PersonalTable, person: str) -> list[dict[str, object]]:
    """All rows of the table with the person's id. Read by the index of that column."""
    if not table.person:
        return []
    rows = connection.execute(f"SELECT * FROM {table.table} WHERE {_is_persons(table)}", (person,))  # noqa: S608
    return [dict(row) for row in rows]


def _is_persons(table: PersonalTable) -> str:
    return f"{table.person} = ?" + (f" AND {table.indexed}" if table.indexed else "")


def take_out_rows(connection: sqlite3.Connection, table: PersonalTable, person: str) -> int:
    """Delete the person's rows, or empty them of the person's id where the rows stay; returns how many."""
    if table.keep_rows:
        sql = f"UPDATE {table.table} SET {table.person} = NULL WHERE {_is_persons(table)}"  # noqa: S608
    else:
        sql = f"DELETE FROM {table.table} WHERE {_is_persons(table)}"  # noqa: S608
    return connection.execute(sql, (person,)).rowcount


def texts(
    connection: sqlite3.Connection, table: str, names: Sequence[str], after: int, limit: int
) -> list[sqlite3.Row]:
    """The next rows' texts with their row numbers; `alert` too where the table has one."""
    wanted = ", ".join(dict.fromkeys((*names, *([_SUBJECTS[table]] if table in _SUBJECTS else []))))
    sql = f"SELECT rowid AS row, {wanted} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
    return connection.execute(sql, (after, limit)).fetchall()


_SUBJECTS = {"decisions": "alert", "alerts": "id", "incidents": "id", "incident_alerts": "alert", "steps": "alert"}
"""By which column a row is about an alert or incident."""


def subject_of(table: str, row: sqlite3.Row) -> str | None:
    """The alert or incident that a row is about."""
    column = _SUBJECTS.get(table)
    return row[column] if column else None


def set_texts(connection: sqlite3.Connection, table: str, row: int, values: Mapping[str, str | bytes]) -> None:
    """Replace texts of one row."""
    assignments = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE {table} SET {assignments} WHERE rowid = ?", (*values.values(), row))  # noqa: S608


def alerts_of_signals(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[str]:
    """The alerts that these rows of the journal belong to."""
    sql = "SELECT alert FROM alert_signals WHERE journal = ?"
    return [row["alert"] for number in numbers for row in connection.execute(sql, (number,))]


def sightings(connection: sqlite3.Connection, value: str, after: int, limit: int, *, plate: bool) -> list[sqlite3.Row]:
    """The next signals that name this person or plate, by an index."""
    return connection.execute(_OF_PLATE if plate else _OF_PERSON, (value, after, limit)).fetchall()


def newest_sightings(connection: sqlite3.Connection, value: str, limit: int, *, plate: bool) -> list[sqlite3.Row]:
    """The newest signals that name this person or plate, newest first, by an index."""
    sql = (_OF_PLATE if plate else _OF_PERSON).replace("SELECT number, data", "SELECT *")
    return connection.execute(sql.replace("ORDER BY number", "ORDER BY number DESC"), (value, 0, limit)).fetchall()


def set_data(connection: sqlite3.Connection, number: int, data: Mapping[str, object]) -> None:
    """Replace the data of a signal."""
    connection.execute("UPDATE journal SET data = ? WHERE number = ?", (to_json(data), number))


def picture_is_needed(connection: sqlite3.Connection, picture: str, but: Sequence[str]) -> bool:
    """Whether an alert that is not about the person has this picture too."""
    rows = connection.execute("SELECT id FROM alerts WHERE snapshot = ?", (picture,))
    return any(row["id"] not in but for row in rows)


def pictures_of_alerts(connection: sqlite3.Connection, alerts: Iterable[str]) -> list[str]:
    """The pictures of these alerts: their own, and those that people kept."""
    found = []
    for alert in alerts:
        found += connection.execute("SELECT snapshot FROM alerts WHERE id = ?", (alert,)).fetchall()
        found += connection.execute("SELECT picture FROM snapshots WHERE alert = ?", (alert,)).fetchall()
    return [row[0] for row in found if row[0]]


def drop_pictures(connection: sqlite3.Connection, alerts: Iterable[str], clips_before_us: int) -> list[str]:
    """Take pictures and old recordings from these alerts; returns the ids of recordings that must be kept longer."""
    kept = []
    for alert in alerts:
        connection.execute("UPDATE alerts SET snapshot = NULL WHERE id = ?", (alert,))
        connection.execute("DELETE FROM snapshots WHERE alert = ?", (alert,))
        connection.execute("DELETE FROM clips WHERE alert = ? AND ended < ?", (alert, clips_before_us))
        kept += [row["id"] for row in connection.execute("SELECT id FROM clips WHERE alert = ?", (alert,))]
    return kept


def quarantined(connection: sqlite3.Connection, after: int, limit: int) -> list[sqlite3.Row]:
    """The next raw messages of the quarantine."""
    return connection.execute(
        "SELECT number, data, why, why_zh FROM quarantine WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
    ).fetchall()


def delete_quarantined(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Delete these rows of the quarantine."""
    connection.executemany("DELETE FROM quarantine WHERE number = ?", [(number,) for number in numbers])


def add_subjects(connection: sqlite3.Connection, erasure: str, subjects: Iterable[str]) -> None:
    """Note alerts and incidents whose words changed."""
    connection.executemany(
        "INSERT OR IGNORE INTO erasure_alerts (erasure, subject) VALUES (?, ?)",
        [(erasure, subject) for subject in subjects],
    )


def subjects(connection: sqlite3.Connection, erasure: str, after: str, limit: int) -> list[str]:
    """The next of these."""
    rows = connection.execute(
        "SELECT subject FROM erasure_alerts WHERE erasure = ? AND subject > ? ORDER BY subject LIMIT ?",
        (erasure, after, limit),
    )
    return [row["subject"] for row in rows]


def sole_member_of(connection: sqlite3.Connection, person: str) -> list[str]:
    """Rooms that nobody but this person belongs to any more: the household's vehicles are the person's there."""
    rows = connection.execute("SELECT DISTINCT place FROM memberships WHERE person = ?", (person,)).fetchall()
    others = "SELECT 1 FROM memberships WHERE place = ? AND person <> ? AND until IS NULL LIMIT 1"
    return [row["place"] for row in rows if connection.execute(others, (row["place"], person)).fetchone() is None]


def plates_of(connection: sqlite3.Connection, person: str) -> list[str]:
    """The person's vehicles, and those of no particular person in rooms where nobody else is left."""
    found = [row["plate"] for row in connection.execute("SELECT plate FROM vehicles WHERE person = ?", (person,))]
    for place in sole_member_of(connection, person):
        rows = connection.execute("SELECT plate FROM vehicles WHERE place = ? AND person IS NULL", (place,))
        found += [row["plate"] for row in rows]
    return found


def delete_vehicles(connection: sqlite3.Connection, plates: Iterable[str]) -> None:
    """Delete these vehicles."""
    connection.executemany("DELETE FROM vehicles WHERE plate = ?", [(plate,) for plate in plates])


def person_row(connection: sqlite3.Connection, person: str) -> sqlite3.Row | None:
    """The person's own row."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM persons WHERE id = ?", (person,)).fetchone()
    return row


def insert_erasure(  # the table's columns
    connection: sqlite3.Connection, erasure: str, person: str, at_us: int, by: str, why: str, about: bytes, phase: str
) -> None:
    """Put a deletion on record."""
    connection.execute(
        "INSERT INTO erasures (id, person, at, by, why, about, phase) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (erasure, person, at_us, by, why, about, phase),
    )


def erasure(connection: sqlite3.Connection, erasure_id: str) -> sqlite3.Row | None:
    """The deletion with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM erasures WHERE id = ?", (erasure_id,)).fetchone()
    return row


def open_erasures(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Deletions that have not ended, the oldest first."""
    return connection.execute("SELECT * FROM erasures WHERE ended_at IS NULL ORDER BY at").fetchall()


def erasures_of(connection: sqlite3.Connection, person: str) -> list[sqlite3.Row]:
    """Deletions of this person, newest first."""
    return connection.execute("SELECT * FROM erasures WHERE person = ? ORDER BY at DESC", (person,)).fetchall()


def set_progress(connection: sqlite3.Connection, erasure_id: str, phase: str, position: int, counts: str) -> None:
    """How far a deletion is."""
    connection.execute(
        "UPDATE erasures SET phase = ?, position = ?, counts = ? WHERE id = ?", (phase, position, counts, erasure_id)
    )


def end_erasure(connection: sqlite3.Connection, erasure_id: str, at_us: int, counts: str, proof: str) -> None:
    """The deletion has ended: what was looked for is dropped."""
    connection.execute(
        "UPDATE erasures SET ended_at = ?, counts = ?, proof = ?, phase = 'done', about = NULL WHERE id = ?",
        (at_us, counts, proof, erasure_id),
    )
    connection.execute("DELETE FROM erasure_alerts WHERE erasure = ?", (erasure_id,))


def moved_out(connection: sqlite3.Connection, before_us: int, limit: int) -> list[str]:
    """Residents whose last membership ended before this time."""
    rows = connection.execute(
        "SELECT person FROM memberships JOIN persons ON persons.id = person WHERE list = 'resident' GROUP BY person"
        " HAVING max(coalesce(until, 1 << 62)) < ? LIMIT ?",
        (before_us, limit),
    )
    return [row["person"] for row in rows]


def purge_changes(connection: sqlite3.Connection, before: object, limit: int) -> int:
    """Delete at most `limit` old rows of the register's history; returns how many."""
    return connection.execute(
        "DELETE FROM register_changes WHERE number IN"
        " (SELECT number FROM register_changes WHERE at < ? ORDER BY number LIMIT ?)",
        (to_us(before), limit),  # type: ignore[arg-type]  # a datetime
    ).rowcount


def wal_is_empty(connection: sqlite3.Connection) -> bool:
    """Bring the WAL into the database and empty it; False while a reader holds it."""
    return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def face_count(connection: sqlite3.Connection) -> int:
    """How many persons have an enrolled face."""
    count: int = connection.execute("SELECT count(DISTINCT person) FROM face_templates").fetchone()[0]
    return count


def person_count(connection: sqlite3.Connection) -> int:
    """How many persons are registered."""
    count: int = connection.execute("SELECT count(*) FROM persons").fetchone()[0]
    return count


def faces_without_consent(connection: sqlite3.Connection) -> int:
    """How many persons have an enrolled face and no consent to it on record: enrolled by an older version."""
    count: int = connection.execute(
        "SELECT count(DISTINCT person) FROM face_templates WHERE NOT EXISTS (SELECT 1 FROM consents WHERE"
        " consents.person = face_templates.person AND kind = 'face' AND withdrawn_at IS NULL)"
    ).fetchone()[0]
    return count
