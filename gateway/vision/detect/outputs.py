"""Parses the outputs of object detectors into boxes, scores and classes. Sans-I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.errors import BadInput
from gateway.vision.detect.detector_model import DetectorModel

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectorBoxes:
    """`corners` (N, 4): left, top, right, bottom in pixels of the input; `scores` (N); `classes` (N)."""

    corners: _Floats
    scores: _Floats
    classes: NDArray[np.intp]

    def select(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> DetectorBoxes:
        """Those that the mask or the indices select."""
        return DetectorBoxes(self.corners[keep], self.scores[keep], self.classes[keep])


def parse_outputs(model: DetectorModel, outputs: Mapping[str, NDArray[np.generic]]) -> DetectorBoxes:
    """Boxes above the threshold, after non-maximum suppression. Raises BadInput if the format is another."""
    arrays = [np.asarray(array, np.float32) for array in outputs.values()]
    if model.format == "ssd":
        found = _ssd(model, dict(zip(outputs, arrays, strict=True)))
    else:
        found = {"yolov5": _yolov5, "yolov8": _yolov8, "nms": _nms}[model.format](model, arrays[0])
    is_known_class = (found.classes >= 0) & (found.classes < len(model.classes))
    # Non-finite corners come from broken models and would fail only when the box is rounded.
    confident = found.select(
        is_known_class & (found.scores >= model.threshold) & np.isfinite(found.corners).all(axis=1)
    )
    # a model of format nms has suppressed overlapping boxes itself
    return confident if model.format == "nms" else _suppress_overlaps(confident, model.overlap)


def _yolov5(model: DetectorModel, output: _Floats) -> DetectorBoxes:
    rows = _rows(model, output, 5 + len(model.classes))
    class_scores = rows[:, 5:] * rows[:, 4:5]
    return _from_centres(rows, class_scores)


def _yolov8(model: DetectorModel, output: _Floats) -> DetectorBoxes:
    rows = _rows(model, np.swapaxes(output, -1, -2), 4 + len(model.classes))
    return _from_centres(rows, rows[:, 4:])


def _nms(model: DetectorModel, output: _Floats) -> DetectorBoxes:
    rows = _rows(model, output, 6)
    return DetectorBoxes(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp))


def _ssd(model: DetectorModel, outputs: Mapping[str, _Floats]) -> DetectorBoxes:
    names = model.outputs or tuple(outputs)[:3]
    if len(names) < 3 or any(name not in outputs for name in names):
        raise _bad_format(model, f"has the outputs {', '.join(outputs)}; it needs boxes, classes and scores")
    corners, classes, scores = (outputs[name] for name in names)
    flat = corners.reshape(-1, corners.shape[-1])
    if flat.shape[1] != 4 or not flat.shape[0] == classes.size == scores.size:
        shapes = [tuple(outputs[name].shape) for name in names]
        raise _bad_format(model, f"puts out {shapes}: boxes of four, and as many classes and scores, are needed")
    # TensorFlow's order is top, left, bottom, right
    ordered = flat[:, [1, 0, 3, 2]] if model.top_first else flat
    width, height = model.size
    pixels = ordered * np.array([width, height, width, height], np.float32)
    return DetectorBoxes(pixels, scores.ravel(), classes.ravel().astype(np.intp) - model.first_class)


def _rows(model: DetectorModel, output: _Floats, columns: int) -> _Floats:
    rows = output.reshape(-1, output.shape[-1]) if output.ndim in {2, 3} else output
    if rows.ndim != 2 or rows.shape[1] != columns:
        shape = tuple(output.shape)
        raise _bad_format(
            model, f"puts out {shape}: {columns} numbers a box are needed for {len(model.classes)} classes"
        )
    return rows


def _from_centres(rows: _Floats, class_scores: _Floats) -> DetectorBoxes:
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)
    return DetectorBoxes(corners, class_scores.max(axis=1), class_scores.argmax(axis=1))


def _suppress_overlaps(found: DetectorBoxes, overlap: float) -> DetectorBoxes:
    if not found.scores.size:
        return found
    sides = found.corners[:, 2:] - found.corners[:, :2]
    shaped: Sequence[Sequence[float]] = np.concatenate([found.corners[:, :2], sides], axis=1).tolist()
    kept = cv2.dnn.NMSBoxesBatched(shaped, found.scores.tolist(), found.classes.tolist(), 0.0, overlap)
    return found.select(np.asarray(kept, np.intp).ravel())


def _bad_format(model: DetectorModel, problem: str) -> BadInput:
    return BadInput(f"the detector {model.path} {problem}: is its format {model.format}?", b"")
