"""Photographs and clips as frames, for the commands that try a recogniser on a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import cv2
import numpy as np

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.decoder import Decoder, Frame, Picture
from gateway.vision.stream.pyav import PyAvSource

_SLACK = 1e-3
"""Stamps are rounded; without it every fifth frame would become every sixth."""


def is_photograph(file: str) -> bool:
    """By its first bytes; otherwise it may be a clip."""
    return bool(cv2.haveImageReader(file))


def photograph(file: str) -> Picture:
    """BGR, the right way up, even when its end is missing. Raises BadInput when there is no picture in it."""
    picture = cv2.imread(file, cv2.IMREAD_COLOR)
    return np.asarray(picture, np.uint8) if picture is not None else next(looks(file)).bgr


def looks(file: str, every: float = 0.0) -> Iterator[Frame]:
    """The frames of a file, at least `every` seconds apart. Raises BadInput when there is none."""
    first = due = float("-inf")
    try:
        for frame in _frames(file):
            if frame.time >= due:
                due = frame.time + every - _SLACK
                yield frame
    except LinkLost as error:
        raise BadInput(str(error), b"") from None
    if due == first:
        raise BadInput(f"{file} holds no picture that can be read", b"")


def _frames(file: str) -> Iterator[Frame]:
    with closing(PyAvSource(file)) as source:
        decoder = Decoder(source.coding)
        for packet in source.packets():
            yield from decoder.decode(packet)
