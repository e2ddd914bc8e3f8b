"""Face detection, template extraction, and measures of how well a face shows its person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.encoder import TEMPLATE_LENGTH, FaceEncoder, Template, fastest_encoder
from gateway.vision.recognise.geometry import Box, Picture
from gateway.vision.recognise.model_files import model_file

__all__ = ["MIN_FACE_PIXELS", "TEMPLATE_LENGTH", "Box", "Face", "FaceReader", "Picture", "Template"]

MIN_FACE_PIXELS = 80
"""Face width below which HOG finds nothing; below 64 templates are poor (MEASURED.md, Faces)."""
_MARGIN_SHARE = 0.4
"""Margin as a share of the longer side: HOG needs room around a face that fills the picture."""
_ROTATIONS = (0, -25, 25)
"""Degrees by which a picture is rotated to find a tilted head."""
Points = NDArray[np.float32]
"""Centre of one eye, of the other, tip of the nose: x, y in the picture's pixels."""


@dataclass(frozen=True, slots=True)
class Face:
    """`sharpness` is the variance of the Laplacian at a fixed size.

    `nose_offset` is how far the nose is from between the eyes, along their line, in distances of the eyes: 0 faces
    the camera, 0.5 is a half profile; its sign is the side.
    """

    box: Box
    template: Template = field(repr=False)
    sharpness: float = 0.0
    nose_offset: float = 0.0
    low_confidence: bool = False
    """Found only by the thorough search: covered in part, much turned, or cut off by the picture's edge."""

    @property
    def head_turn(self) -> float:
        """`nose_offset` without its sign."""
        return abs(self.nose_offset)


@dataclass(frozen=True, slots=True)
class FaceLocation:
    """A detected face. `detection` is the detector's own result, for the extractor that belongs to it."""

    box: Box
    points: Points
    detection: object = field(repr=False)


class FaceDetector(Protocol):
    """Finds faces in a BGR picture."""

    def find(self, picture: Picture, min_pixels: int) -> Sequence[FaceLocation]:
        """The faces of `min_pixels` width and more."""
        ...


class TemplateExtractor(Protocol):
    """Computes templates of detected faces."""

    def extract(self, picture: Picture, found: FaceLocation) -> Template:
        """The template of one detected face."""
        ...


