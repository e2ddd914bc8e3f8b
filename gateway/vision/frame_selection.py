"""Decodes exactly the pictures of one camera that its gates ask for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.motion.events import DecodeRequest
from gateway.vision.motion.gates import MotionGates
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.rtp.access_unit import AccessUnit

MAX_REFRESHES = 16
MAX_FRAME_AGE = 20.0
"""Seconds before a unit from which decoding may begin and whose frames are still analysed; older ones were analysed
before or skipped (a stream whose only keyframe was long ago). Less than what the gates take for a jump of the
stream's time."""


class RandomAccessPoints:
    """Tells at which units a whole picture can be decoded: at keyframes, and where a gradual refresh is complete.

    A stream with gradual refresh (GDR, intra refresh) has no keyframes: decoding begins at a recovery point, and some
    pictures later every part of the picture was coded anew.
    """

    def __init__(self) -> None:
        self._count = 0
        self._due: deque[int] = deque(maxlen=MAX_REFRESHES)

    @property
    def is_refreshing(self) -> bool:
        """Whether a refresh is under way. While none is and none begins, `accept` need not be called."""
        return bool(self._due)

    def accept(self, unit: AccessUnit) -> bool:
        """Count one unit; whether its picture is whole and may be decoded like a keyframe."""
        if not (unit.recovery or self._due):
            return unit.key
        self._count += 1
        # A loss breaks every refresh under way: parts of the picture would stay wrong.
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

    def __init__(self, gates: MotionGates, decoder: CameraDecoder) -> None:
        self._gates = gates
        self._decoder = decoder
        self._points = RandomAccessPoints()
        self._is_refreshing = False

    def decide(self, unit: AccessUnit) -> DecodeRequest:
        """What to decode for this unit. Call it for every unit, in order."""
        key = unit.key
        if unit.recovery or self._is_refreshing:
            key = self._points.accept(unit)
            self._is_refreshing = self._points.is_refreshing
        return self._gates.add_packet(unit.time_s, key, unit.size)

    def decode_keyframe(self, unit: AccessUnit, keyframes: KeyframeDecoder) -> list[DecodedFrame]:
        """For DecodeRequest.KEYFRAME: the picture at this unit; empty where part of it is missing."""
        self._decoder.reset()
        return self._decoder.decode_alone(unit, keyframes)

    def decode_all(self, unit: AccessUnit, want: DecodeRequest) -> Iterator[DecodedFrame]:
        """For DecodeRequest.ALL and DecodeRequest.REWIND: every picture up to this unit."""
        if want is DecodeRequest.REWIND:
            return self._decoder.decode_from(unit, self._gates.rewind_to)
        since = unit.time_s - MAX_FRAME_AGE
        return (frame for frame in self._decoder.decode(unit) if frame.time >= since)
