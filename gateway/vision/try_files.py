"""Runs a recogniser on one file, for `anju try`: on a photograph once, on a clip over tracks as on a camera.

All functions raise BadInput when the file can't be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.gallery import Gallery
from gateway.vision.recognise.plates import PlateReader
from gateway.vision.recognise.track import Decided, Judge, Tracks
from gateway.vision.recognise.verdicts import FaceJudge, PlateJudge, face_looks, plate_looks
from gateway.vision.stream.decoder import DecodedFrame, Image
from gateway.vision.stream.file_frames import is_photograph, photograph, sampled_frames

SAMPLE_INTERVAL = 0.2
"""Seconds between two frames taken from a clip, as often as on a camera."""

Item = TypeVar("Item")
Verdict = TypeVar("Verdict")


def plates(file: str, reader: PlateReader) -> list[dict[str, Any]]:
    """`{"text", "score", "box"}` each. A photograph's nearest certain plate comes first, a clip's earliest."""
    if is_photograph(file):
        return [{"text": read.text, "score": read.score, "box": read.box} for read in reader.find(photograph(file))]
    return [
        {"text": one.verdict.text, "score": one.verdict.score, "box": one.best.box}
        for one in _vote(file, PlateJudge(), lambda picture: plate_looks(reader, picture))
    ]


def faces(file: str, reader: FaceReader, gallery: Gallery) -> list[dict[str, Any]]:
    """`{"box", "person", "distance"}` each; a photograph's largest first. `person` is None for a stranger."""
    if is_photograph(file):
        return [
            {"box": look.face.box, "person": look.match.person, "distance": look.match.distance}
            for look in face_looks(reader, gallery, photograph(file), closely=True)
        ]
    return [
        {"box": one.best.face.box, "person": one.verdict.person, "distance": one.verdict.distance}
        for one in _vote(file, FaceJudge(), lambda picture: face_looks(reader, gallery, picture))
    ]


def _vote(
    file: str, judge: Judge[Item, Verdict], look: Callable[[Image], Sequence[Item]]
) -> list[Decided[Item, DecodedFrame, Verdict]]:
    tracks: Tracks[Item, DecodedFrame, Verdict] = Tracks(judge)
    decided = [
        one for frame in sampled_frames(file, SAMPLE_INTERVAL) for one in tracks.see(frame.time, look(frame.bgr), frame)
    ]
    return decided + tracks.finish()
