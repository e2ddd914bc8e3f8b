"""Reads photographs and clips, for the commands that try a recogniser on a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.address import ffmpeg_path
from gateway.vision.stream.decoder import DecodedFrame, Image, PacketDecoder
from gateway.vision.stream.pyav_source import PyAvSource

_ROUNDING = 1e-3
"""Seconds by which timestamps may be rounded; without it every fifth frame would become every sixth."""
_MAX_SIDE = 32_766
"""Pixels: OpenCV's warps count them in 16 bits."""


def is_photograph(file: str) -> bool:
    """Decided by its first bytes; otherwise it may be a clip."""
    return Path(file).is_file() and bool(cv2.haveImageReader(_name(file)))


def photograph(file: str) -> Image:
    """As BGR, rotated as its EXIF data say; the end of the file may be missing. Raises BadInput."""
    try:
        picture = cv2.imread(_name(file), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadInput(f"{file} can't be read as a picture: {error.err}", b"") from None
    if picture is None:
        # A truncated or unusual file that FFmpeg may still decode.
        return next(sampled_frames(file)).bgr
    if max(picture.shape) > _MAX_SIDE:
        rows, columns = picture.shape[:2]
        raise BadInput(f"{file} is {columns} × {rows} pixels; scale it down to {_MAX_SIDE} a side", b"")
    return np.asarray(picture, np.uint8)


def _name(file: str) -> str:
    """As bytes: OpenCV takes them too, and crashes on a str that is no valid UTF-8."""
    return cast("str", os.fsencode(file))


def sampled_frames(file: str, interval: float = 0.0) -> Iterator[DecodedFrame]:
    """The frames of a clip, at least `interval` seconds apart. Raises BadInput when there is none."""
    first = due = float("-inf")
    try:
        for frame in _frames(file):
            if frame.time >= due:
                due = frame.time + interval - _ROUNDING
                yield frame
    except LinkLost as error:
        raise BadInput(str(error), b"") from None
    if due == first:
        raise BadInput(f"{file} holds no picture that can be read", b"")


def _frames(file: str) -> Iterator[DecodedFrame]:
    with closing(PyAvSource(ffmpeg_path(file))) as source:
        decoder = PacketDecoder(source.coding)
        for packet in source.packets():
            yield from decoder.decode(packet)
