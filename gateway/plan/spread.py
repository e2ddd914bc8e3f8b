"""Devices without a position of their own, spread over the place where they are."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gateway.plan.model import Anchor, Point

SPACING = 46
_ALONE = 120
"""Side of the square around a place that is a point."""


def spread(anchor: Anchor, count: int) -> Iterator[Point]:
    """`count` different points in the place's outline, in rows around its middle."""
    width, height = _extent(anchor)
    (x, y) = anchor.at
    columns = max(1, min(count, round(math.sqrt(count * max(width, 1) / max(height, 1)))))
    rows = math.ceil(count / columns)
    across, down = min(SPACING, width / columns), min(SPACING, height / rows)
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        yield x + (column - (in_row - 1) / 2) * across, y + (row - (rows - 1) / 2) * down


def _extent(anchor: Anchor) -> Point:
    if not anchor.outline:
        return _ALONE, _ALONE
    xs, ys = [x for x, _ in anchor.outline], [y for _, y in anchor.outline]
    return max(xs) - min(xs), max(ys) - min(ys)
