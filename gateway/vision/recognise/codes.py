"""QR codes of passes in a camera's picture, by zxing-cpp.

A code has its own error correction, so one reading is enough: nothing is voted on. Its text is a credential: it goes to
the decision at the door and nowhere else, and the stored picture must not show the code.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
"""Rows × columns."""
MAX_CODES = 4
"""Codes read in one picture: more are a poster, not a pass."""
MAX_TEXT = 512
"""Characters of a pass's code at most; a longer one is none of ours."""
_FORMATS, _PLAIN = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), zxingcpp.TextMode.Plain
_MARGIN = 1.25
"""How much larger than the code its blank is, so that no corner of it can be repaired."""
_BLANK = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code. `box` is x, y, width, height in pixels, `corners` its corners in order around it."""

    text: str = field(repr=False)
    format: str
    box: tuple[int, int, int, int]
    corners: tuple[tuple[int, int], ...]


class CodeVoting:
    """Every reading decides; the text is the identity, so that a code that stays in view is reported once."""

    def quality(self, item: ReadCode) -> float:
        """A larger code is a clearer one."""
        return float(item.box[2] * item.box[3])

    def matches(self, items: Sequence[ReadCode], item: ReadCode) -> bool:
        """Whether it is the same code: the code of a pass changes while it is shown, and then it is another one."""
        return items[-1].text == item.text

    def decide(self, items: Sequence[ReadCode], *, final: bool) -> ReadCode | None:  # noqa: ARG002  of the protocol
        """The newest reading."""
        return items[-1]

    def identity(self, result: ReadCode) -> Hashable:
        """Its text."""
        return result.text


def read_codes(picture: Gray) -> list[ReadCode]:
    """The QR codes of a picture (its brightness), without those whose text can be no pass's."""
    found = zxingcpp.read_barcodes(np.ascontiguousarray(picture), formats=_FORMATS, text_mode=_PLAIN)
    codes = [_code(one) for one in found[:MAX_CODES] if one.valid]
    return [code for code in codes if 0 < len(code.text) <= MAX_TEXT and code.text.isprintable()]


def without_codes(picture: NDArray[np.uint8], codes: Sequence[ReadCode]) -> NDArray[np.uint8]:
    """The picture (BGR) with these codes painted over."""
    picture = picture.copy()
    for code in codes:
        corners = np.array(code.corners, np.float32)
        middle = corners.mean(axis=0)
        blank = (middle + (corners - middle) * _MARGIN).round().astype(np.int32)
        cv2.fillConvexPoly(picture, blank, _BLANK)
    return picture


def _code(found: zxingcpp.Barcode) -> ReadCode:
    at = found.position
    corners = tuple((p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left))
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    box = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    return ReadCode(found.text, str(found.format.name), box, corners)
