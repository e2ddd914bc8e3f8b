"""Object detection with the installer's own model: people, vehicles, an e-bike in a lift car."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.errors import BadInput, ConfigError, Mistake
from gateway.vision.detect.detector_model import Detection, DetectorModel
from gateway.vision.detect.outputs import parse_outputs
from gateway.vision.recognise.model_files import load_session

Picture = NDArray[np.uint8]
_GREY = 114
"""Fill value of YOLO's letterbox."""


@dataclass(frozen=True, slots=True)
class _Scaling:
    """How a picture was fitted: pixels of the input = pixels of the picture × scale + offset."""

    scale: tuple[float, float]
    offset: tuple[float, float]


class ObjectDetector:
    """Runs one model. For one thread.

    Raises ConfigError if the model has another hash than configured, or can't be loaded.
    """

    def __init__(self, model: DetectorModel) -> None:
        self.model = model
        content = _read_model(model)
        try:
            self._session = load_session(content)
        except Exception as error:  # noqa: BLE001  onnxruntime's own exceptions have no common base
            raise _config_error(model, f"is no model that can be loaded: {error}") from None
        model_input = self._session.get_inputs()[0]
        self._input_name = model_input.name
        self._takes_bytes = "uint8" in model_input.type
        self._channels_last = len(model_input.shape) == 4 and model_input.shape[-1] == 3
        self._outputs = [output.name for output in self._session.get_outputs()]
        if len(model_input.shape) == 4:
            _check_size(model, model_input.shape[1:3] if self._channels_last else model_input.shape[2:])

    def find(self, picture: Picture) -> list[Detection]:
        """Objects in a BGR picture of any size, surest first. Raises BadInput if the output has another format."""
        resized, scaling = _fit_picture(picture, self.model)
        values = self._run(self._to_tensor(resized))
        found = parse_outputs(self.model, dict(zip(self._outputs, values, strict=True)))
        order = np.argsort(-found.scores)
        return [
            Detection(self.model.classes[kind], round(float(score), 3), box)
            for corners, score, kind in zip(
                found.corners[order], found.scores[order], found.classes[order].tolist(), strict=True
            )
            if self.model.classes[kind] and (box := _to_picture(corners, scaling, picture.shape)) is not None
        ]

    def _run(self, blob: NDArray[np.generic]) -> list[NDArray[np.generic]]:
        try:
            return list(self._session.run(self._outputs, {self._input_name: blob}))
        except Exception as error:  # noqa: BLE001  onnxruntime's own exceptions have no common base
            raise BadInput(f"the detector {self.model.path} takes no picture: {error}", b"") from None

    def _to_tensor(self, resized: Picture) -> NDArray[np.generic]:
        model, colours = self.model, resized[..., ::-1] if self.model.rgb else resized
        # most networks take channels before rows and columns
        ordered = colours if self._channels_last else colours.transpose(2, 0, 1)
        whole = np.ascontiguousarray(ordered[None])
        return (
            whole
            if self._takes_bytes
            else (whole.astype(np.float32) - np.float32(model.mean)) * np.float32(model.scale)
        )


def _read_model(model: DetectorModel) -> bytes:
    try:
        content = Path(model.path).read_bytes()
    except OSError as error:
        raise _config_error(model, f"can't be read: {error.strerror}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256.lower():
        raise _config_error(model, f"has another SHA-256: {found}")
    return content


def _check_size(model: DetectorModel, sides: Sequence[object]) -> None:
    """`sides` are rows and columns; a name instead of a number means any size."""
    width, height = model.size
    rows, columns = (
        side if isinstance(side, int) else expected for side, expected in zip(sides, (height, width), strict=True)
    )
    if (rows, columns) != (height, width):
        problem = f"takes {columns} by {rows} pixels, but size is {width} by {height}"
        raise _config_error(model, problem, f"write size: [{columns}, {rows}]")


def _config_error(model: DetectorModel, problem: str, fix: str = "get the right file, or its hash") -> ConfigError:
    return ConfigError([Mistake(Path(model.path), 0, f"the detector {problem}", fix)])


def _fit_picture(picture: Picture, model: DetectorModel) -> tuple[Picture, _Scaling]:
    (rows, columns), (width, height) = picture.shape[:2], model.size
    across, down = width / columns, height / rows
    if not model.letterbox:
        return np.asarray(cv2.resize(picture, (width, height)), np.uint8), _Scaling((across, down), (0.0, 0.0))
    scale = min(across, down)
    inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole = np.full((height, width, 3), _GREY, np.uint8)
    whole[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    # the inner size was rounded, so the exact factors are computed from it
    return whole, _Scaling((inner[0] / columns, inner[1] / rows), (float(left), float(top)))


def _to_picture(
    corners: NDArray[np.float32], scaling: _Scaling, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """The box in pixels of the picture, clipped to it; None if nothing is left."""
    limits = np.array([shape[1], shape[0]] * 2, np.float32)
    placed = (corners - np.array(scaling.offset * 2, np.float32)) / np.array(scaling.scale * 2, np.float32)
    left, top, right, bottom = np.clip(placed, 0, limits).round().astype(int).tolist()
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
