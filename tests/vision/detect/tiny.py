"""Models so small that a test makes them: how red and how blue a picture is, said as a box."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gateway.vision.detect.detector_model import DetectorModel, OutputFormat

SIDE = 64
BOX = (32.0, 32.0, 16.0, 24.0)
"""Middle and sides of the one box they know, in pixels of the input."""


def make(folder: Path, kind: OutputFormat, **more: Any) -> DetectorModel:
    """Classes `person` (as sure as the picture is red) and `vehicle` (as it is blue)."""
    nodes, outputs = {"yolov8": _yolo, "yolov5": _yolo, "nms": _nms, "ssd": _ssd}[kind](kind)
    # keeps N and the colours: N, 3
    means = helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0)
    graph = helper.make_graph(
        [means, *nodes],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        _constants(),
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(made)
    path = folder / f"{kind}.onnx"
    path.write_bytes(made.SerializeToString())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return DetectorModel(str(path), sha256, kind, ("person", "vehicle"), (SIDE, SIDE), **more)


def _constants() -> list[onnx.TensorProto]:
    x, y, width, height = BOX
    corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    known: dict[str, np.ndarray] = {
        "middles": np.array([BOX], np.float32),
        "corners": np.array([corners], np.float32),
        "shares": np.array([[np.array(corners) / SIDE]], np.float32),
        "one": np.ones((1, 1), np.float32),
        "kind": np.ones((1, 1), np.float32),
        "red_blue": np.array([0, 2], np.int64),
        "blue": np.array([2], np.int64),
        "columns": np.array([1, -1, 1], np.int64),
        "rows": np.array([1, 1, -1], np.int64),
    }
    return [numpy_helper.from_array(value, name) for name, value in known.items()]


def _yolo(kind: str) -> tuple[list[onnx.NodeProto], list[tuple[str, list[int]]]]:
    parts = ["middles", "one", "chances"] if kind == "yolov5" else ["middles", "chances"]
    nodes = [
        helper.make_node("Gather", ["means", "red_blue"], ["chances"], axis=1),
        helper.make_node("Concat", parts, ["flat"], axis=1),
        helper.make_node("Reshape", ["flat", "rows" if kind == "yolov5" else "columns"], ["output0"]),
    ]
    return nodes, [("output0", [1, 1, 7] if kind == "yolov5" else [1, 6, 1])]


def _nms(_: str) -> tuple[list[onnx.NodeProto], list[tuple[str, list[int]]]]:
    nodes = [
        helper.make_node("Gather", ["means", "blue"], ["chance"], axis=1),
        helper.make_node("Concat", ["corners", "chance", "kind"], ["flat"], axis=1),
        helper.make_node("Reshape", ["flat", "rows"], ["output0"]),
    ]
    return nodes, [("output0", [1, 1, 6])]


def _ssd(_: str) -> tuple[list[onnx.NodeProto], list[tuple[str, list[int]]]]:
    nodes = [
        helper.make_node("Gather", ["means", "blue"], ["scores"], axis=1),
        helper.make_node("Identity", ["kind"], ["classes"]),
        helper.make_node("Identity", ["shares"], ["boxes"]),
    ]
    return nodes, [("boxes", [1, 1, 4]), ("classes", [1, 1]), ("scores", [1, 1])]
