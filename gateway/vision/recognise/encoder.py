"""Encodes a face's chip to its template: dlib's network, run by onnxruntime, or by dlib where `onnx` is absent.

ONNX takes 5 to 6.5 ms a face on one thread where dlib takes 78, and releases the GIL, which dlib holds: a batch of
16 stops all other threads of a worker for more than a second (MEASURED.md, Faces).
"""

from __future__ import annotations

from typing import Protocol

import dlib
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise import dlib_onnx
from gateway.vision.recognise.model_files import load_converted, model_file

Chip = NDArray[np.uint8]
"""150 × 150 × 3, RGB, rotated and scaled by the face's five landmarks."""
Template = NDArray[np.float32]
"""TEMPLATE_LENGTH numbers; the Euclidean distance of two is small if they are of one person."""
TEMPLATE_LENGTH = 128


class FaceEncoder(Protocol):
    """Encodes chips to templates."""

    def encode(self, chip: Chip) -> Template:
        """The template of one face."""
        ...


class OnnxEncoder:
    """dlib's network converted to ONNX.

    Raises ImportError if it was never converted and the `onnx` package is absent.
    """

    def __init__(self) -> None:
        source = model_file("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")
        self._session = load_converted(dlib_onnx.VERSION, source, dlib_onnx.convert)

    def encode(self, chip: Chip) -> Template:
        """The template of one face; releases the GIL."""
        return np.asarray(self._session.run(None, {"chips": chip[None]})[0][0], np.float32)


class DlibEncoder:
    """dlib's own runtime: the reference, and the fallback without `onnx`."""

    def __init__(self) -> None:
        source = model_file("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")
        self._network = dlib.face_recognition_model_v1(str(source))

    def encode(self, chip: Chip) -> Template:
        """The template of one face; holds the GIL."""
        return np.asarray(self._network.compute_face_descriptor(chip, 0), np.float32)


def fastest_encoder() -> FaceEncoder:
    """OnnxEncoder, or DlibEncoder if the `onnx` package is absent."""
    try:
        return OnnxEncoder()
    except ImportError:
        return DlibEncoder()
