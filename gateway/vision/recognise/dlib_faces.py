"""dlib's face detector, landmarks and template extractor, used unless the installer supplies models."""

from __future__ import annotations

import cv2
import dlib
import numpy as np

from gateway.vision.recognise.encoder import FaceEncoder, Template, fastest_encoder
from gateway.vision.recognise.face_location import FaceLocation, Points
from gateway.vision.recognise.geometry import Box, Picture
from gateway.vision.recognise.model_files import model_file


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
        """The faces of `min_pixels` width and more, by scaling the picture so that these fill the detector's window."""
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        rows, columns = gray.shape
        upscaling = self.WINDOW_PIXELS / min_pixels
        scale = min(upscaling, max(1.0, upscaling) * (self.MAX_PIXELS / (rows * columns)) ** 0.5)
        if scale != 1:
            interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            # enlarged for faces smaller than the detector's window, reduced for large pictures
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


def rgb(picture: Picture) -> Picture:
    """BGR to RGB."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
