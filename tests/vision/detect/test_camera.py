"""A camera with the installer's own detector: what it tells, and what a wrong model costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from gateway.vision.camera_recogniser import CameraRecogniser, RecognitionModels, TimedFrame
from gateway.vision.detect.detector_model import DetectorModel
from gateway.vision.identities import Identities
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream_config import StreamConfig
from tests.vision.detect import tiny


def looks(model: DetectorModel, reds: list[int]) -> list[Sighting]:
    camera, recognisers, registry = (
        CameraRecogniser(StreamConfig("x", detector=model)),
        RecognitionModels(),
        IdentityIndex(Identities()),
    )
    seen = []
    for number, red in enumerate(reds):
        time = number * 0.2
        picture = av.VideoFrame.from_ndarray(np.full((128, 256, 3), (0, 0, red), np.uint8), format="bgr24")
        seen += camera.recognise(TimedFrame(DecodedFrame(picture, time), 1000 + time, time), recognisers, registry)
    return seen + camera.pass_time(100.0, registry)


def test_a_person_who_comes_is_told_once_with_a_picture(tmp_path: Path) -> None:
    (seen,) = looks(tiny.make(tmp_path, "yolov8", letterbox=False), [0, 0, 250, 250, 250, 250, 0])
    assert seen.kind == "object.seen"
    assert seen.data["class"] == "person"
    assert seen.data["box"] == (96, 40, 64, 48)
    assert seen.at == 1000.4
    assert seen.jpeg.startswith(b"\xff\xd8")


def test_a_model_of_another_format_is_a_fault_told_once(tmp_path: Path) -> None:
    model = replace(tiny.make(tmp_path, "yolov8"), format="nms")
    (fault,) = looks(model, [250] * 5)
    assert fault.kind == "device.faulted"
    assert "format nms" in fault.data["why"]["en"]


def test_a_watch_with_a_detector_survives_the_way_to_the_worker(tmp_path: Path) -> None:
    watch = StreamConfig("rtsp://x", detector=tiny.make(tmp_path, "ssd"))
    assert StreamConfig.from_message(watch.to_message()) == watch
    assert watch.recognises
