"""Recordings on disk: `clips/ab/<sha256>.mp4`, and `clips/drafts/` for those that are being made.

All functions block: call them in a thread.
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
"""Recordings leave this much free for the database."""
_MIN_AGE_S = 3600.0
"""Younger files are not deleted: their row may not be written yet."""


@dataclass(frozen=True, slots=True)
class DraftMetadata:
    """What a draft is for. Stored beside it as JSON, so that it can be recovered after a power cut.

    `began` is in seconds since 1970. The names of the fields are those of the JSON file.
    """

    camera: str
    alerts: Sequence[str]
    began: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A recording in progress. The vision worker writes `raw`; `mp4` is made from it at the end."""

    raw: Path

    @property
    def mp4(self) -> Path:
        """The finished file, before it is moved to its final name."""
        return self.raw.with_suffix(".mp4")

    @property
    def _metadata(self) -> Path:
        return self.raw.with_suffix(".json")

    def write_metadata(self, metadata: DraftMetadata) -> None:
        """Write the metadata atomically."""
        unfinished = self._metadata.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(metadata)), encoding="utf-8")
        unfinished.replace(self._metadata)

    def read_metadata(self) -> DraftMetadata:
        """Raises OSError or ValueError when there is none that can be read."""
        content = json.loads(self._metadata.read_text(encoding="utf-8"))
        try:
            return DraftMetadata(str(content["camera"]), tuple(map(str, content["alerts"])), float(content["began"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self._metadata.name} is not the metadata of a recording: {error}") from error

    def discard(self) -> None:
        """Delete all its files."""
        for file in (self.raw, self.mp4, self._metadata):
            file.unlink(missing_ok=True)


class ClipStorage:
    """The folder of recordings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / "drafts"

    @classmethod
    def in_data_folder(cls, data: Path) -> Self:
        """The storage in the gateway's data folder."""
        return cls(data / "clips")

    def draft(self, name: str) -> Draft:
        """A new draft of that name."""
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Draft(self._drafts / f"{name}.part")

    def leftover_drafts(self) -> list[Draft]:
        """Drafts that an earlier run of the gateway did not finish."""
        return [Draft(path) for path in sorted(self._drafts.glob("*.part"))]

    def store(self, draft: Draft) -> tuple[str, int]:
        """Move the draft's MP4 to its final name; returns its SHA-256 and its size in bytes."""
        with draft.mp4.open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            os.fsync(file.fileno())
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mp4.chmod(0o600)
        draft.mp4.replace(path)
        _sync_folder(path.parent)  # else the new name may be gone after a power cut
        return name, size

    def path(self, name: str) -> Path | None:
        """The file with that SHA-256; None when there is none (any more)."""
        path = self._path(name) if _NAME.fullmatch(name) else None
        return path if path is not None and path.exists() else None

    def has_space(self) -> bool:
        """Whether more than MIN_FREE_BYTES are free."""
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free > MIN_FREE_BYTES

    def delete_unreferenced(self, referenced: frozenset[str]) -> int:
        """Delete the files whose SHA-256 is not in `referenced`; returns how many."""
        unreferenced = [path for path in self._all() if path.stem not in referenced and _age(path) > _MIN_AGE_S]
        for path in unreferenced:
            path.unlink(missing_ok=True)
        return len(unreferenced)

    def _all(self) -> Iterator[Path]:
        return self._folder.glob("??/*.mp4")

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.mp4"


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
