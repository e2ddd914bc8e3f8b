"""Plates of two rows: the upper row is put before the lower.

Yellow are those of large vehicles' rear and of trailers, white those of the forces' rear, green those of tractors.

440 × 220 mm; province and authority above, five larger characters below (GA 36-2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from gateway.vision.recognise.geometry import Picture, Quad, quad_size

MIN_ROW_RATIO = 2.4
"""Width over height of one row's text at least; what is taller holds two."""
_COLOURS = (
    (np.array((12, 70, 60)), np.array((36, 255, 255))),
    (np.array((0, 0, 110)), np.array((179, 60, 255))),
    (np.array((40, 60, 30)), np.array((92, 255, 255))),
)
"""Ranges of hue (0…179), saturation and value of a yellow, white or green sheet."""
_MIN_SHARES = (0.3, 0.5, 0.4)
"""Of the pixels of such a plate, characters and some surroundings counted in."""
_UPPER_SHARE = 0.40
"""Of a two-row plate's height."""
_ROW_HEIGHT = 48


def may_have_two_rows(picture: Picture) -> bool:
    """Whether its colour is that of plates that have two rows."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    return any(
        float((cv2.inRange(hsv, low, high) > 0).mean()) > share
        for (low, high), share in zip(_COLOURS, _MIN_SHARES, strict=True)
    )


def row_pairs(quads: Sequence[Quad]) -> Iterator[tuple[Quad, Quad]]:
    """Quads that may be the upper and the lower row of one plate."""
    return ((upper, lower) for upper in quads for lower in quads if upper is not lower and _stacked(upper, lower))


def _stacked(upper: Quad, lower: Quad) -> bool:
    (width, height), (below_width, below_height) = quad_size(upper), quad_size(lower)
    offset = lower.mean(axis=0) - upper.mean(axis=0)
    gap = float(offset[1]) - (height + below_height) / 2
    return (
        0.3 < width / below_width < 1.0
        and 0.35 < height / below_height < 1.2
        and abs(float(offset[0])) < 0.25 * below_width
        and -0.35 * below_height < gap < 0.5 * below_height
    )


def join_rows(upper: Picture, lower: Picture) -> Picture:
    """One line of both."""
    return np.asarray(np.hstack([_scale_row(upper), _scale_row(lower)]), np.uint8)


def split_rows(plate: Picture) -> Picture:
    """A whole plate of two rows as one line. The upper row's empty sides are cut off."""
    rows, columns = plate.shape[:2]
    middle = max(1, round(rows * _UPPER_SHARE))
    side = round(columns * 0.18)
    return join_rows(plate[:middle, side : columns - side], plate[middle:])


def _scale_row(row: Picture) -> Picture:
    rows, columns = row.shape[:2]
    width = max(8, round(columns * _ROW_HEIGHT / max(1, rows)))
    return np.asarray(cv2.resize(row, (width, _ROW_HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
