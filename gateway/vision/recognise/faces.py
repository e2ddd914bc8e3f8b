"""Face detection, template extraction, and measures of how well a face shows its person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.dlib_faces import DlibExtractor, HogFaceDetector
from gateway.vision.recognise.encoder import TEMPLATE_LENGTH, Template
from gateway.vision.recognise.face_location import FaceDetector, Points, TemplateExtractor
from gateway.vision.recognise.geometry import Box, Picture

__all__ = ["MIN_FACE_PIXELS", "TEMPLATE_LENGTH", "Box", "Face", "FaceReader", "Picture", "Template"]

MIN_FACE_PIXELS = 80
"""Face width below which HOG finds nothing; below 64 templates are poor (MEASURED.md, Faces)."""
_MARGIN_SHARE = 0.4
"""Margin as a share of the longer side: HOG needs room around a face that fills the picture."""
_ROTATIONS = (0, -25, 25)
"""Degrees by which a picture is rotated to find a tilted head."""


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
        """Smallest widths to search for, in turn.

        A large picture is scaled down, so that in 12 megapixels faces of 145 px are the smallest at half of the
        size. In a small picture a quarter of the size costs little, and a face too small to enrol is reported as
        such.
        """
        area = picture.shape[0] * picture.shape[1]
        quarter = area > 4 * HogFaceDetector.MAX_PIXELS or 4 * area < HogFaceDetector.MAX_PIXELS
        return (
            (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2, MIN_FACE_PIXELS // 4)
            if quarter
            else (MIN_FACE_PIXELS, MIN_FACE_PIXELS // 2)
        )


def _to_original(face: Face, inverse: NDArray[np.float64], margin: int, picture: Picture) -> Face:
    """The face with its box in the coordinates of the picture before rotation and margin."""
    x, y, width, height = face.box
    middle = inverse @ (x + width / 2, y + height / 2, 1) - margin
    left, top = round(middle[0] - width / 2), round(middle[1] - height / 2)
    rows, columns = picture.shape[:2]
    right, bottom = min(columns, left + width), min(rows, top + height)
    box = (max(0, left), max(0, top), right - max(0, left), bottom - max(0, top))
    return replace(face, box=box, low_confidence=True)


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
