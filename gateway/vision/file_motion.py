"""Runs the motion gates on a whole file, packet by packet as on a live camera, for `anju try motion`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from gateway.errors import BadInput, LinkLost
from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.frame_selection import FrameSelector
from gateway.vision.motion.events import DecodeRequest, MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.stream.address import ffmpeg_path
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.passthrough import PassthroughUnits
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import AccessUnit


class FileMotionReader:
    """Drives the gates of one camera: decodes what they request, and no more."""

    MAX_SECONDS, MAX_BYTES = 60.0, 256 << 20
    """Seconds and bytes kept for rewinding: a film may have a single keyframe."""

    def __init__(self, gates: MotionGates, coding: CodecParameters) -> None:
        self.gates = gates
        self._units = _units(coding)
        self._ring = PacketRing(self.MAX_SECONDS, self.MAX_BYTES, self.MAX_BYTES)
        self._decoder = CameraDecoder(self._ring.units)
        self._selector = FrameSelector(gates, self._decoder)
        self._keyframes = KeyframeDecoder()

    def add_packet(self, packet: Packet) -> Iterator[MotionEvent]:
        """Feed one packet; yields the events that it leads to."""
        unit = self._units(packet)
        self._ring.add(unit)
        want = self._selector.decide(unit)
        yield from self.gates.expire(packet.time)
        for frame in self._frames(want, unit):
            if self.gates.is_due(frame.time):
                yield from self.gates.update(
                    frame.luma(frame.size[0]), frame.time, intact=not frame.damaged, colours=frame.colours
                )

    def _frames(self, want: DecodeRequest, unit: AccessUnit) -> Iterable[DecodedFrame]:
        if want is DecodeRequest.NONE:
            self._decoder.reset()
            return ()
        return (
            self._selector.decode_keyframe(unit, self._keyframes)
            if want is DecodeRequest.KEYFRAME
            else self._selector.decode_all(unit, want)
        )


def _units(coding: CodecParameters) -> Callable[[Packet], AccessUnit]:
    try:
        return PyAvUnits(coding).access_unit
    except BadInput:
        # other codecs than H.264 and H.265 can't be kept in clips, but they can be decoded
        return PassthroughUnits(coding).access_unit


def motion_events(file: str, gates: MotionGates) -> Iterator[MotionEvent]:
    """All events of a file, in order. Raises BadInput if it can't be read."""
    read = 0
    try:
        with closing(PyAvSource(ffmpeg_path(file))) as source:
            reader = FileMotionReader(gates, source.coding)
            for packet in source.packets():
                read += 1
                yield from reader.add_packet(packet)
    except LinkLost as error:
        raise BadInput(str(error), b"") from None
    if not read:
        raise BadInput(f"{file} holds no picture that can be read", b"")
    yield from gates.finish()


INITIAL_CALM = 10.0
"""Longer than for a camera: a clip is short, and its first seconds matter as much as its last."""


def motions(file: str, sensitivity: float = 0.5) -> list[tuple[float, float]]:
    """Start and end of every motion interval, in seconds. Raises BadInput if the file can't be read."""
    found = motion_events(file, MotionGates(sensitivity, initial_calm=INITIAL_CALM))
    return sorted((one.start, one.end) for one in found if one.kind == "motion.ended" and one.end is not None)
