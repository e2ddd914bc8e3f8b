"""Exports the recordings of an alert to a folder: copies, their hashes, and the alert's history."""

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
    """`problems` lists files that are missing or changed; the rest was exported all the same."""

    clips: int
    problems: tuple[str, ...]


async def export(
    store: Store, storage: ClipStorage, alert_id: str, folder: Path, by: str, at: datetime
) -> ExportResult:
    """Write the alert's recordings and manifest to `folder`. Raises NotFound.

    The export is recorded in the audit log before anything is copied.
    """
    alert = await store.read(lambda connection: alerts.one(connection, alert_id))
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")

    def unit(connection: sqlite3.Connection) -> None:
        audit.append(connection, Step(alert.id, EXPORT_ACTION, by, at, data={"folder": folder.name}))

    # First: nobody must get recordings without a trace of it.
    await store.write(unit)
    manifest = await store.read(lambda connection: build_manifest(connection, alert, by, at))
    problems = await asyncio.to_thread(_write, store, storage, folder, manifest)
    if manifest["audit"]["broken_at"] is not None:
        problems.append(f"the audit chain is broken at step {manifest['audit']['broken_at']}")
    return ExportResult(len(manifest["clips"]), tuple(problems))


def _write(store: Store, storage: ClipStorage, folder: Path, manifest: dict[str, object]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    problems, checksums = [], []
    for name, sha256 in listed_files(manifest):
        source = storage.path(sha256) if name.endswith(".mp4") else store.media.path(sha256)
        if source is not None:
            shutil.copyfile(source, folder / name)
        # The copy is hashed, not the source: this also finds a bad disk on the receiving side.
        if sha256_of(folder / name) != sha256:
            problems.append(f"{name} is missing" if source is None else f"{name} is not what was recorded")
        checksums.append(f"{sha256}  {name}\n")
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (folder / CHECKSUMS).write_text("".join(checksums), encoding="utf-8")
    return problems
