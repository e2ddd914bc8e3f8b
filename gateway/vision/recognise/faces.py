"""Faces in a picture: found by dlib's HOG detector, described by face_recognition's encoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Template = NDArray[np.float32]
"""LENGTH numbers; the Euclidean distance of two is small when they are one person's."""
Box = tuple[int, int, int, int]

LENGTH = 128
SMALLEST = 80
"""Pixels across below which HOG finds nothing (MEASURED.md, Faces)."""


@dataclass(frozen=True, slots=True)
class Face:
    """`box` is x, y, width, height in the picture's pixels; `sharpness` the variance of its Laplacian."""

    box: Box
    template: Template = field(repr=False)
    sharpness: float = 0.0


class FaceReader:
    """For one thread: a dlib detector shared by two crashes. Loads its models when it is made."""

    MOST_PIXELS = 1280 * 720
    """Larger pictures are scaled down to this before the search: 47 ms at 720p, 107 at 1080p."""

    def __init__(self) -> None:
        with catch_warnings():
            simplefilter("ignore")  # pkg_resources, by which its models are found, is deprecated
            import face_recognition  # noqa: PLC0415  its models take half a second: only who looks at faces pays

        self._detector = dlib.get_frontal_face_detector()
        self._encodings = face_recognition.face_encodings

    def find(self, picture: Picture, *, upsample: bool = False) -> list[Face]:
        """All faces of a BGR picture, the largest first. `upsample` also finds those from 40 pixels on, at ×4 time."""
        boxes = sorted(self._boxes(picture, upsample), key=lambda box: -box[2] * box[3])
        if not boxes:
            return []
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        corners = [(y, x + width, y + height, x) for x, y, width, height in boxes]
        templates = self._encodings(rgb, known_face_locations=corners, model="small")
        return [
            Face(box, np.asarray(template, np.float32), sharpness(picture, box))
            for box, template in zip(boxes, templates, strict=True)
        ]

    def _boxes(self, picture: Picture, upsample: bool) -> list[Box]:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        rows, columns = gray.shape
        scale = min(1.0, (self.MOST_PIXELS / (rows * columns)) ** 0.5)
        if scale < 1:
            gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._detector(gray, 1 if upsample else 0)
        return [_within(rectangle, scale, columns, rows) for rectangle in found]


def _within(rectangle: Any, scale: float, columns: int, rows: int) -> Box:
    left, top = max(0, round(rectangle.left() / scale)), max(0, round(rectangle.top() / scale))
    right, bottom = min(columns, round(rectangle.right() / scale)), min(rows, round(rectangle.bottom() / scale))
    return (left, top, right - left, bottom - top)


def sharpness(picture: Picture, box: Box) -> float:
    """Variance of the Laplacian over the face at one size, so that faces of any size compare."""
    x, y, width, height = box
    gray = cv2.cvtColor(picture[y : y + height, x : x + width], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(cv2.resize(gray, (96, 96), interpolation=cv2.INTER_AREA), cv2.CV_32F).var())
