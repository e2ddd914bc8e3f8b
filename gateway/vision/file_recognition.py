"""Runs a recogniser on one file: on a photograph as it is, on a clip by voting over frames as for a camera.

All functions raise BadInput if the file can't be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.gallery import Gallery
from gateway.vision.recognise.plates import PlateReader
from gateway.vision.recognise.tracker import RecognitionTracker, TrackResult, Voting
from gateway.vision.recognise.voting import FaceVoting, PlateVoting, match_faces, read_plates
from gateway.vision.stream.decoder import DecodedFrame, Image
from gateway.vision.stream.file_frames import is_photograph, photograph, sampled_frames

INTERVAL = 0.2
"""Seconds between two analysed frames of a clip, as often as a camera's recogniser analyses one."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def plates(file: str, reader: PlateReader) -> list[dict[str, Any]]:
    """`{"text", "score", "box"}` each.

    Of a photograph the accepted ones first, nearest first; of a clip in order of time.
    """
    if is_photograph(file):
        return [{"text": read.text, "score": read.score, "box": read.box} for read in reader.find(photograph(file))]
    return [
        {"text": one.result.text, "score": one.result.score, "box": one.best.box}
        for one in _vote(file, PlateVoting(), lambda picture: read_plates(reader, picture))
    ]


def faces(file: str, reader: FaceReader, gallery: Gallery) -> list[dict[str, Any]]:
    """`{"box", "person", "distance"}` each: of a photograph the largest first; `person` is None for a stranger."""
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
    file: str, voting: Voting[Item, Result], recognise: Callable[[Image], Sequence[Item]]
) -> list[TrackResult[Item, DecodedFrame, Result]]:
    tracks: RecognitionTracker[Item, DecodedFrame, Result] = RecognitionTracker(voting)
    decided = [
        one
        for frame in sampled_frames(file, INTERVAL)
        for one in tracks.update(frame.time, recognise(frame.bgr), frame)
    ]
    return decided + tracks.finish()
