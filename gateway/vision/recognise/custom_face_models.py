"""Face models supplied by the installer: OpenCV's FaceDetectorYN and FaceRecognizerSF, from a path and a SHA-256.

Any ONNX file loads and gives numbers, so the hash is checked first: a wrong model would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import dlib
import numpy as np

from gateway.errors import ConfigError, Mistake
from gateway.sha256 import mismatch
from gateway.vision.face_matching import FaceModels, ModelFile
from gateway.vision.recognise.dlib_faces import DlibExtractor, HogFaceDetector, locate_landmarks
from gateway.vision.recognise.encoder import Template
from gateway.vision.recognise.face_location import FaceLocation
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.geometry import Box, Picture
from gateway.vision.recognise.model_files import model_file


def create_face_reader(models: FaceModels | None = None) -> FaceReader:
    """A reader with the installer's models, or the gateway's own. Raises ConfigError if a file has another hash.

    A recogniser needs its detector: its alignment uses landmarks that HOG does not have.
    """
    detector, recogniser = (models.detector, models.recogniser) if models else (None, None)
    if recogniser is not None and detector is None:
        raise _config_error(Path(recogniser.path), "needs a detector that finds its five points", "name one beside it")
    finder = YuNetFaceDetector(detector, with_landmarks=recogniser is None) if detector else HogFaceDetector()
    return FaceReader(finder, SFaceExtractor(recogniser) if recogniser else DlibExtractor())


def verified_path(model: ModelFile) -> Path:
    """Raises ConfigError if the file is absent or has another hash."""
    file = Path(model.path)
    try:
        found = mismatch(file, model.sha256)
    except OSError as error:
        raise _config_error(file, f"can't be read: {error.strerror}", "write the model's path") from None
    if found:
        raise _config_error(
            file, f"has the SHA-256 {found}, not {model.sha256}", "get the right file, or write its hash"
        )
    return file


class YuNetFaceDetector:
    """`with_landmarks`: also locate dlib's five landmarks, for dlib's encoder."""

    MIN_SCORE, NMS_OVERLAP, MAX_FACES = 0.8, 0.3, 50
    """Smallest score, overlap of two boxes of one face, and faces at most."""
    SIDE = 640
    """Pixels of the longer side to which larger pictures are scaled."""
    MIN_DETECTED_PIXELS = 10
    """Width in pixels from which it finds faces."""

    def __init__(self, model: ModelFile, *, with_landmarks: bool) -> None:
        size = (self.SIDE, self.SIDE)
        with _open_model(model) as file:
            self._detector = cv2.FaceDetectorYN.create(file, "", size, self.MIN_SCORE, self.NMS_OVERLAP, self.MAX_FACES)
        predictor_file = "shape_predictor_5_face_landmarks.dat"
        self._landmarks = (
            dlib.shape_predictor(str(model_file("face_recognition_models", predictor_file))) if with_landmarks else None
        )

    def find(self, picture: Picture, min_pixels: int) -> list[FaceLocation]:
        """The faces of `min_pixels` width and more, or all where the scale makes smaller ones undetectable anyway."""
        scale = min(1.0, self.SIDE / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        faces = np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)
        # the score, the last value of a row, is not scaled
        found = [self._found(picture, np.concatenate([row[:14] / scale, row[14:]])) for row in faces]
        return [face for face in found if face.box[2] >= min(min_pixels, self.MIN_DETECTED_PIXELS / scale)]

    def _found(self, picture: Picture, row: Template) -> FaceLocation:
        """A row holds the box, five landmarks (eyes, nose, corners of the mouth) and the score."""
        box = _clipped_box(picture, row)
        if self._landmarks is not None:
            return locate_landmarks(self._landmarks, picture, box)
        return FaceLocation(box, row[4:10].reshape(3, 2), row)


class SFaceExtractor:
    """Templates of length one, so that their distance is Euclidean like dlib's (2 - 2 × cosine, under the root)."""

    def __init__(self, model: ModelFile) -> None:
        with _open_model(model) as file:
            self._recogniser = cv2.FaceRecognizerSF.create(file, "")

    def extract(self, picture: Picture, found: FaceLocation) -> Template:
        """The template of a face that YuNetFaceDetector found."""
        chip = self._recogniser.alignCrop(picture, np.asarray(found.detection, np.float32)[None])
        template = np.asarray(self._recogniser.feature(chip), np.float32).ravel()
        return template / max(float(np.linalg.norm(template)), 1e-9)


@contextmanager
def _open_model(model: ModelFile) -> Iterator[str]:
    file = verified_path(model)
    try:
        yield str(file)
    except cv2.error as error:
        raise _config_error(
            file, f"is no model that OpenCV loads: {' '.join(str(error).split())}", "supply an ONNX file"
        ) from None


def _clipped_box(picture: Picture, row: Template) -> Box:
    rows, columns = map(int, picture.shape[:2])
    left, top = max(0, round(float(row[0]))), max(0, round(float(row[1])))
    right, bottom = min(columns, round(float(row[0] + row[2]))), min(rows, round(float(row[1] + row[3])))
    return (left, top, max(0, right - left), max(0, bottom - top))


def _config_error(file: Path, problem: str, fix: str) -> ConfigError:
    return ConfigError([Mistake(file, 0, problem, fix)])
