"""What goes with exported recordings: the alert's story, and the hashes that show that nothing was changed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.model import Alert, Signal
from gateway.recording import rows
from gateway.recording.clip import Clip
from gateway.store import audit, journal

FORMAT = "anju-clips/1"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_MOST_SIGNALS = 500


def manifest(connection: sqlite3.Connection, alert: Alert, by: str, at: datetime) -> dict[str, Any]:
    """JSON; every time is UTC."""
    signals = journal.signals_of_alert(connection, alert.id, _MOST_SIGNALS)
    return {
        "format": FORMAT,
        "exported_at": at.isoformat(),
        "exported_by": by,
        "alert": _alert(alert),
        "clips": [_clip(clip) for clip in rows.of_alert(connection, alert.id)],
        "snapshot": {"file": f"{alert.snapshot}.jpg", "sha256": alert.snapshot} if alert.snapshot else None,
        "signals": [_signal(signal) for signal in reversed(signals)],
        "story": audit.rows_of(connection, alert.id),
        "audit": audit.chain_summary(connection),
    }


def files(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each file that a manifest speaks of."""
    for clip in said["clips"]:
        yield clip["file"], clip["sha256"]
    if said["snapshot"]:
        yield said["snapshot"]["file"], said["snapshot"]["sha256"]


def faults(folder: Path) -> list[str]:
    """What in an exported folder is not as its manifest says. Raises OSError or ValueError when it has none."""
    said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError(f"{folder / MANIFEST} is no manifest of {FORMAT}")
    found = [f"{name} is not what was exported" for name, sha256 in files(said) if digest(folder / name) != sha256]
    return found + [f"step {row['number']} was changed" for row in said["story"] if not audit.has_valid_hash(row)]


def digest(path: Path) -> str | None:
    """SHA-256 in hexadecimal; None when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity.word,
        "state": alert.state.value,
        "place": alert.place,
        "device": alert.device,
        "reason": {"zh": alert.reason.zh, "en": alert.reason.en},
        "raised_at": alert.raised_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "restored_at": alert.restored_at.isoformat() if alert.restored_at else None,
        "count": alert.count,
        "disposition": alert.disposition.value if alert.disposition else None,
        "assignee": alert.assignee,
    }


def _clip(clip: Clip) -> dict[str, Any]:
    return {
        "id": clip.id,
        "camera": clip.camera,
        "from": clip.began.isoformat(),
        "to": clip.ended.isoformat(),
        "file": f"{clip.id}.mp4",
        "bytes": clip.size,
        "sha256": clip.file,
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "id": signal.id,
        "kind": signal.kind,
        "device": signal.device,
        "at": signal.at.isoformat() if signal.at else None,
        "received": signal.received.isoformat() if signal.received else None,
        "data": dict(signal.data),
    }
