from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.vision.camera_recogniser import CameraRecogniser, RecognitionModels, TimedFrame
from gateway.vision.identities import Identities, IdentityFace
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.dlib_faces import eye_centres_and_nose
from gateway.vision.recognise.faces import TEMPLATE_LENGTH, Face, FaceReader, Picture, nose_offset
from gateway.vision.recognise.gallery import FaceMatch
from gateway.vision.recognise.head_turn import HeadTurnVoting, has_turned
from gateway.vision.recognise.voting import FaceResult, MatchedFace
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream_config import StreamConfig
from tests.vision.clips import face, wall

HEAD = np.array([(-48, 0, 4), (-16, 0, 0), (16, 0, 0), (48, 0, 4), (0, 42, -34)], float)
"""Corners of the eyes and the nose in millimetres: right, down, away from the camera."""
PHOTO = HEAD * (1, 1, 0)


def seen(points: NDArray[np.float64], *, yaw: float = 0, pitch: float = 0, roll: float = 0) -> float:
    """How far aside, after turning by so many degrees, a camera at 1.5 m sees the nose."""
    for axis, degrees in (((0, 1, 0), yaw), ((1, 0, 0), pitch), ((0, 0, 1), roll)):
        turn = cv2.Rodrigues(np.radians(degrees) * np.array(axis, float))[0]
        points = points @ np.asarray(turn).T
    pixels = 2000 * points[:, :2] / (1500 + points[:, 2:])
    return nose_offset(eye_centres_and_nose(pixels.astype(np.float32)))


def look(away: float, person: str | None = "p1", *, sharpness: float = 500.0, width: int = 160) -> MatchedFace:
    return MatchedFace(
        Face((0, 0, width, width), np.zeros(TEMPLATE_LENGTH, np.float32), sharpness, away), FaceMatch(person, 0.3)
    )


def looks(points: NDArray[np.float64], yaws: Iterable[float], **more: float) -> list[MatchedFace]:
    return [look(seen(points, yaw=yaw, **more)) for yaw in yaws]


@pytest.mark.parametrize("yaws", [(0, 0, 0, 20, 35, 40), (40, 35, 0, 0), (-20, -20, 0, 20, 20), (0, 0, -38, -38)])
def test_a_head_that_turns_is_seen_turning(yaws: tuple[float, ...]) -> None:
    assert has_turned(looks(HEAD, yaws), "p1")


@pytest.mark.parametrize("yaws", [(0, 2, -2, 1, 0), (0, 0, 8, 8, -3), (0, 0, 0, 40), (-40, 0, 0, 0, 40), (0, 40), ()])
def test_a_little_or_one_glimpse_is_no_turn(yaws: tuple[float, ...]) -> None:
    assert not has_turned(looks(HEAD, yaws), "p1")


def test_nodding_and_tilting_are_no_turn() -> None:
    nods = [look(seen(HEAD, pitch=angle)) for angle in (-25, -25, 0, 25, 25)]
    tilts = [look(seen(HEAD, roll=angle)) for angle in (-30, -30, 0, 30, 30)]
    assert not has_turned(nods, "p1")
    assert not has_turned(tilts, "p1")


@pytest.mark.parametrize("tilt", [0, 5, 10])
def test_a_photograph_turned_this_way_and_that_is_no_turn(tilt: float) -> None:
    assert not has_turned(looks(PHOTO, (-45, -45, -20, 0, 20, 45, 45), roll=tilt), "p1")


def test_another_head_and_looks_that_show_little_do_not_count() -> None:
    frontal = [look(0.0)] * 3
    assert has_turned([*frontal, *[look(0.5, None)] * 2], "p1")
    assert not has_turned([*frontal, *[look(0.5, "p2")] * 2], "p1")
    assert not has_turned([*frontal, *[look(0.5, sharpness=10.0)] * 2], "p1")
    assert not has_turned([*frontal, *[look(0.5, width=50)] * 2], "p1")


