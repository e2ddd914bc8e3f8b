"""Runs the motion gates on a whole file, packet by packet as on a live camera: for `anju try motion`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from gateway.errors import BadInput, LinkLost
from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.frame_selection import FrameSelector
from gateway.vision.motion.gates import Event, Gates, Want
from gateway.vision.stream.address import ffmpeg_path
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.passthrough import PassthroughUnits
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import AccessUnit


class FileMotionDetector:
    """Drives the gates of one file: decodes what they ask for, and no more."""

    RING_SECONDS, RING_BYTES = 60.0, 256 << 20
    """Kept for going back to a keyframe; large, because a file may have one keyframe for all its pictures."""

    def __init__(self, gates: Gates, coding: CodecParameters) -> None:
        self.gates = gates
        self._units = _units(coding)
        self._ring = PacketRing(self.RING_SECONDS, self.RING_BYTES, self.RING_BYTES)
        self._decoder = CameraDecoder(self._ring.units)
        self._selector = FrameSelector(gates, self._decoder)
        self._keys = KeyframeDecoder()

    def process(self, packet: Packet) -> Iterator[Event]:
        """The motion events that this packet completes."""
        unit = self._units(packet)
        self._ring.add(unit)
        want = self._selector.decide(unit)
        yield from self.gates.settle(packet.time)
        for frame in self._frames(want, unit):
            if self.gates.due(frame.time):
                yield from self.gates.see(
                    frame.luma(frame.size[0]), frame.time, whole=not frame.damaged, colours=frame.colours
                )

    def _frames(self, want: Want, unit: AccessUnit) -> Iterable[DecodedFrame]:
        if want is Want.NOTHING:
            self._decoder.reset()
            return ()
        return (
            self._selector.decode_keyframe(unit, self._keys)
            if want is Want.KEY
            else self._selector.decode_all(unit, want)
        )


def _units(coding: CodecParameters) -> Callable[[Packet], AccessUnit]:
    try:
        return PyAvUnits(coding).access_unit
    except BadInput:
        return PassthroughUnits(coding).access_unit


def events(file: str, gates: Gates) -> Iterator[Event]:
    """All motion events of a file, in order. Raises BadInput when it can't be read."""
    read = 0
    try:
        with closing(PyAvSource(ffmpeg_path(file))) as source:
            detector = FileMotionDetector(gates, source.coding)
            for packet in source.packets():
                read += 1
                yield from detector.process(packet)
    except LinkLost as error:
        raise BadInput(str(error), b"") from None
    if not read:
        raise BadInput(f"{file} holds no picture that can be read", b"")
    yield from gates.finish()


LEARNING_TIME = 10.0
"""Seconds in which every picture is decoded: in a short clip the first seconds matter as much as the last."""


def motions(file: str, sensitivity: float = 0.5) -> list[tuple[float, float]]:
    """Start and end of every movement, in seconds from the beginning. Raises BadInput when the file can't be read."""
    seen = events(file, Gates(sensitivity, begin=LEARNING_TIME))
    return sorted((one.start, one.end) for one in seen if one.kind == "motion.ended" and one.end is not None)
