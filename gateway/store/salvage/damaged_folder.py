"""Where damaged databases lie: `damaged-<time>/`, each with a note of what is still to be read of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

DATABASE = "anju.db"
_BESIDE = ("", "-wal", "-shm")
_NOTE = "salvage.json"


@dataclass(slots=True)
class Note:
    """`why` it was set aside; `ends`: up to which number each table had got; `lost`: numbers that can't be read."""

    why: str
    ends: Mapping[str, int]
    lost: Mapping[str, int] = field(default_factory=dict)
    done: bool = False


def new_folder(data: Path, now: datetime) -> Path:
    """Raises OSError."""
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
    """The database first, what lies beside it after it. Connections that have it open go on reading it there.

    A connection whose file was moved neither writes nor deletes a WAL when it is closed (SQLite looks for that).
    """
    for suffix in _BESIDE:
        file = data / f"{DATABASE}{suffix}"
        if file.exists() or file.is_symlink():
            file.replace(folder / file.name)
    sync(folder)
    sync(data)


def gather(data: Path) -> None:
    """Finish a move that a power cut ended between the database and its WAL."""
    folders = [folder for folder in _folders(data) if (folder / DATABASE).exists()]
    if (data / DATABASE).exists() or not folders:
        return
    for suffix in _BESIDE[1:]:
        file, there = data / f"{DATABASE}{suffix}", folders[-1] / f"{DATABASE}{suffix}"
        if file.exists() and not there.exists():
            file.replace(there)


def unfinished(data: Path) -> list[Path]:
    """Folders whose rows have not all been brought over, oldest first."""
    return [folder for folder in _folders(data) if not (note := read_note(folder)) or not note.done]


def write_note(folder: Path, note: Note) -> None:
    """Raises OSError."""
    draft = folder / f"{_NOTE}.draft"
    draft.write_text(json.dumps(asdict(note), ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / _NOTE)


def read_note(folder: Path) -> Note | None:
    try:
        said = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
        return Note(**said)
    except (OSError, ValueError, TypeError):
        return None


def sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _folders(data: Path) -> list[Path]:
    return sorted(folder for folder in data.glob("damaged-*") if folder.is_dir())