class FaceReader:
    """Detects faces and extracts their templates. Loads its models when it is made.

    For one thread: two threads in one dlib detector crash.
    """

    def __init__(self, detector: FaceDetector | None = None, extractor: TemplateExtractor | None = None) -> None:
        self._detector = detector or HogFaceDetector()
        self._extractor = extractor or DlibExtractor()

    def find(self, picture: Picture, *, min_pixels: int = MIN_FACE_PIXELS) -> list[Face]:
        """All faces of a BGR picture, largest first; half of `min_pixels` takes four times as long."""
        found = sorted(self._detector.find(picture, min_pixels), key=lambda face: -face.box[2] * face.box[3])
        return [
            Face(
                face.box,
                self._extractor.extract(picture, face),
                sharpness(picture, face.box),
                nose_offset(face.points),
            )
            for face in found
            if min(face.box[2:]) > 1
        ]

    def find_thoroughly(self, picture: Picture) -> list[Face]:
        """For photographs: if no face is found, search for smaller ones, then for tilted and half-hidden ones.

        The latter are `low_confidence`: 150 px portraits of people in masks or sunglasses, or tightly cropped
        (MEASURED.md, Faces).
        """
        for min_pixels in self._search_sizes(picture):
            if found := self.find(picture, min_pixels=min_pixels):
                return found
        return self._find_rotated(picture)

    def _find_rotated(self, picture: Picture) -> list[Face]:
        """Search with a margin and rotated upright; boxes are where the face is in `picture`, without its tilt."""
        margin = round(max(picture.shape[:2]) * _MARGIN_SHARE)
        wide = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        middle = (wide.shape[1] / 2, wide.shape[0] / 2)
        for rotation in _ROTATIONS:
            matrix = cv2.getRotationMatrix2D(middle, rotation, 1)
            upright = cv2.warpAffine(wide, matrix, wide.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
            found = self.find(np.asarray(upright, np.uint8), min_pixels=MIN_FACE_PIXELS // 2)
            inverse = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
            faces = [_to_original(face, inverse, margin, picture) for face in found]
            if inside := [face for face in faces if min(face.box[2:]) > 1]:
                return inside
        return []

    @staticmethod
    def _search_sizes(picture: Picture) -> tuple[int, ...]:
        """A large picture is scaled down, so that in 12 megapixels faces of 145 px are the smallest at half of the
        size.

        In a small picture a quarter of the size costs little, and a face too small to enrol is reported as such.
        """
        area = picture.shape[0] * picture.shape[1]
        quarter = area > 4 * HogFaceDetector.MAX_PIXELS or 4 * area < HogFaceDetector.MAX_PIXELS
        return (
            (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2, MIN_FACE_PIXELS // 4)
            if quarter
            else (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2)
        )


class HogFaceDetector:
    """dlib's HOG detector on the grey picture, with its five landmarks."""

    WINDOW_PIXELS = 80
    MAX_PIXELS = 1280 * 720
    """Larger pictures are scaled down to this before detection: 47 ms at 720p, 107 at 1080p."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(
            str(model_file("face_recognition_models", "shape_predictor_5_face_landmarks.dat"))
        )

    def find(self, picture: Picture, min_pixels: int) -> list[FaceLocation]:
        """The faces of `min_pixels` width and more; scales the picture so that these have the detector's
        window size.
        """
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        rows, columns = gray.shape
        upscaling = self.WINDOW_PIXELS / min_pixels
        scale = min(upscaling, max(1.0, upscaling) * (self.MAX_PIXELS / (rows * columns)) ** 0.5)
        if scale != 1:
            interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=interpolation)
        return [self._found(picture, rectangle, scale) for rectangle in self._detector(gray, 0)]

    def _found(self, picture: Picture, rectangle: dlib.rectangle, scale: float) -> FaceLocation:
        left, top, right, bottom = (
            round(side / scale)
            for side in (rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
        )
        rows, columns = picture.shape[:2]
        x, y = max(0, left), max(0, top)
        box = (x, y, min(columns, right) - x, min(rows, bottom) - y)
        return locate_landmarks(self._landmarks, picture, box)


def locate_landmarks(predictor: dlib.shape_predictor, picture: Picture, box: Box) -> FaceLocation:
    """Locate dlib's five landmarks: two corners of each eye and the nose."""
    x, y, width, height = box
    shape = predictor(rgb(picture), dlib.rectangle(x, y, x + width, y + height))
    corners = np.array([(point.x, point.y) for point in shape.parts()], np.float32)
    return FaceLocation(box, eye_centres_and_nose(corners), shape)


def eye_centres_and_nose(corners: Points) -> Points:
    """From dlib's five landmarks."""
    return np.stack([corners[:2].mean(axis=0), corners[2:4].mean(axis=0), corners[4]])


class DlibExtractor:
    """Rotates and scales a face by its five landmarks, and encodes it. With ONNX the GIL is free meanwhile."""

    CHIP, PADDING = 150, 0.25

    def __init__(self, encoder: FaceEncoder | None = None) -> None:
        self._encoder = encoder or fastest_encoder()

    def extract(self, picture: Picture, found: FaceLocation) -> Template:
        """The template of a face with dlib's landmarks in `detection`."""
        return self._encoder.encode(dlib.get_face_chip(rgb(picture), found.detection, self.CHIP, self.PADDING))


def _to_original(face: Face, inverse: NDArray[np.float64], margin: int, picture: Picture) -> Face:
    """The face with its box in the coordinates of the picture before rotation and margin."""
    x, y, width, height = face.box
    middle = inverse @ (x + width / 2, y + height / 2, 1) - margin
    left, top = round(middle[0] - width / 2), round(middle[1] - height / 2)
    rows, columns = picture.shape[:2]
    right, bottom = min(columns, left + width), min(rows, top + height)
    box = (max(0, left), max(0, top), right - max(0, left), bottom - max(0, top))
    return replace(face, box=box, low_confidence=True)


def rgb(picture: Picture) -> Picture:
    """BGR to RGB."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def sharpness(picture: Picture, box: Box) -> float:
    """Variance of the Laplacian over the face at a fixed size, so that faces of any size compare."""
    x, y, width, height = box
    gray = cv2.cvtColor(picture[y : y + height, x : x + width], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(cv2.resize(gray, (96, 96), interpolation=cv2.INTER_AREA), cv2.CV_32F).var())


def nose_offset(points: Points) -> float:
    """See `Face`; 1 if the eyes are too close together to tell."""
    eyes = points[1] - points[0]
    apart = float(np.linalg.norm(eyes))
    if apart < 1:
        return 1.0
    return float((points[2] - (points[0] + points[1]) / 2) @ eyes) / apart**2
