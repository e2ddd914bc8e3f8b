"""A recogniser on one file: a photograph as it is, a clip by looks that vote as a camera's do.

All raise BadInput when the file can't be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.gallery import Gallery
from gateway.vision.recognise.plates import PlateReader
from gateway.vision.recognise.tracker import RecognitionTracker, TrackResult, Voting
from gateway.vision.recognise.voting import FaceVoting, PlateVoting, match_faces, read_plates
from gateway.vision.stream.decoder import Frame, Picture
from gateway.vision.stream.picture import is_photograph, looks, photograph

EVERY = 0.2
"""Seconds between two looks at a clip, as often as a camera's recogniser looks."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def plates(file: str, reader: PlateReader) -> list[dict[str, Any]]:
    """`{"text", "score", "box"}` each; a photograph's nearest of the sure ones first, a clip's in order of time."""
    if is_photograph(file):
        return [{"text": read.text, "score": read.score, "box": read.box} for read in reader.find(photograph(file))]
    return [
        {"text": one.result.text, "score": one.result.score, "box": one.best.box}
        for one in _vote(file, PlateVoting(), lambda picture: read_plates(reader, picture))
    ]


def faces(file: str, reader: FaceReader, gallery: Gallery) -> list[dict[str, Any]]:
    """`{"box", "person", "distance"}` each; a photograph's largest first; person is None for a stranger."""
    if is_photograph(file):
        return [
            {"box": item.face.box, "person": item.match.person, "distance": item.match.distance}
            for item in match_faces(reader, gallery, photograph(file), thorough=True)
        ]
    return [
        {"box": one.best.face.box, "person": one.result.person, "distance": one.result.distance}
        for one in _vote(file, FaceVoting(), lambda picture: match_faces(reader, gallery, picture))
    ]


def _vote(
    file: str, voting: Voting[Item, Result], recognise: Callable[[Picture], Sequence[Item]]
) -> list[TrackResult[Item, Frame, Result]]:
    tracks: RecognitionTracker[Item, Frame, Result] = RecognitionTracker(voting)
    decided = [one for frame in looks(file, EVERY) for one in tracks.update(frame.time, recognise(frame.bgr), frame)]
    return decided + tracks.finish()
