"""Stores pictures as files named by the SHA-256 of their bytes: equal pictures once, never overwritten."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


def is_picture_name(value: object) -> bool:
    """Whether the value has the form of a picture's name. Check it before making a URL or a path of a name."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


class PictureFiles:
    """JPEG files below `folder`, in subfolders by the first two digits of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, jpeg: bytes) -> str:
        """Write the picture, synced to disk, and return its name. Blocks. Raises OSError."""
        name = hashlib.sha256(jpeg).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(path, jpeg)
        return name

    def path(self, name: str) -> Path | None:
        """The picture's file; None for a wrong name or a picture that is gone."""
        if not is_picture_name(name):
            return None
        path = self._path(name)
        return path if path.exists() else None

    def delete(self, name: str) -> None:
        """Delete the picture, whoever refers to it. Blocks. Raises OSError."""
        if (path := self.path(name)) is not None:
            path.unlink(missing_ok=True)

    def subfolders(self) -> list[Path]:
        """The folders that hold pictures; each is one small batch for `purge`."""
        return sorted(self._folder.glob("??"))

    def purge(self, subfolder: Path, before: datetime, keep: frozenset[str]) -> int:
        """Delete the subfolder's pictures older than `before` that are not in `keep`; returns how many.

        Deletes drafts too, which a power cut can leave behind.
        """
        deleted = 0
        for path in subfolder.iterdir():
            with suppress(FileNotFoundError):  # a draft that was renamed to its picture meanwhile
                if path.stem not in keep and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    deleted += 1
        return deleted

    def _write(self, path: Path, jpeg: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = tempfile.NamedTemporaryFile(dir=path.parent, delete=False)  # noqa: SIM115  # renamed, or unlinked
        try:
            with draft:
                draft.write(jpeg)
                draft.flush()
                os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink()  # a partly written draft would keep a full disk full
            raise

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.jpg"
