"""Face models that the installer supplies: OpenCV's FaceDetectorYN and FaceRecognizerSF, from a path and a SHA-256.

Any ONNX file loads and gives numbers, so the hash is checked first: a wrong model would be a quiet one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import dlib
import numpy as np

from gateway.errors import ConfigError, Mistake
from gateway.vision.face_matching import FaceModels, ModelFile
from gateway.vision.recognise.encoder import Template
from gateway.vision.recognise.faces import DlibDescriber, FaceReader, Found, HogFinder, landmarked
from gateway.vision.recognise.geometry import Box, Picture
from gateway.vision.recognise.models import model_file


def face_reader(models: FaceModels | None = None) -> FaceReader:
    """A reader with the installer's models, or the gateway's own. Raises ConfigError when a file is another one.

    A recogniser needs its detector: its alignment uses points that HOG's landmarks do not have.
    """
    detector, recogniser = (models.detector, models.recogniser) if models else (None, None)
    if recogniser is not None and detector is None:
        raise _wrong(Path(recogniser.path), "needs a detector that finds its five points", "name one beside it")
    finder = YuNetFinder(detector, points=recogniser is None) if detector else HogFinder()
    return FaceReader(finder, SFaceDescriber(recogniser) if recogniser else DlibDescriber())


def checked(model: ModelFile) -> Path:
    """Raises ConfigError when there is no such file, or it is another one."""
    file = Path(model.path)
    try:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise _wrong(file, f"can't be read: {error.strerror}", "write the model's path") from None
    if found != model.sha256.lower():
        raise _wrong(file, f"has the SHA-256 {found}, not {model.sha256}", "get the right file, or write its hash")
    return file


class YuNetFinder:
    """`points`: with dlib's five landmarks as well, for dlib's encoder."""

    SURE, APART, MOST = 0.8, 0.3, 50
    SIDE = 640
    """Pixels of the longer side to which larger pictures are scaled."""
    SHOWN = 10
    """Pixels across from which it finds faces."""

    def __init__(self, model: ModelFile, *, points: bool) -> None:
        size = (self.SIDE, self.SIDE)
        with _opening(model) as file:
            self._detector = cv2.FaceDetectorYN.create(file, "", size, self.SURE, self.APART, self.MOST)
        named = "shape_predictor_5_face_landmarks.dat"
        self._landmarks = dlib.shape_predictor(str(model_file("face_recognition_models", named))) if points else None

    def find(self, picture: Picture, smallest: int) -> list[Found]:
        scale = min(1.0, self.SIDE / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        faces = np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)
        found = [self._found(picture, np.concatenate([row[:14] / scale, row[14:]])) for row in faces]
        return [face for face in found if face.box[2] >= min(smallest, self.SHOWN / scale)]

    def _found(self, picture: Picture, row: Template) -> Found:
        """A row is the box, five points (eyes, nose, corners of the mouth) and the score."""
        box = _inside(picture, row)
        if self._landmarks is not None:
            return landmarked(self._landmarks, picture, box)
        return Found(box, row[4:10].reshape(3, 2), row)


class SFaceDescriber:
    """Templates of length one, so that their distance is Euclidean like dlib's (2 - 2 × cosine, under the root)."""

    def __init__(self, model: ModelFile) -> None:
        with _opening(model) as file:
            self._recogniser = cv2.FaceRecognizerSF.create(file, "")

    def describe(self, picture: Picture, found: Found) -> Template:
        chip = self._recogniser.alignCrop(picture, np.asarray(found.mark, np.float32)[None])
        template = np.asarray(self._recogniser.feature(chip), np.float32).ravel()
        return template / max(float(np.linalg.norm(template)), 1e-9)


@contextmanager
def _opening(model: ModelFile) -> Iterator[str]:
    file = checked(model)
    try:
        yield str(file)
    except cv2.error as error:
        raise _wrong(
            file, f"is no model that OpenCV loads: {' '.join(str(error).split())}", "supply an ONNX file"
        ) from None


def _inside(picture: Picture, row: Template) -> Box:
    rows, columns = map(int, picture.shape[:2])
    left, top = max(0, round(float(row[0]))), max(0, round(float(row[1])))
    right, bottom = min(columns, round(float(row[0] + row[2]))), min(rows, round(float(row[1] + row[3])))
    return (left, top, max(0, right - left), max(0, bottom - top))


def _wrong(file: Path, what: str, mend: str) -> ConfigError:
    return ConfigError([Mistake(file, 0, what, mend)])
