"""Looks for a person's data in the bytes of all files of the data folder: the last word of a deletion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

_CHUNK = 1 << 20
_MEDIA = {".mp4", ".jpg"}
"""Pictures and recordings hold no text, and are by far the most bytes."""


def files_holding(folder: Path, forms: Sequence[bytes]) -> list[str]:
    """The files below `folder`, relative to it, that hold one of the forms. Blocks; reads all but the media."""
    return [path.relative_to(folder).as_posix() for path in _files(folder) if holds(path, forms)]


def holds(path: Path, forms: Sequence[bytes]) -> bool:
    """Whether the file holds one of the forms; False for a file that is gone or can't be read."""
    longest = max((len(form) for form in forms), default=1)
    before = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                window = before + chunk
                if any(form in window for form in forms):
                    return True
                before = window[-longest:]
    except OSError:
        return False
    return False


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _MEDIA and not path.is_symlink() and path.is_file():
            yield path
