"""The pictures that a camera's gates want, out of its units: decoded no more than they ask for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.motion.event import Want
from gateway.vision.motion.gates import Gates
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.rtp.access_unit import AccessUnit

MAX_REFRESHES = 16
MAX_FRAME_AGE = 20.0
"""Seconds before a unit that its decoding may begin and be looked at; what is older was looked at, or let go (a stream
whose only keyframe was long ago). Less than what the gates take for a leap of the stream."""


class RandomAccessPoints:
    """At which units a picture can be had by itself: at a keyframe, and where a gradual refresh has come full circle.

    A stream with gradual refresh (GDR, intra refresh) has no keyframes: decoding begins at a recovery point, and some
    pictures later every part of the picture was coded anew.
    """

    def __init__(self) -> None:
        self._count = 0
        self._due: deque[int] = deque(maxlen=MAX_REFRESHES)

    @property
    def is_waiting(self) -> bool:
        """Whether a refresh is under way; if not, and none begins, `take` need not be asked."""
        return bool(self._due)

    def take(self, unit: AccessUnit) -> bool:
        if not (unit.recovery or self._due):
            return unit.key
        self._count += 1
        if unit.lost:
            self._due.clear()
        if unit.key:
            if not unit.recovery:
                self._due.clear()
                return True
            if not unit.lost:
                self._due.append(self._count + unit.recovery)
        if self._due and self._count >= self._due[0]:
            self._due.popleft()
            return True
        return False


class FrameSelector:
    """One camera's. For one thread."""

    def __init__(self, gates: Gates, pictures: CameraDecoder) -> None:
        self._gates = gates
        self._pictures = pictures
        self._starts = RandomAccessPoints()
        self._is_refreshing = False

    def want(self, unit: AccessUnit) -> Want:
        """What to do about this unit; to be asked of every one."""
        key = unit.key
        if unit.recovery or self._is_refreshing:
            key = self._starts.take(unit)
            self._is_refreshing = self._starts.is_waiting
        return self._gates.packet(unit.time_s, key, unit.size)

    def alone(self, unit: AccessUnit, keys: KeyframeDecoder) -> list[DecodedFrame]:
        """For Want.KEY: the picture at this unit. None where something of it is missing."""
        self._pictures.rest()
        return self._pictures.alone(unit, keys)

    def all(self, unit: AccessUnit, want: Want) -> Iterator[DecodedFrame]:
        """For Want.ALL and Want.BACK."""
        if want is Want.BACK:
            return self._pictures.back(unit, self._gates.back_to)
        since = unit.time_s - MAX_FRAME_AGE
        return (frame for frame in self._pictures.all(unit) if frame.time >= since)
