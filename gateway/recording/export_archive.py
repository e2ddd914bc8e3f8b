"""An export of an alert as a ZIP archive that is written while it is sent: recordings, pictures, manifest, checksums.

It holds the files that `anju clips export` writes, so that `anju clips verify` checks the unpacked folder.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from gateway.model import Action, Alert, Step
from gateway.recording.export import EXPORT_ACTION
from gateway.recording.manifest import CHECKSUMS, MANIFEST, listed_files
from gateway.recording.snapshot_keeper import Act
from gateway.recording.storage import ClipStorage
from gateway.store import audit
from gateway.store.media import PictureFiles

PROBLEMS = "PROBLEMS.txt"
"""In the archive when a file is missing or is not what was recorded."""
_CHUNK_BYTES = 256 * 1024


async def record_export(act: Act, alert: Alert, user: str, at: datetime, clips: Sequence[str], size: int) -> None:
    """Put the export on record, before anything is sent. Raises NotRecorded."""
    data = {"clips": list(clips), "bytes": size, "to": "download"}

    def unit(connection: sqlite3.Connection) -> None:
        audit.append(connection, Step(alert.id, EXPORT_ACTION, user, at, data=data))

    action = Action(
        kind="evidence.exported",
        user=user,
        time=at,
        alert=alert.id,
        rule=alert.rule,
        key=alert.key,
        place=alert.place,
        device=alert.device or "",
        data=data,
    )
    await act(action, unit)


def listed_bytes(storage: ClipStorage, media: PictureFiles, manifest: dict[str, Any]) -> int:
    """The size of all files that a manifest lists; those that are gone count as nothing. Blocks."""
    paths = [_path(storage, media, name, sha256) for name, sha256 in listed_files(manifest)]
    return sum(path.stat().st_size for path in paths if path is not None)


def archive(storage: ClipStorage, media: PictureFiles, manifest: dict[str, Any]) -> Iterator[bytes]:
    """The archive in pieces. Blocks. A file whose bytes are not what was recorded is named in PROBLEMS."""
    sink = _Sink()
    problems, checksums = [], []
    # Stored, not deflated: video and JPEG are compressed, and a guard waits for it.
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as file:
        for name, sha256 in listed_files(manifest):
            path = _path(storage, media, name, sha256)
            hashed = hashlib.sha256()
            if path is not None:
                yield from _copy(file, sink, name, path, hashed.update)
            if path is None or hashed.hexdigest() != sha256:
                problems.append(f"{name} is missing" if path is None else f"{name} is not what was recorded")
            checksums.append(f"{sha256}  {name}\n")
        file.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
        file.writestr(CHECKSUMS, "".join(checksums))
        if problems:
            file.writestr(PROBLEMS, "\n".join(problems) + "\n")
    yield sink.take()


def _copy(
    file: zipfile.ZipFile, sink: _Sink, name: str, path: Path, update: Callable[[bytes], None]
) -> Iterator[bytes]:
    with path.open("rb") as source, file.open(zipfile.ZipInfo.from_file(path, name), "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK_BYTES):
            update(chunk)
            target.write(chunk)
            yield sink.take()


def _path(storage: ClipStorage, media: PictureFiles, name: str, sha256: str) -> Path | None:
    return storage.path(sha256) if name.endswith(".mp4") else media.path(sha256)


class _Sink:
    """Takes what `zipfile` writes. It can't seek, so sizes follow each file instead of standing before it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken
