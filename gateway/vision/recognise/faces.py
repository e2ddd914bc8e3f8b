"""Faces in a picture: found, described by a template, and weighed by how well they show their person."""

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
"""Pixels across below which HOG finds nothing, and below 64 of which templates are poor (MEASURED.md, Faces)."""
_MARGIN_SHARE = 0.4
"""Of the longer side: room for a face that fills the picture, which HOG needs around it."""
_ROTATIONS = (0, -25, 25)
"""Degrees by which a picture is turned to find a head that leans."""
Points = NDArray[np.float32]
"""Middle of one eye, of the other, tip of the nose: x, y in the picture's pixels."""


@dataclass(frozen=True, slots=True)
class Face:
    """`sharpness` is the variance of its Laplacian at one size.

    `nose_offset` is how far the nose stands from between the eyes, along their line, in distances of the eyes: 0 looks
    at the camera, 0.5 is a half profile; its sign says to which side.
    """

    box: Box
    template: Template = field(repr=False)
    sharpness: float = 0.0
    nose_offset: float = 0.0
    low_confidence: bool = False
    """Found only by looking harder than at a gate: covered in part, much turned, cut off by the picture's edge."""

    @property
    def head_turn(self) -> float:
        """`nose_offset`, whichever side it is."""
        return abs(self.nose_offset)


@dataclass(frozen=True, slots=True)
class FaceLocation:
    """A place where a face is, as its finder and describer understand each other."""

    box: Box
    points: Points
    detection: object = field(repr=False)


class FaceDetector(Protocol):
    def find(self, picture: Picture, min_pixels: int) -> Sequence[FaceLocation]: ...


class TemplateExtractor(Protocol):
    def extract(self, picture: Picture, found: FaceLocation) -> Template: ...


class FaceReader:
    """For one thread: a dlib detector shared by two crashes. Loads its models when it is made."""

    def __init__(self, detector: FaceDetector | None = None, extractor: TemplateExtractor | None = None) -> None:
        self._detector = detector or HogFaceDetector()
        self._extractor = extractor or DlibExtractor()

    def find(self, picture: Picture, *, min_pixels: int = MIN_FACE_PIXELS) -> list[Face]:
        """All faces of a BGR picture, the largest first; half the size for `min_pixels` takes four times as long."""
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
        """For photographs: where no face is found, smaller ones are looked for, then leaning and half-hidden ones.

        Those are `low_confidence`: 150 px portraits of people in masks or sunglasses, or cut tightly (MEASURED.md, Faces).
        """
        for min_pixels in self._search_sizes(picture):
            if found := self.find(picture, min_pixels=min_pixels):
                return found
        return self._find_rotated(picture)

    def _find_rotated(self, picture: Picture) -> list[Face]:
        """With room about it and turned upright; the box is where it is in `picture`, without its lean."""
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
        """A larger picture is scaled down, so that in 12 megapixels faces of 145 are the smallest at half the size.

        In a small one a quarter of the size costs little, and a face too small to enrol is told as such.
        """
        area = picture.shape[0] * picture.shape[1]
        quarter = area > 4 * HogFaceDetector.MAX_PIXELS or 4 * area < HogFaceDetector.MAX_PIXELS
        return (
            (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2, MIN_FACE_PIXELS // 4)
            if quarter
            else (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2)
        )


class HogFaceDetector:
    """dlib's HOG detector, on gray, and its five landmarks."""

    WINDOW_PIXELS = 80
    MAX_PIXELS = 1280 * 720
    """Larger pictures are scaled down to this before the search: 47 ms at 720p, 107 at 1080p."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(
            str(model_file("face_recognition_models", "shape_predictor_5_face_landmarks.dat"))
        )

    def find(self, picture: Picture, min_pixels: int) -> list[FaceLocation]:
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
    """The five points of dlib: two corners of each eye and the nose."""
    x, y, width, height = box
    shape = predictor(rgb(picture), dlib.rectangle(x, y, x + width, y + height))
    corners = np.array([(point.x, point.y) for point in shape.parts()], np.float32)
    return FaceLocation(box, eye_centres_and_nose(corners), shape)


def eye_centres_and_nose(corners: Points) -> Points:
    """Of dlib's five points."""
    return np.stack([corners[:2].mean(axis=0), corners[2:4].mean(axis=0), corners[4]])


class DlibExtractor:
    """Turns and scales a face by its five points, and encodes it. The GIL is free meanwhile where ONNX runs."""

    CHIP, PADDING = 150, 0.25

    def __init__(self, encoder: FaceEncoder | None = None) -> None:
        self._encoder = encoder or fastest_encoder()

    def extract(self, picture: Picture, found: FaceLocation) -> Template:
        return self._encoder.encode(dlib.get_face_chip(rgb(picture), found.detection, self.CHIP, self.PADDING))


def _to_original(face: Face, inverse: NDArray[np.float64], margin: int, picture: Picture) -> Face:
    """The face with its box in the coordinates of the picture that was turned and given a margin."""
    x, y, width, height = face.box
    middle = inverse @ (x + width / 2, y + height / 2, 1) - margin
    left, top = round(middle[0] - width / 2), round(middle[1] - height / 2)
    rows, columns = picture.shape[:2]
    right, bottom = min(columns, left + width), min(rows, top + height)
    box = (max(0, left), max(0, top), right - max(0, left), bottom - max(0, top))
    return replace(face, box=box, low_confidence=True)


def rgb(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def sharpness(picture: Picture, box: Box) -> float:
    """Variance of the Laplacian over the face at one size, so that faces of any size compare."""
    x, y, width, height = box
    gray = cv2.cvtColor(picture[y : y + height, x : x + width], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(cv2.resize(gray, (96, 96), interpolation=cv2.INTER_AREA), cv2.CV_32F).var())


def nose_offset(points: Points) -> float:
    """See `Face`; 1 where the eyes are too close to say."""
    eyes = points[1] - points[0]
    apart = float(np.linalg.norm(eyes))
    if apart < 1:
        return 1.0
    return float((points[2] - (points[0] + points[1]) / 2) @ eyes) / apart**2
