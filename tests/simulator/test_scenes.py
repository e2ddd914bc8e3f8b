"""What the scenes show is found after H.264, by the gateway's plate reader and by face_recognition itself."""

from __future__ import annotations

import io
import warnings

import av
import cv2
import numpy as np
import pytest

from gateway.simulator.drawing import PHOTO_FOLDER, plate
from gateway.simulator.scenes import FPS, KEYFRAME_SECONDS, KNOWN_PLATE, UNKNOWN_PLATE, scenes
from gateway.vision.motion.tamper import TamperDetector

FACE_TOLERANCE = 0.45


@pytest.fixture(scope="module")
def face_recognition():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition
    return face_recognition


@pytest.fixture(scope="module")
def plate_reader():
    from gateway.vision.recognise.plates import PlateReader

    return PlateReader("苏")


@pytest.fixture
def pictures(make_clip, clip_cache):
    def decode(name: str) -> list[np.ndarray]:
        make_clip(name)
        (file,) = clip_cache.glob(f"{name}-*.h264")
        with av.open(io.BytesIO(file.read_bytes()), format="h264") as stream:
            return [frame.to_ndarray(format="bgr24") for frame in stream.decode(video=0)]

    return decode


@pytest.mark.parametrize(("scene", "who"), [("gate-resident", "collins"), ("gate-watchlisted", "hopper")])
def test_a_face_walks_in_and_is_known(pictures, face_recognition, scene: str, who: str) -> None:
    enrolled = {
        name: face_recognition.face_encodings(face_recognition.load_image_file(PHOTO_FOLDER / f"{name}.jpg"))[0]
        for name in ("collins", "hopper")
    }
    shown = pictures(scene)
    assert len(shown) == 10 * FPS
    seen = 0
    for picture in shown[3 * FPS : 7 * FPS : FPS // 2]:
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        boxes = face_recognition.face_locations(rgb)
        assert len(boxes) == 1
        top, _, bottom, _ = boxes[0]
        (described,) = face_recognition.face_encodings(rgb, boxes)
        distances = {name: np.linalg.norm(described - known) for name, known in enrolled.items()}
        assert bottom - top >= 100
        assert min(distances, key=distances.get) == who
        assert distances[who] < FACE_TOLERANCE
        seen += 1
    assert seen == 8


@pytest.mark.parametrize(("scene", "text"), [("lane-known", KNOWN_PLATE), ("lane-unknown", UNKNOWN_PLATE)])
def test_a_car_stops_and_its_plate_is_read(pictures, plate_reader, scene: str, text: str) -> None:
    shown = pictures(scene)
    for picture in shown[4 * FPS : 7 * FPS : FPS]:
        found = plate_reader.find(picture)
        assert [read.text for read in found] == [text]
        assert found[0].score >= 0.9
        assert found[0].box[2] >= 120


@pytest.mark.parametrize("text", ["京A12345", "沪BQ8D67", "粤Z0W9H港", "苏EN7P12"])
def test_any_plate_is_drawn_legibly(plate_reader, text: str) -> None:

    small = cv2.resize(plate(text), (220, 70), interpolation=cv2.INTER_AREA)
    assert plate_reader.read(cv2.copyMakeBorder(small, 6, 6, 8, 8, cv2.BORDER_REPLICATE)).text == text


@pytest.mark.parametrize("camera", ["gate", "lane", "fence"])
def test_nothing_happens_in_the_still_ones(pictures, plate_reader, face_recognition, camera: str) -> None:
    shown = pictures(f"{camera}-still")
    assert plate_reader.find(shown[10]) == []
    assert face_recognition.face_locations(np.ascontiguousarray(shown[10][:, :, ::-1])) == []
    first, last = (picture[80:].astype(int) for picture in (shown[0], shown[-1]))
    assert np.abs(first - last).max() < 60, "noise and no more, below the caption"


@pytest.mark.parametrize("story", ["gate-resident", "lane-known", "fence-climb"])
def test_a_camera_that_is_still_after_its_story_is_not_frozen(pictures, story: str) -> None:
    tamper, still = TamperDetector(), pictures(f"{story.partition('-')[0]}-still")
    film = [*still * 5, *pictures(story), *still * 20]
    step = FPS * KEYFRAME_SECONDS
    lumas = (np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8) for picture in film[::step])
    looks = ((number * KEYFRAME_SECONDS, luma) for number, luma in enumerate(lumas))
    assert [told for time, luma in looks if tamper.is_due(time) for told in tamper.update(luma, time)] == []


def test_a_figure_climbs_the_fence(pictures) -> None:
    shown = [picture[80::4, ::4].astype(int) for picture in pictures("fence-climb")]
    moved = [(np.abs(picture - shown[0]).max(axis=2) > 25).mean() for picture in shown]
    assert moved[3] < 0.002
    assert moved[-3] < 0.002
    assert min(moved[15:75]) > 0.005


def test_every_story_begins_and_ends_as_its_camera_rests(pictures) -> None:
    for name, scene in scenes().items():
        if name.endswith("-still") or scene.seconds < 3:
            continue
        shown, rest = pictures(name), pictures(f"{name.partition('-')[0]}-still")
        for edge in (shown[0], shown[-1]):
            assert (np.abs(edge[80::4, ::4].astype(int) - rest[0][80::4, ::4]).max(axis=2) > 40).mean() < 0.01, name


def test_photographs_are_small_and_their_licence_is_told() -> None:
    told = (PHOTO_FOLDER / "README.md").read_text()
    for file in PHOTO_FOLDER.glob("*.jpg"):
        assert file.stat().st_size <= 60_000
        assert f"`{file.name}`" in told
    assert told.count("public domain") == 2