class TestHeadTurnVoting:
    voting = HeadTurnVoting(lambda person: person == "wanted")

    def test_a_name_waits_for_the_turn(self) -> None:
        still = looks(HEAD, (0, 1, 0, -1) * 5)
        assert self.voting.decide(still, final=False) is None
        assert self.voting.decide([*still, *looks(HEAD, (35, 40))], final=False) == FaceResult("p1", 0.3, turned=True)

    def test_the_turn_may_come_first_but_only_frontal_looks_name(self) -> None:
        turning = [look(0.4, None)] * 3
        assert self.voting.decide(turning, final=True) is None
        assert self.voting.decide([*turning, look(0.0), look(0.0)], final=False) == FaceResult("p1", 0.3, turned=True)

    def test_who_never_turned_has_no_name(self) -> None:
        assert self.voting.decide(looks(PHOTO, (0, 30, -30, 0)), final=True) == FaceResult(None, 0.3, turned=False)

    def test_the_excused_are_never_held_back(self) -> None:
        assert self.voting.decide([look(0.0, "wanted")] * 2, final=False) == FaceResult("wanted", 0.3)

    def test_of_a_stranger_nothing_is_said(self) -> None:
        assert self.voting.decide([look(0.0, None)] * 4, final=True) == FaceResult(None, 0.3)


PORTRAIT = face(230)


def swung(degrees: float) -> Picture:
    """A flat print, turned about its upright axis before a wall."""
    return _before_wall(PORTRAIT, degrees, np.zeros(PORTRAIT.shape[:2], np.float32))


def turned_head(degrees: float) -> Picture:
    """The same face as skin on a head: an egg with a nose."""
    rows, columns = PORTRAIT.shape[:2]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    egg = 1 - ((x - columns * 0.48) / (columns * 0.5)) ** 2 - ((y - rows * 0.52) / (rows * 0.7)) ** 2
    nose = np.exp(-(((x - columns * 0.48) / 14) ** 2) - ((y - rows * 0.58) / 22) ** 2)
    return _before_wall(PORTRAIT, degrees, 60 * np.sqrt(egg.clip(0, 1)) + 25 * nose)


def _before_wall(skin: Picture, degrees: float, depth: NDArray[np.float32]) -> Picture:
    """Each point of the picture shows where on the skin it came from; `depth` is towards the camera, in pixels."""
    rows, columns = skin.shape[:2]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    source = x
    for _ in range(20):
        deep = cv2.remap(depth, source.astype(np.float32), y, cv2.INTER_LINEAR)
        source = (columns / 2 + (x - columns / 2 - sine * deep) / cosine).astype(np.float32)
    shown = cv2.remap(skin, source, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    picture = wall()
    picture[60 : 60 + rows, 200 : 200 + columns] = shown
    return picture


def reported(pictures: Iterable[Picture], listing: Literal["resident", "watch"] = "resident") -> list[Sighting]:
    """What a camera with a sign tells of these looks, five a second, when Eileen is known."""
    template = FaceReader().find(face(300))[0].template
    registry = IdentityIndex(Identities([IdentityFace("p1", "Eileen", "b3/u1/101", listing, template)]))
    camera, recognisers = (
        CameraRecogniser(StreamConfig("x", motion=False, faces=True, prompt="turn")),
        RecognitionModels(),
    )
    seen = []
    for number, picture in enumerate(pictures):
        frame = DecodedFrame(av.VideoFrame.from_ndarray(picture, format="bgr24"), number * 0.2)
        seen += camera.recognise(TimedFrame(frame, 1000 + number * 0.2, number * 0.2), recognisers, registry)
    return seen + camera.pass_time(100.0, registry)


SWING = (0, 0, 0, -20, -30, -35, -20, 0, 20, 30, 35, 20, 0)


def test_a_resident_who_turns_is_matched() -> None:
    (seen,) = reported(turned_head(angle) for angle in SWING)
    assert (seen.kind, seen.data["person"], seen.data["turned"]) == ("face.matched", "p1", True)


def test_a_photograph_of_a_resident_gets_no_name() -> None:
    (seen,) = reported(swung(angle) for angle in SWING)
    assert (seen.kind, seen.data["person"], seen.data["turned"]) == ("face.unknown", None, False)
    assert not {"household", "list", "name"} & seen.data.keys()


def test_the_watch_listed_are_told_at_once() -> None:
    (seen,) = reported([swung(0)] * 2, "watch")
    assert (seen.kind, seen.data["person"], seen.at) == ("face.watchlisted", "p1", 1000.0)
    assert "turned" not in seen.data


def test_a_prompt_survives_the_way_to_the_worker() -> None:
    watch = StreamConfig("rtsp://x", faces=True, prompt="turn")
    assert StreamConfig.from_message(watch.to_message()) == watch
