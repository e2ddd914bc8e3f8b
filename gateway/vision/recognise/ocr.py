"""RapidOCR's two models (PP-OCRv6, in its wheel): text detection, and character scores of each column.

The wheel's own code returns only a string. Plates need the scores before that, so the models are run here.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from gateway.vision.recognise import plate_head
from gateway.vision.recognise.ctc import Floats, TextScores
from gateway.vision.recognise.geometry import Picture, Quad, order_corners
from gateway.vision.recognise.model_files import load_converted, load_session, model_file

LOOKS_LIKE = {"1": "Iil|", "0": "Oo〇"}
"""Characters that the general recogniser reads for a plate's 1 and 0."""
_MIN_PROBABILITY = 1e-6
_OTHER_AS_BLANK = 0.5
"""Share of the probability of characters that are on no plate (a screw, the separator's dot) that counts as blank."""


class TextDetector:
    """Finds quads around lines of text (differentiable binarisation)."""

    THRESHOLD = 0.3
    MIN_MEAN = 0.5
    UNCLIP = 1.6

    def __init__(self, threads: int = 1) -> None:
        self._session = load_session(model_file("rapidocr", "*_det_*.onnx"), threads)
        self._input = self._session.get_inputs()[0].name

    def find(self, picture: Picture, side: int = 800) -> list[Quad]:
        """Quads in the picture's own pixels; a picture larger than `side` is scaled down first."""
        small, scale = _fit(picture, side)
        tensor = small.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        probability_map = self._session.run(None, {self._input: tensor})[0][0, 0]
        mask = cv2.dilate((probability_map > self.THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
        outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads = (self._quad(probability_map, np.asarray(outline, np.int32)) for outline in outlines)
        return [quad * scale for quad in quads if quad is not None]

    def _quad(self, probability_map: NDArray[np.float32], outline: NDArray[np.int32]) -> Quad | None:
        """The outline's rectangle, grown back by what training shrank it (area × 1.6 / perimeter)."""
        (x, y), (width, height), angle = cv2.minAreaRect(outline)
        if min(width, height) < 3 or self._mean_inside(probability_map, outline) < self.MIN_MEAN:
            return None
        grow = 2 * self.UNCLIP * width * height / (2 * (width + height))
        corners = cv2.boxPoints(((x, y), (width + grow, height + grow), angle))
        return order_corners(np.asarray(corners, np.float32))

    @staticmethod
    def _mean_inside(probability_map: NDArray[np.float32], outline: NDArray[np.int32]) -> float:
        x, y, width, height = cv2.boundingRect(outline)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillPoly(inside, [outline - np.array([x, y])], 1)
        return float(cv2.mean(probability_map[y : y + height, x : x + width], inside)[0])


def _fit(picture: Picture, side: int) -> tuple[Picture, Quad]:
    """Scaled to sides in steps of 32, as the network needs, and the factors to scale back."""
    height, width = picture.shape[:2]
    shrink = min(1.0, side / max(height, width))
    columns, rows = (max(32, round(length * shrink / 32) * 32) for length in (width, height))
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR)
    return np.asarray(small, np.uint8), np.array([width / columns, height / rows], np.float32)


class TextRecogniser:
    """Gives the probability of each character of `alphabet` for every column of a line of text."""

    HEIGHT, WIDTH, MAX_WIDTH = 48, 192, 224

    def __init__(self, alphabet: str, lookalikes_of: Mapping[str, str] = LOOKS_LIKE, threads: int = 1) -> None:
        self._session = _recogniser(alphabet, threads)
        self._input = self._session.get_inputs()[0].name
        characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        columns_by_character = {character: column for column, character in enumerate(characters, start=1)}
        self._columns = [columns_by_character[character] for character in alphabet]
        self._lookalikes = [
            (alphabet.index(character), [columns_by_character[each] for each in others if each in columns_by_character])
            for character, others in lookalikes_of.items()
        ]

    def read(self, line: Picture, width: int = WIDTH) -> TextScores:
        """`line` is one upright line of text, tightly cropped; it is scaled to `width` pixels, at most MAX_WIDTH."""
        tensor = np.zeros((1, 3, self.HEIGHT, self.MAX_WIDTH), np.float32)
        interpolation = cv2.INTER_AREA if line.shape[1] > 2 * width else cv2.INTER_LINEAR
        scaled = cv2.resize(line, (width, self.HEIGHT), interpolation=interpolation)
        tensor[0, :, :, :width] = scaled.transpose(2, 0, 1) / 127.5 - 1
        return self._scores(self._session.run(None, {self._input: tensor})[0][0])

    def _scores(self, scores: NDArray[np.float32]) -> TextScores:
        output: Floats = scores.astype(np.float64)
        probabilities: Floats = output[:, self._columns]
        for column, lookalikes in self._lookalikes:
            probabilities[:, column] += output[:, lookalikes].sum(axis=1)
        other = np.clip(1 - output[:, 0] - probabilities.sum(axis=1), 0, 1)
        return TextScores(
            np.log(probabilities + _MIN_PROBABILITY),
            np.log(output[:, 0] + _OTHER_AS_BLANK * other + _MIN_PROBABILITY),
            probabilities,
        )


def _recogniser(alphabet: str, threads: int) -> InferenceSession:
    """The model with its head trimmed to plates; without `onnx` the whole one, a third slower and twice as large."""
    whole = model_file("rapidocr", "*_rec_*.onnx")
    try:
        name = plate_head.model_name(alphabet)
        return load_converted(name, whole, lambda source: plate_head.trim_head(source, alphabet), threads)
    except ImportError:
        return load_session(whole, threads)
