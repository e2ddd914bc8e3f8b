"""Clips and kept pictures as rows. Each clip that is added, expires or is missing is also a row of the audit chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.desk import rows as alerts
from gateway.model import Alert, Disposition, Step, Words, as_data
from gateway.recording.clip import RecordedClip
from gateway.recording.snapshot import KeptSnapshot
from gateway.store import audit
from gateway.store.columns import from_us, to_us

BY = "anju"
"""The user named in the audit chain for what the gateway did by itself."""
RECORDED, EXPIRED, MISSING = "clip", "clip-expired", "clip-missing"


def append(connection: sqlite3.Connection, clip: RecordedClip, at: datetime) -> None:
    """Add a clip, and a row of the audit chain."""
    connection.execute(
        "INSERT INTO clips (id, alert, camera, began, ended, file, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (clip.id, clip.alert, clip.camera, to_us(clip.began), to_us(clip.ended), clip.file, clip.size),
    )
    audit.append(connection, Step(clip.alert, RECORDED, BY, at, data=_audit_data(clip)))


def append_missing(connection: sqlite3.Connection, alert: str, camera: str, why: Words, at: datetime) -> None:
    """Note in the alert's history that there is no recording, in both languages when they differ."""
    note = why.zh if why.zh == why.en else f"{why.zh} ({why.en})"
    audit.append(connection, Step(alert, MISSING, BY, at, note, {"camera": camera, "why": as_data(why)}))


def alerts_since(connection: sqlite3.Connection, when: datetime, limit: int) -> list[Alert]:
    """Open alerts that were raised or repeated since then, oldest first."""
    ids = connection.execute(
        "SELECT id FROM alerts WHERE state <> 'closed' AND last_at >= ? ORDER BY last_at LIMIT ?", (to_us(when), limit)
    ).fetchall()
    found = (alerts.one(connection, row["id"]) for row in ids)
    return [alert for alert in found if alert is not None]


def one(connection: sqlite3.Connection, clip_id: str) -> RecordedClip | None:
    """The clip with that id, or None."""
    row = connection.execute("SELECT * FROM clips WHERE id = ?", (clip_id,)).fetchone()
    return _read(row) if row else None


def of_alert(connection: sqlite3.Connection, alert: str) -> list[RecordedClip]:
    """The clips of one alert, oldest first."""
    return [
        _read(row) for row in connection.execute("SELECT * FROM clips WHERE alert = ? ORDER BY began, id", (alert,))
    ]


def newest(connection: sqlite3.Connection, limit: int) -> list[RecordedClip]:
    """The newest clips of all alerts, newest first."""
    return [
        _read(row) for row in connection.execute("SELECT * FROM clips ORDER BY began DESC, id DESC LIMIT ?", (limit,))
    ]


def of_alerts(connection: sqlite3.Connection, alerts: Iterable[str]) -> dict[str, Sequence[RecordedClip]]:
    """The clips of each alert that has any, by alert."""
    found = {alert: of_alert(connection, alert) for alert in alerts}
    return {alert: clips for alert, clips in found.items() if clips}


def expire(connection: sqlite3.Connection, before: datetime, at: datetime, limit: int) -> int:
    """Delete the rows of at most `limit` clips that ended before `before`; returns how many.

    Keeps the clips of open alerts, and of closed ones whose disposition is real.
    """
    rows = connection.execute(
        "SELECT clips.* FROM clips LEFT JOIN alerts ON alerts.id = clips.alert"
        " WHERE clips.ended < ? AND (alerts.id IS NULL OR (alerts.state = 'closed' AND alerts.disposition <> ?))"
        " ORDER BY clips.ended LIMIT ?",
        (to_us(before), Disposition.REAL.value, limit),
    ).fetchall()
    # The file stays until no row refers to it: alerts may share a recording.
    for clip in map(_read, rows):
        connection.execute("DELETE FROM clips WHERE id = ?", (clip.id,))
        audit.append(connection, Step(clip.alert, EXPIRED, BY, at, data=_audit_data(clip)))
    return len(rows)


def files(connection: sqlite3.Connection) -> frozenset[str]:
    """The SHA-256 of every file that a clip refers to."""
    return frozenset(row[0] for row in connection.execute("SELECT DISTINCT file FROM clips"))


def _read(row: sqlite3.Row) -> RecordedClip:
    return RecordedClip(
        id=row["id"],
        alert=row["alert"],
        camera=row["camera"],
        began=from_us(row["began"]),
        ended=from_us(row["ended"]),
        file=row["file"],
        size=row["bytes"],
    )


def _audit_data(clip: RecordedClip) -> dict[str, object]:
    return {
        "clip": clip.id,
        "camera": clip.camera,
        "from": clip.began.isoformat(),
        "to": clip.ended.isoformat(),
        "sha256": clip.file,
        "bytes": clip.size,
    }


def append_snapshot(connection: sqlite3.Connection, kept: KeptSnapshot) -> None:
    """Add a picture that a person kept."""
    connection.execute(
        "INSERT INTO snapshots (id, camera, at, user, picture, bytes, alert) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kept.id, kept.camera, to_us(kept.at), kept.user, kept.picture, kept.size, kept.alert),
    )


def snapshots_of_alert(connection: sqlite3.Connection, alert: str, limit: int = 500) -> list[KeptSnapshot]:
    """The pictures that people kept with the alert, oldest first."""
    found = connection.execute("SELECT * FROM snapshots WHERE alert = ? ORDER BY at LIMIT ?", (alert, limit))
    return [
        KeptSnapshot(
            row["camera"], from_us(row["at"]), row["user"], row["picture"], row["bytes"], row["alert"], row["id"]
        )
        for row in found
    ]
