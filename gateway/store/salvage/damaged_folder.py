"""The folders `damaged-<time>/` with damaged databases, each with a note (`salvage.json`) of how far it is copied."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

DATABASE = "anju.db"
_SUFFIXES = ("", "-wal", "-shm")
_NOTE = "salvage.json"


@dataclass(slots=True)
class SalvageNote:
    """`why`: the damage; `ends`: the last number of each table; `lost`: unreadable rows; `done`: all rows copied."""

    why: str
    ends: Mapping[str, int]
    lost: Mapping[str, int] = field(default_factory=dict)
    done: bool = False


def new_folder(data: Path, now: datetime) -> Path:
    """Create `damaged-<time>`, with a suffix if that exists. Raises OSError."""
    name, count = f"damaged-{now:%Y%m%dT%H%M%SZ}", 1
    while True:
        folder = data / (name if count == 1 else f"{name}-{count}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            count += 1
        else:
            return folder


def move(data: Path, folder: Path) -> None:
    """Move the database, then its WAL and shared memory, into `folder`. Raises OSError.

    Open connections go on reading it there. A connection whose file was moved neither writes nor deletes the WAL when
    it is closed: SQLite checks for that.
    """
    for suffix in _SUFFIXES:
        file = data / f"{DATABASE}{suffix}"
        if file.exists() or file.is_symlink():  # exists() is False for a dangling link, which must be moved too
            file.replace(folder / file.name)
    sync_folder(folder)
    sync_folder(data)


def finish_move(data: Path) -> None:
    """Finish a move that a power cut interrupted between the database and its WAL."""
    folders = [folder for folder in _folders(data) if (folder / DATABASE).exists()]
    if (data / DATABASE).exists() or not folders:  # a WAL beside a database belongs to that one
        return
    for suffix in _SUFFIXES[1:]:
        file, target = data / f"{DATABASE}{suffix}", folders[-1] / f"{DATABASE}{suffix}"
        if file.exists() and not target.exists():
            file.replace(target)


def unfinished(data: Path) -> list[Path]:
    """Folders whose rows have not all been copied, oldest first."""
    return [folder for folder in _folders(data) if not (note := read_note(folder)) or not note.done]


def write_note(folder: Path, note: SalvageNote) -> None:
    """Write `salvage.json` atomically. Raises OSError."""
    draft = folder / f"{_NOTE}.draft"
    draft.write_text(json.dumps(asdict(note), ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / _NOTE)


def read_note(folder: Path) -> SalvageNote | None:
    """The folder's note; None when it is missing or can't be decoded."""
    try:
        return SalvageNote(**json.loads((folder / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def sync_folder(folder: Path) -> None:
    """Sync the folder's entries to disk, so that a rename outlasts a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _folders(data: Path) -> list[Path]:
    return sorted(folder for folder in data.glob("damaged-*") if folder.is_dir())
