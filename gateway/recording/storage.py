"""Where recordings lie: `clips/ab/<sha256>.mp4`, and under `clips/drafts/` while they are being made.

Everything here blocks: call it in a thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

_NAME = re.compile(r"[0-9a-f]{64}")
MIN_FREE_BYTES = 512 * 1024 * 1024
"""Bytes that recordings leave free: the record needs them more."""
_YOUNG_S = 3600.0
"""A file no row names may be younger than its row."""


@dataclass(frozen=True, slots=True)
class DraftMetadata:
    """What a draft is for, written beside it: after a power cut it can still be told. Times in seconds since 1970."""

    camera: str
    alerts: Sequence[str]
    began: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A recording in the making: `raw` is written by the camera's worker, `mp4` is made of it at the end."""

    raw: Path

    @property
    def mp4(self) -> Path:
        return self.raw.with_suffix(".mp4")

    @property
    def _note(self) -> Path:
        return self.raw.with_suffix(".json")

    def note(self, note: DraftMetadata) -> None:
        unfinished = self._note.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(note)), encoding="utf-8")
        unfinished.replace(self._note)

    def read_note(self) -> DraftMetadata:
        """Raises OSError or ValueError when there is none that can be read."""
        said = json.loads(self._note.read_text(encoding="utf-8"))
        try:
            return DraftMetadata(str(said["camera"]), tuple(map(str, said["alerts"])), float(said["began"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self._note.name} is no note of a recording: {error}") from error

    def discard(self) -> None:
        for file in (self.raw, self.mp4, self._note):
            file.unlink(missing_ok=True)


class ClipStorage:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / "drafts"

    @classmethod
    def of(cls, data: Path) -> Self:
        """The shelf in the folder where state lives."""
        return cls(data / "clips")

    def draft(self, name: str) -> Draft:
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Draft(self._drafts / f"{name}.part")

    def left_over(self) -> list[Draft]:
        """Drafts that an earlier life of the gateway did not finish."""
        return [Draft(path) for path in sorted(self._drafts.glob("*.part"))]

    def keep(self, draft: Draft) -> tuple[str, int]:
        """The draft's MP4, synced and under its hash for good: that name and its size in bytes."""
        with draft.mp4.open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            os.fsync(file.fileno())
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mp4.chmod(0o600)
        draft.mp4.replace(path)
        _sync(path.parent)
        return name, size

    def path(self, name: str) -> Path | None:
        """None when there is none by that name (any more)."""
        path = self._path(name) if _NAME.fullmatch(name) else None
        return path if path is not None and path.exists() else None

    def has_room(self) -> bool:
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free > MIN_FREE_BYTES

    def purge(self, keep: frozenset[str]) -> int:
        """Delete what no row names any more; returns how many."""
        gone = [path for path in self._all() if path.stem not in keep and _age(path) > _YOUNG_S]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _all(self) -> Iterator[Path]:
        return self._folder.glob("??/*.mp4")

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.mp4"


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
