"""The slot for the installer's models, with tiny ones that are built here: bright squares are faces."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gateway.errors import ConfigError
from gateway.vision.face_matching import FaceModels, ModelFile
from gateway.vision.recognise.custom_face_models import create_face_reader
from tests.vision.clips import face, paste, wall

STRIDES = (8, 16, 32)


def saved(path: Path, nodes: list, constants: dict, outputs: dict[str, list[int]], side: int) -> ModelFile:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return ModelFile(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def detector(folder: Path) -> ModelFile:
    """Like YuNet: for every cell of 8, 16, 32 pixels class, objectness, box and points. Only cells of 32 speak."""
    nodes: list = []
    constants: dict = {}
    outputs = {}
    for stride in STRIDES:
        nodes.append(
            helper.make_node(
                "AveragePool", ["input"], [f"mean{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        for name, count in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            weights, bias = np.zeros((count, 3, 1, 1), np.float32), np.zeros(count, np.float32)
            if count == 1:
                weights[:], bias[:] = (0.2, -145) if stride == 32 else (0, -50)
            if name == "bbox":
                bias[:] = (0.5, 0.5, np.log(3), np.log(3))
            if name == "kps":
                bias[:] = (0.1, 0.2, 0.9, 0.2, 0.5, 0.5, 0.2, 0.8, 0.8, 0.8)
            key = f"{name}_{stride}"
            constants |= {f"w{key}": weights, f"b{key}": bias, f"shape{key}": np.array([1, -1, count], np.int64)}
            nodes.append(
                helper.make_node("Conv", [f"mean{stride}", f"w{key}", f"b{key}"], [f"conv{key}"], kernel_shape=[1, 1])
            )
            spoken = f"conv{key}"
            if count == 1:
                nodes.append(helper.make_node("Sigmoid", [spoken], [f"sure{key}"]))
                spoken = f"sure{key}"
            nodes.append(helper.make_node("Transpose", [spoken], [f"last{key}"], perm=[0, 2, 3, 1]))
            nodes.append(helper.make_node("Reshape", [f"last{key}", f"shape{key}"], [key]))
            outputs[key] = [1, (640 // stride) ** 2, count]
    return saved(folder / "detector.onnx", nodes, constants, outputs, 640)


def recogniser(folder: Path) -> ModelFile:
    """Like SFace: 112 × 112 to 128 numbers; here the mean colours, mixed."""
    constants = {"mix": np.random.default_rng(1).normal(size=(3, 128)).astype(np.float32)}
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "mix"], ["feature"]),
    ]
    return saved(folder / "recogniser.onnx", nodes, constants, {"feature": [1, 128]}, 112)


def night_with_a_lamp() -> np.ndarray:
    picture = np.full((640, 640, 3), 20, np.uint8)
    cv2.rectangle(picture, (256, 320), (287, 351), (255, 255, 255), -1)
    return picture


def test_a_detector_and_a_recogniser_are_loaded_and_used(tmp_path: Path) -> None:
    reader = create_face_reader(FaceModels(detector(tmp_path), recogniser(tmp_path)))
    (found,) = reader.find(night_with_a_lamp())
    x, y, width, height = found.box
    assert x < 270 < x + width
    assert y < 335 < y + height
    assert found.template.shape == (128,)
    assert np.linalg.norm(found.template) == pytest.approx(1, abs=1e-5)


def test_a_detector_alone_works_with_dlibs_encoder(tmp_path: Path) -> None:
    (found,) = create_face_reader(FaceModels(detector(tmp_path))).find(night_with_a_lamp())
    assert found.template.shape == (128,)


def test_another_file_than_the_named_one_is_refused(tmp_path: Path) -> None:
    named = ModelFile(detector(tmp_path).path, "0" * 64)
    with pytest.raises(ConfigError, match="has the SHA-256"):
        create_face_reader(FaceModels(named))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.onnx.*can't be read"):
        create_face_reader(FaceModels(ModelFile(str(tmp_path / "no.onnx"), "0" * 64)))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="no model that OpenCV loads"):
        create_face_reader(FaceModels(ModelFile(str(file), hashlib.sha256(b"not a model").hexdigest())))


def test_a_recogniser_needs_a_detector(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a detector"):
        create_face_reader(FaceModels(recogniser=recogniser(tmp_path)))


def test_templates_carry_the_name_of_their_recogniser(tmp_path: Path) -> None:
    assert FaceModels().name == ""
    assert len(FaceModels(detector(tmp_path), recogniser(tmp_path)).name) == 16


def test_without_any_the_gateways_own_are_taken() -> None:
    (found,) = create_face_reader(FaceModels()).find(paste(wall(), face(230), 300, 60))
    assert found.template.shape == (128,)
