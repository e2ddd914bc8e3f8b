"""The gates on a whole file, packet by packet as a live camera's: what `anju try motion` shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing

from gateway.errors import BadInput, LinkLost
from gateway.vision.motion.gates import Event, Gates, Want
from gateway.vision.stream.address import of_file
from gateway.vision.stream.decoder import Decoder, Frame
from gateway.vision.stream.pyav import PyAvSource
from gateway.vision.stream.source import Coding, Packet


class Watcher:
    """Drives one camera's gates: decodes what they want, and no more."""

    GROUPS = 4
    """Groups of pictures kept to go back to."""

    def __init__(self, gates: Gates, coding: Coding) -> None:
        self.gates = gates
        self._decoder = Decoder(coding)
        self._before: deque[list[Packet]] = deque(maxlen=self.GROUPS)
        self._group: list[Packet] = []
        self._decoded: int | None = None
        """How many of the group are decoded; None: the decoder is elsewhere."""

    def take(self, packet: Packet) -> Iterator[Event]:
        """Everything that this access unit made known."""
        want = self.gates.packet(packet.time, packet.key, packet.size)
        yield from self.gates.settle(packet.time)
        if packet.key:
            self._before.append(self._group)
            self._group = []
            self._decoded = None if self._decoded is None else 0
        self._group.append(packet)
        for frame in self._frames(want, packet):
            if self.gates.due(frame.time):
                yield from self.gates.see(
                    frame.luma(frame.size[0]), frame.time, whole=not frame.damaged, colours=frame.colours
                )

    def _frames(self, want: Want, packet: Packet) -> Iterator[Frame]:
        if want is Want.BACK:
            groups = [group for group in self._before if group]
            since = max((group[0].time for group in groups if group[0].time <= self.gates.back_to), default=0.0)
            yield from self._from_start([packet for group in groups if group[0].time >= since for packet in group])
        elif want is Want.ALL and self._decoded is None:
            yield from self._from_start([])
        if want in {Want.ALL, Want.BACK}:
            yield from self._decode(self._group[self._decoded or 0 :])
            self._decoded = len(self._group)
            return
        self._decoded = None
        if want is Want.KEY:
            yield from self._decoder.alone(packet)

    def _from_start(self, packets: list[Packet]) -> Iterator[Frame]:
        self._decoder.restart()
        self._decoded = 0
        yield from self._decode(packets)

    def _decode(self, packets: list[Packet]) -> Iterator[Frame]:
        for packet in packets:
            yield from self._decoder.decode(packet)


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
