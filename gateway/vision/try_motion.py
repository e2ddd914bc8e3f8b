"""The gates on a whole file, packet by packet as a live camera's: what `anju try motion` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from gateway.errors import BadInput, LinkLost
from gateway.vision.frame_selection import Wanted
from gateway.vision.motion.gates import Event, Gates, Want
from gateway.vision.camera_decoder import Keys, Pictures
from gateway.vision.stream.address import of_file
from gateway.vision.stream.decoder import Frame
from gateway.vision.stream.passthrough import OpaqueUnits
from gateway.vision.stream.pyav_units import PlainUnits
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.packet_ring import Ring
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.packet import Coding, Packet


class Watcher:
    """Drives one camera's gates: decodes what they want, and no more."""

    KEPT, MOST = 60.0, 256 << 20
    """Seconds kept to go back to, and bytes: a film may have one keyframe for all its pictures."""

    def __init__(self, gates: Gates, coding: Coding) -> None:
        self.gates = gates
        self._units = _units(coding)
        self._ring = Ring(self.KEPT, self.MOST, self.MOST)
        self._pictures = Pictures(self._ring.units)
        self._wanted = Wanted(gates, self._pictures)
        self._keys = Keys()

    def take(self, packet: Packet) -> Iterator[Event]:
        """Everything that this access unit made known."""
        unit = self._units(packet)
        self._ring.add(unit)
        want = self._wanted.want(unit)
        yield from self.gates.settle(packet.time)
        for frame in self._frames(want, unit):
            if self.gates.due(frame.time):
                yield from self.gates.see(
                    frame.luma(frame.size[0]), frame.time, whole=not frame.damaged, colours=frame.colours
                )

    def _frames(self, want: Want, unit: AccessUnit) -> Iterable[Frame]:
        if want is Want.NOTHING:
            self._pictures.rest()
            return ()
        return self._wanted.alone(unit, self._keys) if want is Want.KEY else self._wanted.all(unit, want)


def _units(coding: Coding) -> Callable[[Packet], AccessUnit]:
    try:
        return PlainUnits(coding).unit
    except BadInput:
        return OpaqueUnits(coding).unit


def events(file: str, gates: Gates) -> Iterator[Event]:
    """All that is seen in a file, in order. Raises BadInput when it can't be read."""
    read = 0
    try:
        with closing(PyAvSource(of_file(file))) as source:
            watcher = Watcher(gates, source.coding)
            for packet in source.packets():
                read += 1
                yield from watcher.take(packet)
    except LinkLost as error:
        raise BadInput(str(error), b"") from None
    if not read:
        raise BadInput(f"{file} holds no picture that can be read", b"")
    yield from gates.finish()


BEGIN = 10.0
"""A clip is short: its first seconds matter as much as its last."""


def motions(file: str, sensitivity: float = 0.5) -> list[tuple[float, float]]:
    """Start and end of every movement, in seconds. Raises BadInput when the file can't be read."""
    seen = events(file, Gates(sensitivity, begin=BEGIN))
    return sorted((one.start, one.end) for one in seen if one.kind == "motion.ended" and one.end is not None)
