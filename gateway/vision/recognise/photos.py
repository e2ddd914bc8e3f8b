"""Reads a gallery from a folder of photographs: `PERSON/*.jpg`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import BadInput
from gateway.model import Words
from gateway.vision.recognise.enrolment import assess
from gateway.vision.recognise.faces import Face, FaceReader
from gateway.vision.stream.file_frames import photograph

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
UNREADABLE = Words("照片打不开", "it can't be read as a picture")


@dataclass(frozen=True, slots=True)
class Photo:
    """`face` is None if there is none; `fault` is the photograph's worst fault, or None."""

    person: str
    file: Path
    face: Face | None
    fault: Words | None


def list_photos(folder: Path) -> list[tuple[str, Path]]:
    """Every photograph with the person whose folder it is in, in order."""
    return [
        (person.name, file)
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for file in sorted(person.iterdir())
        if file.suffix.lower() in _SUFFIXES
    ]


def examine(reader: FaceReader, person: str, file: Path) -> Photo:
    """Detect and assess the face of one file; an unreadable file gives a fault."""
    try:
        face, fault = assess(reader, photograph(str(file)))
    # an unreadable file is reported like a bad photograph, and the others are still enrolled
    except BadInput:
        return Photo(person, file, None, UNREADABLE)
    return Photo(person, file, face, fault)


def examine_all(reader: FaceReader, folder: Path) -> Iterator[Photo]:
    """`examine` for every photograph of the folder."""
    return (examine(reader, person, file) for person, file in list_photos(folder))
