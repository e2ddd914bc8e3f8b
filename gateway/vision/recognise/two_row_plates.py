"""Plates of two rows: the upper row is put before the lower, to be read as one line.

Yellow ones are at the rear of large vehicles and on trailers, white ones at the rear of the forces' vehicles, green
ones on tractors. 440 × 220 mm; province and authority above, five larger characters below (GA 36-2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from gateway.vision.recognise.geometry import Picture, Quad, quad_size

MIN_ROW_RATIO = 2.4
"""Smallest width over height of one row's text; a taller text has two rows."""
_COLOURS = (
    (np.array((12, 70, 60)), np.array((36, 255, 255))),
    (np.array((0, 0, 110)), np.array((179, 60, 255))),
    (np.array((40, 60, 30)), np.array((92, 255, 255))),
)
"""Ranges of hue (0…179), saturation and value of a yellow, white or green plate."""
_MIN_SHARES = (0.3, 0.5, 0.4)
"""Smallest shares of pixels in these ranges, with characters and some surroundings included."""
_UPPER_SHARE = 0.40
"""Share of a two-row plate's height."""
_ROW_HEIGHT = 48


def may_have_two_rows(picture: Picture) -> bool:
    """Whether its colour is that of plates that have two rows."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    return any(
        float((cv2.inRange(hsv, low, high) > 0).mean()) > share
        for (low, high), share in zip(_COLOURS, _MIN_SHARES, strict=True)
    )


def row_pairs(quads: Sequence[Quad]) -> Iterator[tuple[Quad, Quad]]:
    """Pairs of quads that may be the upper and the lower row of one plate."""
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
    """Both as one line."""
    return np.asarray(np.hstack([_scale_row(upper), _scale_row(lower)]), np.uint8)


def split_rows(plate: Picture) -> Picture:
    """A whole plate of two rows as one line, without the upper row's empty sides."""
    rows, columns = plate.shape[:2]
    middle = max(1, round(rows * _UPPER_SHARE))
    # the upper row is shorter than the plate; its margins would be read as gaps
    side = round(columns * 0.18)
    return join_rows(plate[:middle, side : columns - side], plate[middle:])


def _scale_row(row: Picture) -> Picture:
    rows, columns = row.shape[:2]
    width = max(8, round(columns * _ROW_HEIGHT / max(1, rows)))
    return np.asarray(cv2.resize(row, (width, _ROW_HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
