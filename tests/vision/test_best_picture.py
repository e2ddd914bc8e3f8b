"""Who comes nearer is told with a picture from near, and no later than a second after it was sure."""

from __future__ import annotations

import av
import numpy as np
import pytest

from gateway.vision.camera_recogniser import (
    BETTER_FACE_WAIT,
    MAX_WORSE_FACES,
    CameraRecogniser,
    RecognitionModels,
    TimedFrame,
)
from gateway.vision.identities import Identities, IdentityFace
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.tracker import MAX_URGENT_WAIT
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream_config import StreamConfig
from tests.vision.clips import Picture, face, paste, plate, wall

EVERY = 0.2


def look(camera: CameraRecogniser, registry: IdentityIndex, pictures: list[Picture]) -> list[tuple[float, Sighting]]:
    """When each sighting came, in seconds from the first look."""
    recognisers, told = RecognitionModels(), []
    for number, picture in enumerate(pictures):
        frame = DecodedFrame(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24"), number * EVERY)
        view = TimedFrame(frame, 1_700_000_000 + number * EVERY, number * EVERY)
        told += [(number * EVERY, sighting) for sighting in camera.recognise(view, recognisers, registry)]
    return told


@pytest.fixture(scope="module")
def registry() -> IdentityIndex:
    template = FaceReader().find(face(300))[0].template
    return IdentityIndex(Identities([IdentityFace("p1", "Eileen", "b3/u1/1502", "resident", template)]))


def nearer(sizes: range) -> list[Picture]:
    return [paste(wall(720, 1280), face(size), 400, 100) for size in sizes]


def test_a_face_that_comes_nearer_is_shown_from_near(registry: IdentityIndex) -> None:
    pictures = [*nearer(range(200, 520, 20)), *nearer(range(500, 380, -20))]
    ((at, matched),) = look(CameraRecogniser(StreamConfig("x", faces=True)), registry, pictures)
    assert matched.kind == "face.matched"
    assert at <= 2 * EVERY + BETTER_FACE_WAIT
    assert matched.at <= 1_700_000_000 + at, "the picture's own time"
    best = max(face.box[2] for face in (FaceReader().find(picture)[0] for picture in pictures))
    assert matched.data["box"][2] == best, "at the third look it was sure already"


def test_a_face_on_the_watch_list_does_not_wait_for_the_best_picture() -> None:
    template = FaceReader().find(face(300))[0].template
    listed = IdentityIndex(Identities([IdentityFace("p1", "Eileen", None, "watch", template)]))
    ((at, seen),) = look(CameraRecogniser(StreamConfig("x", faces=True)), listed, nearer(range(200, 520, 20)))
    assert seen.kind == "face.watchlisted"
    assert at <= 2 * EVERY + MAX_URGENT_WAIT


def test_a_face_that_goes_away_is_told_soon(registry: IdentityIndex) -> None:
    ((at, matched),) = look(CameraRecogniser(StreamConfig("x", faces=True)), registry, nearer(range(400, 240, -20)))
    assert matched.kind == "face.matched"
    assert at <= (2 + MAX_WORSE_FACES) * EVERY


def test_a_plate_is_told_when_it_was_and_with_its_largest_look(registry: IdentityIndex) -> None:
    pictures = [paste(wall(720, 1280), plate("苏M12345", width), 300, 300) for width in range(160, 300, 20)]
    ((at, read),) = look(CameraRecogniser(StreamConfig("x", plates=True)), registry, pictures)
    assert read.data["text"] == "苏M12345"
    assert at == pytest.approx(2 * EVERY), "three looks that agree, as ever"
    assert read.at == pytest.approx(1_700_000_000 + 2 * EVERY)
