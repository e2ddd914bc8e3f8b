"""The background colour of a plate, as far as it tells which plates are likely."""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np

from gateway.vision.recognise.geometry import Picture


class PlateColour(Enum):
    """Background colours with plates of their own."""

    ANY = "any"
    """Blue, yellow, black, or unclear."""
    GREEN = "green"
    """Light, with dark characters: new energy."""
    DARK_GREEN = "dark green"
    """With light characters: tractors, airports."""
    WHITE = "white"
    """Police, forces, rescue services."""


_NEW_ENERGY = (np.array((38, 40, 20)), np.array((92, 255, 255)))
_NEW_ENERGY_SHARE = 0.35
_GREEN_HUES, _GREEN_SATURATION = (40.0, 92.0), 60.0
_WHITE_SATURATION = 50.0
_SIZE = (128, 40)
"""Size in pixels at which the colour is classified, so that large plates take no longer than small ones."""


def classify_colour(line: Picture) -> PlateColour:
    """By hue and by whether the characters are dark: cameras show one blue plate in twelve greenish."""
    small = np.asarray(cv2.resize(line, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    dark = dark_on_light(small)
    if dark and float((cv2.inRange(hsv, *_NEW_ENERGY) > 0).mean()) > _NEW_ENERGY_SHARE:
        return PlateColour.GREEN
    hue, saturation, _ = np.median(hsv.reshape(-1, 3), axis=0)
    if not dark and _GREEN_HUES[0] <= hue <= _GREEN_HUES[1] and saturation > _GREEN_SATURATION:
        return PlateColour.DARK_GREEN
    return PlateColour.WHITE if dark and saturation < _WHITE_SATURATION else PlateColour.ANY


def dark_on_light(line: Picture) -> bool:
    """Characters cover less than half of a plate, so its median brightness is nearer to the background's."""
    rows, columns = line.shape[:2]
    # without the border, which shows the surroundings
    inner = line[rows // 6 : rows - rows // 6, columns // 20 : columns - columns // 20]
    dark, middle, light = np.percentile(cv2.cvtColor(inner, cv2.COLOR_BGR2GRAY), (5, 50, 95))
    return bool(middle > (dark + light) / 2)
