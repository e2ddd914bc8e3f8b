from __future__ import annotations

import sys
from pathlib import Path

import dlib
import numpy as np
import pytest

from gateway.vision.recognise import dlib_onnx
from gateway.vision.recognise.encoder import DlibEncoder, OnnxEncoder, fastest_encoder
from gateway.vision.recognise.model_files import model_file
from tests.vision.clips import face


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANJU_CACHE", str(tmp_path / "models"))
    return tmp_path / "models"


def chip() -> np.ndarray:
    picture = np.ascontiguousarray(face(300)[:, :, ::-1])
    landmarks = dlib.shape_predictor(str(model_file("face_recognition_models", "*_5_face_landmarks.dat")))
    return np.asarray(dlib.get_face_chip(picture, landmarks(picture, dlib.rectangle(79, 107, 203, 231)), 150, 0.25))


def test_the_converted_encoder_gives_what_dlib_gives() -> None:
    converted, reference = OnnxEncoder(), DlibEncoder()
    noise = np.random.default_rng(2).integers(0, 256, (150, 150, 3), np.uint8)
    for seen in (chip(), np.ascontiguousarray(chip()[:, ::-1]), noise, np.zeros((150, 150, 3), np.uint8)):
        assert np.linalg.norm(converted.encode(seen) - reference.encode(seen)) < 1e-5


def test_it_is_converted_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    OnnxEncoder()
    (kept,) = cache.iterdir()
    assert kept.suffix == ".onnx"
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert isinstance(fastest_encoder(), OnnxEncoder)


def test_a_spoilt_copy_is_made_again(cache: Path) -> None:
    OnnxEncoder()
    (kept,) = cache.iterdir()
    whole = kept.stat().st_size
    kept.write_bytes(b"half a model")
    OnnxEncoder()
    assert kept.stat().st_size == whole


def test_dlib_is_the_way_without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert isinstance(fastest_encoder(), DlibEncoder)


def test_a_cache_that_can_not_be_written_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANJU_CACHE", "/proc/nothing")
    assert OnnxEncoder().encode(chip()).shape == (128,)


def test_another_network_is_not_converted() -> None:
    with pytest.raises(ValueError, match="not dlib's face encoder"):
        dlib_onnx.convert(model_file("face_recognition_models", "mmod_human_face_detector.dat"))
