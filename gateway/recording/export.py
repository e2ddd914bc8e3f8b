"""Handing recordings out: copies, their hashes, and the story around them, in one folder."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.desk import rows as alerts
from gateway.errors import NotFound
from gateway.model import Step
from gateway.recording.manifest import CHECKSUMS, MANIFEST, build_manifest, listed_files, sha256_of
from gateway.recording.storage import ClipStorage
from gateway.store import Store, audit

EXPORT_ACTION = "clip-export"


@dataclass(frozen=True, slots=True)
class ExportResult:
    """`faults` names what is missing or is not what was recorded; it was exported all the same."""

    clips: int
    faults: tuple[str, ...]


async def export(store: Store, shelf: ClipStorage, alert_id: str, folder: Path, by: str, at: datetime) -> ExportResult:
    """Write the alert's recordings and manifest to `folder`; that it was done is on record first. Raises NotFound."""
    alert = await store.read(lambda connection: alerts.one(connection, alert_id))
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")

    def unit(connection: sqlite3.Connection) -> None:
        audit.append(connection, Step(alert.id, EXPORT_ACTION, by, at, data={"folder": folder.name}))

    await store.write(unit)
    said = await store.read(lambda connection: build_manifest(connection, alert, by, at))
    found = await asyncio.to_thread(_write, store, shelf, folder, said)
    if said["audit"]["broken_at"] is not None:
        found.append(f"the audit chain is broken at step {said['audit']['broken_at']}")
    return ExportResult(len(said["clips"]), tuple(found))


def _write(store: Store, shelf: ClipStorage, folder: Path, said: dict[str, object]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    found, sums = [], []
    for name, sha256 in listed_files(said):
        source = shelf.path(sha256) if name.endswith(".mp4") else store.media.path(sha256)
        if source is not None:
            shutil.copyfile(source, folder / name)
        if sha256_of(folder / name) != sha256:
            found.append(f"{name} is missing" if source is None else f"{name} is not what was recorded")
        sums.append(f"{sha256}  {name}\n")
    (folder / MANIFEST).write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (folder / CHECKSUMS).write_text("".join(sums), encoding="utf-8")
    return found
