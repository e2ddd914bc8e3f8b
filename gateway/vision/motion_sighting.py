"""Converts a motion event of the gates to a sighting with its picture."""

from __future__ import annotations

from collections.abc import Callable

from gateway.vision.motion.events import MotionEvent
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame


def motion_sighting(event: MotionEvent, frame: DecodedFrame | None, wall_time: Callable[[float], float]) -> Sighting:
    """A motion event as a sighting. `wall_time` turns the stream's time into seconds since 1970."""
    if event.end is not None:
        lasted = {"seconds": round(event.end - event.start, 1)}
        return Sighting(event.kind, wall_time(event.end), {**event.data, **lasted})
    if frame is None or event.box is None:
        return Sighting(event.kind, wall_time(event.start), dict(event.data), frame.jpeg() if frame else b"")
    box = _pixels(event.box, frame)
    return Sighting(event.kind, wall_time(event.start), {**event.data, "box": box}, frame.jpeg(box=box))


def _pixels(share: tuple[float, float, float, float], frame: DecodedFrame) -> tuple[int, int, int, int]:
    """A box in shares of the picture as x, y, width, height in pixels."""
    width, height = frame.size
    x, y, across, down = share
    return round(x * width), round(y * height), round(across * width), round(down * height)
