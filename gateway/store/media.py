"""Pictures by the hash of their bytes: kept once, named without meaning, never overwritten."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


def is_name(value: object) -> bool:
    """Whether a picture can be called so. Whoever makes an address or a path of a name asks this first."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


class Media:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, jpeg: bytes) -> str:
        """Write the picture, synced to disk, and return its name. Blocking: call it in a thread."""
        name = hashlib.sha256(jpeg).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(path, jpeg)
        return name

    def path(self, name: str) -> Path | None:
        """Where the picture lies, or None when there is none by that name (any more)."""
        if not is_name(name):
            return None
        path = self._path(name)
        return path if path.exists() else None

    def shelves(self) -> list[Path]:
        """The folders that pictures lie in: as many small batches for `purge`."""
        return sorted(self._folder.glob("??"))

    def purge(self, shelf: Path, before: datetime, keep: frozenset[str]) -> int:
        """Delete the shelf's pictures older than `before` that are not in `keep`; returns how many.

        Drafts too: what a power cut left of a picture is nobody's.
        """
        gone = 0
        for path in shelf.iterdir():
            with suppress(FileNotFoundError):  # a draft that has become a picture meanwhile
                if path.stem not in keep and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    gone += 1
        return gone

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
            Path(draft.name).unlink()  # what a full disk took of it would keep the disk full
            raise

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.jpg"
