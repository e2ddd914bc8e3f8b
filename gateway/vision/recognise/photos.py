"""A gallery out of a folder of photographs: `PERSON/*.jpg`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import BadInput
from gateway.model import Words
from gateway.vision.recognise.enrolment import judge
from gateway.vision.recognise.faces import Face, FaceReader
from gateway.vision.stream.file_frames import photograph

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
UNREADABLE = Words("照片打不开", "it can't be read as a picture")


@dataclass(frozen=True, slots=True)
class Photo:
    """`face` is None when there is none to be had; `fault` is the photograph's worst, or None."""

    person: str
    file: Path
    face: Face | None
    fault: Words | None


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Every photograph with the person whose folder it lies in, in order."""
    return [
        (person.name, file)
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for file in sorted(person.iterdir())
        if file.suffix.lower() in _SUFFIXES
    ]


def examine(reader: FaceReader, person: str, file: Path) -> Photo:
    try:
        face, fault = judge(reader, photograph(str(file)))
    except BadInput:
        return Photo(person, file, None, UNREADABLE)
    return Photo(person, file, face, fault)


def examine_all(reader: FaceReader, folder: Path) -> Iterator[Photo]:
    return (examine(reader, person, file) for person, file in files_of(folder))
