"""Pictures by the hash of their bytes: kept once, named without meaning, never overwritten."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


class Media:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, jpeg: bytes) -> str:
        """Write the picture, synced to disk, and return its name. Blocking: call it in a thread."""
        name = hashlib.sha256(jpeg).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
                draft.write(jpeg)
                draft.flush()
                os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        return name

    def path(self, name: str) -> Path | None:
        """Where the picture lies, or None when there is none by that name (any more)."""
        if not _NAME.fullmatch(name):
            return None
        path = self._path(name)
        return path if path.exists() else None

    def purge(self, before: datetime, keep: frozenset[str], most: int = 500) -> int:
        """Delete at most `most` pictures older than `before` that are not in `keep`; returns how many."""
        gone = 0
        for path in self._folder.glob("??/*.jpg"):
            if gone >= most:
                break
            if path.stem not in keep and path.stat().st_mtime < before.timestamp():
                path.unlink()
                gone += 1
        return gone

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.jpg"
