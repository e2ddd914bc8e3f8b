"""The installer's own detector, really loaded and run: models that the tests make themselves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from gateway.errors import BadInput, ConfigError
from gateway.vision.detect.detection_voting import DetectedObject, DetectionVoting
from gateway.vision.detect.detector import ObjectDetector
from gateway.vision.detect.detector_model import Detection, DetectorModel, OutputFormat
from gateway.vision.detect.outputs import parse_outputs
from gateway.vision.recognise.tracker import RecognitionTracker
from tests.vision.detect import tiny

Picture = NDArray[np.uint8]


def picture(red: int, blue: int, rows: int = 128, columns: int = 256) -> Picture:
    return np.full((rows, columns, 3), (blue, 0, red), np.uint8)


@pytest.mark.parametrize("kind", ["yolov8", "yolov5"])
def test_yolo_names_the_likelier_class_and_places_it_in_the_picture(kind: OutputFormat, tmp_path: Path) -> None:
    detector = ObjectDetector(tiny.make(tmp_path, kind, letterbox=False))
    (seen,) = detector.find(picture(red=230, blue=20))
    assert seen.name == "person"
    assert seen.score == pytest.approx(230 / 255, abs=0.01)
    assert seen.box == (96, 40, 64, 48)
    (seen,) = detector.find(picture(red=20, blue=200))
    assert seen.name == "vehicle"
    assert detector.find(picture(red=60, blue=60)) == []


@pytest.mark.parametrize("kind", ["nms", "ssd"])
def test_models_that_count_their_classes(kind: OutputFormat, tmp_path: Path) -> None:
    (seen,) = ObjectDetector(tiny.make(tmp_path, kind, letterbox=False)).find(picture(red=0, blue=220))
    assert seen.name == "vehicle"
    assert seen.box == (96, 40, 64, 48)


def test_a_letterbox_is_taken_off_again(tmp_path: Path) -> None:
    model = tiny.make(tmp_path, "yolov8", threshold=0.4)
    (seen,) = ObjectDetector(model).find(picture(red=255, blue=0))
    assert seen.box == (96, 16, 64, 96)


def test_blue_first_is_another_colour(tmp_path: Path) -> None:
    (seen,) = ObjectDetector(tiny.make(tmp_path, "yolov8", rgb=False)).find(picture(red=255, blue=0))
    assert seen.name == "vehicle"


def test_a_class_without_a_name_is_not_told(tmp_path: Path) -> None:
    model = replace(tiny.make(tmp_path, "yolov8"), classes=("", "vehicle"))
    assert ObjectDetector(model).find(picture(red=255, blue=0)) == []


def test_another_file_than_the_one_named_is_refused(tmp_path: Path) -> None:
    model = tiny.make(tmp_path, "yolov8")
    with pytest.raises(ConfigError, match="another SHA-256"):
        ObjectDetector(replace(model, sha256="0" * 64))
    with pytest.raises(ConfigError, match="can't be read"):
        ObjectDetector(replace(model, path=str(tmp_path / "nowhere.onnx")))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.onnx"
    path.write_bytes(b"not a model at all")
    model = DetectorModel(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), "yolov8", ("person",))
    with pytest.raises(ConfigError, match="no model that can be loaded"):
        ObjectDetector(model)


def test_another_size_than_the_model_takes_is_refused_and_the_right_one_named(tmp_path: Path) -> None:
    model = tiny.make(tmp_path, "yolov8")
    with pytest.raises(ConfigError, match=r"takes 64 by 64 pixels, but size is 640 by 32, write size: \[64, 64\]"):
        ObjectDetector(replace(model, size=(640, 32)))


def test_a_model_that_takes_no_picture_is_told(tmp_path: Path) -> None:
    """Five colours, say; onnxruntime's own exception is nobody's."""
    model = tiny.make(tmp_path, "yolov8")
    made = onnx.load(model.path)
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 5
    onnx.save(made, model.path)
    sha256 = hashlib.sha256(Path(model.path).read_bytes()).hexdigest()
    with pytest.raises(BadInput, match="takes no picture"):
        ObjectDetector(replace(model, sha256=sha256)).find(picture(red=255, blue=0))


@pytest.mark.parametrize("said", ["yolov5", "nms", "ssd"])
def test_a_format_that_is_not_the_model_s_is_told(said: OutputFormat, tmp_path: Path) -> None:
    model = replace(tiny.make(tmp_path, "yolov8"), format=said)
    with pytest.raises(BadInput, match=f"format {said}"):
        ObjectDetector(model).find(picture(red=255, blue=0))


def test_of_doubles_the_surer_stays_and_other_classes_are_no_doubles() -> None:
    rows = [[50, 50, 20, 20, 0.9, 0.0], [52, 50, 20, 20, 0.8, 0.0], [51, 50, 20, 20, 0.0, 0.7], [90, 90, 9, 9, 0.6, 0]]
    output = np.array(rows, np.float32).T[None]
    found = parse_outputs(DetectorModel("m", "", "yolov8", ("person", "e-bike")), {"output0": output})
    assert sorted(found.scores.tolist()) == pytest.approx([0.6, 0.7, 0.9])


def test_what_a_broken_model_says_is_no_box() -> None:
    output = np.array([[[np.nan, 0, 9, 9, 0.9, 0], [0, 0, 9, 9, 0.9, 77], [0, 0, 9, 9, np.nan, 0]]], np.float32)
    assert parse_outputs(DetectorModel("m", "", "nms", ("person",)), {"output0": output}).scores.size == 0


def test_a_model_s_description_survives_the_way_to_the_worker() -> None:
    model = DetectorModel("m.onnx", "ab", "ssd", ("person", ""), (300, 300), outputs=("b", "c", "s"), top_first=True)
    assert DetectorModel.from_json(json.loads(json.dumps(asdict(model)))) == model


def test_one_thing_is_told_once_and_a_shadow_never() -> None:
    tracks: RecognitionTracker[Detection, str, DetectedObject] = RecognitionTracker(DetectionVoting())
    reported = []
    for look in range(10):
        seen = [Detection("e-bike", 0.8, (100 + 10 * look, 50, 60, 40))]
        if look == 4:
            seen.append(Detection("person", 0.6, (300, 50, 20, 60)))
        reported += tracks.update(look * 0.2, seen, f"look {look}")
    reported += tracks.finish()
    assert [one.best.name for one in reported] == ["e-bike"]
    assert reported[0].frames == DetectionVoting.MIN_DETECTIONS
