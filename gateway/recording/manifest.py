"""The manifest of an export: the alert's history, and the hashes that prove that nothing was changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.model import Alert, Signal, as_data, with_ids
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.snapshot import KeptSnapshot
from gateway.sha256 import sha256_of
from gateway.store import audit, journal

FORMAT = "anju-clips/1"
MANIFEST, CHECKSUMS = "manifest.json", "SHA256SUMS"
_MAX_SIGNALS = 500


def build_manifest(
    connection: sqlite3.Connection,
    alert: Alert,
    by: str,
    at: datetime,
    chain: Callable[[sqlite3.Connection], dict[str, object]] = audit.chain_summary,
) -> dict[str, Any]:
    """The manifest as JSON data. All times are UTC. `story` holds the audit rows of the alert.

    `chain` describes the audit chain; `audit.chain_head` does so without reading all of it.
    """
    signals = journal.signals_of_alert(connection, alert.id, _MAX_SIGNALS)
    return {
        "format": FORMAT,
        "exported_at": at.isoformat(),
        "exported_by": by,
        "alert": _alert(alert),
        "clips": [_clip(clip) for clip in rows.of_alert(connection, alert.id)],
        "snapshot": {"file": f"{alert.snapshot}.jpg", "sha256": alert.snapshot} if alert.snapshot else None,
        "snapshots": [_kept(kept) for kept in rows.snapshots_of_alert(connection, alert.id)],
        "signals": [_signal(signal) for signal in reversed(signals)],
        "story": audit.rows_of(connection, alert.id),
        "audit": chain(connection),
    }


def listed_files(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each file listed in a manifest."""
    for clip in manifest["clips"]:
        yield clip["file"], clip["sha256"]
    pictures = [manifest["snapshot"]] if manifest["snapshot"] else []
    # Older exports have no kept pictures. Equal pictures are one file.
    pictures += manifest.get("snapshots", [])
    yield from {picture["file"]: picture["sha256"] for picture in pictures}.items()


def verify_export(folder: Path) -> list[str]:
    """How an exported folder differs from its manifest; empty when nothing was changed.

    Raises OSError or ValueError when it has no manifest.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{folder / MANIFEST} is not a manifest of format {FORMAT}")
    found = [
        f"{name} is not what was exported"
        for name, sha256 in listed_files(manifest)
        if sha256_if_present(folder / name) != sha256
    ]
    return found + [f"step {row['number']} was changed" for row in manifest["story"] if not audit.has_valid_hash(row)]


def sha256_if_present(path: Path) -> str | None:
    """The file's SHA-256 in hexadecimal; None when there is no such file."""
    try:
        return sha256_of(path)
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
        "reason": as_data(with_ids(alert.reason)),
        "raised_at": alert.raised_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "restored_at": alert.restored_at.isoformat() if alert.restored_at else None,
        "count": alert.count,
        "disposition": alert.disposition.value if alert.disposition else None,
        "assignee": alert.assignee,
    }


def _clip(clip: RecordedClip) -> dict[str, Any]:
    return {
        "id": clip.id,
        "camera": clip.camera,
        "from": clip.began.isoformat(),
        "to": clip.ended.isoformat(),
        "file": f"{clip.id}.mp4",
        "bytes": clip.size,
        "sha256": clip.file,
    }


def _kept(kept: KeptSnapshot) -> dict[str, Any]:
    return {
        "id": kept.id,
        "camera": kept.camera,
        "at": kept.at.isoformat(),
        "by": kept.user,
        "file": f"{kept.picture}.jpg",
        "bytes": kept.size,
        "sha256": kept.picture,
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
