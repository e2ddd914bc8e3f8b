"""RTP packets of one stream, in order, to access units. The cheap pass: headers are looked at, nothing is copied."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.rtp.clock import MediaClock
from gateway.vision.stream.rtp.codec import (
    FIXED_HEADER,
    KEY,
    MARKER,
    PARAMETER,
    PICTURE,
    UNREADABLE,
    payload_start,
)
from gateway.vision.stream.rtp.rtcp import Goodbye, Reception, SenderReport, parse, receiver_report
from gateway.vision.stream.rtp.unit import AccessUnit, Format

MAX_UNIT = 8 << 20
"""Bytes of one picture; a 4K keyframe has less than one million."""
MAX_PIECES = 1 << 14
"""Packets of one picture: twice as many as MAX_UNIT takes of the usual size. Tiny ones weigh more than their bytes."""
MAX_UNREADABLE = 200
"""Packets in a row that can't be read before the stream counts as corrupt."""
MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""RFC 3550, A.1: a greater step of the sequence number is a restart, if the next packet confirms it."""
MAX_LIES = 3
"""Markers inside a picture before they are no longer believed: some cameras mark slices. A new timestamp tells then."""
CNAME = "anju"
_HEADER = struct.Struct(">BBHII")
_PLAIN = 0x80


@dataclass(frozen=True, slots=True)
class Media:
    """A picture's track, as a session description tells of it."""

    format: Format
    payload_type: int
    rate: int
    control: str
    source: int | None = None
    """The SSRC of its packets, where the camera named it. Not all who name one keep to it."""


class Receiver:
    """Raises BadInput when the stream is corrupt beyond repair."""

    def __init__(self, media: Media, own_source: int = 1) -> None:
        self.format = media.format
        self.clock = MediaClock(media.rate)
        self.received = self.lost = self.dropped = 0
        self.ended = False
        """The camera said goodbye."""
        self._look = media.format.codec.look
        self._payload_type = media.payload_type
        self._own = own_source
        self._source = self._next = self._restart = self._timestamp = -1
        self._told = (0, 0)
        self._report: tuple[int, float] = (0, 0.0)
        self._unreadable = self._base = 0
        self._marked = -1
        self._lies = 0
        self._packets: list[bytes] = []
        self._sets: list[bytes] = []
        self._flags = self._size = self._missing = 0

    def feed(self, packets: Iterable[bytes], now: float) -> list[AccessUnit]:
        """`now` is monotonic seconds. Units whose last packet has come, or which a new timestamp ended."""
        done: list[AccessUnit] = []
        for packet in packets:
            self._take(packet, now, done)
        return done

    def may_be(self, packet: bytes) -> bool:
        """Whether it looks like a packet of this stream."""
        return payload_start(packet) > 0 and packet[1] & 0x7F == self._payload_type

    def control(self, data: bytes, now: float) -> None:
        """An RTCP packet."""
        for said in parse(data):
            match said:
                case SenderReport() if self._source in (-1, said.source):
                    self.clock.reported(said.timestamp, said.wall)
                    self._report = said.middle, now
                case Goodbye() if self._source in said.sources:
                    self.ended = True

    def report(self, now: float) -> bytes:
        """The receiver report that is due, as an RTCP packet."""
        if self._source < 0:
            return receiver_report(self._own, CNAME, None)
        received, lost = self.received - self._told[0], self.lost - self._told[1]
        self._told = self.received, self.lost
        middle, at = self._report
        fraction = lost / (received + lost) if lost > 0 else 0.0
        highest = self._base + self.received + self.lost - 1
        return receiver_report(
            self._own, CNAME, Reception(self._source, fraction, self.lost, highest, middle, now - at)
        )

    def _take(self, packet: bytes, now: float, done: list[AccessUnit]) -> None:
        if len(packet) <= FIXED_HEADER:
            return self._refuse(packet)
        first, second, sequence, timestamp, source = _HEADER.unpack_from(packet)
        start = FIXED_HEADER if first == _PLAIN else payload_start(packet)
        if not start or second & 0x7F != self._payload_type:
            return self._refuse(packet)
        missing = self._missing
        if (sequence != self._next or source != self._source) and not self._resume(sequence, source):
            return None
        self._next = sequence + 1 & 0xFFFF
        self.received += 1
        flags = self._look(packet, start)
        if flags & UNREADABLE:
            return self._refuse(packet)
        self._unreadable = 0
        if timestamp != self._timestamp:
            self._turn(timestamp, self._missing - missing, now, done)
        if timestamp == self._marked and flags & PICTURE:
            self._doubt(packet, start)
        self._packets.append(packet)
        self._flags |= flags
        self._size += len(packet) - start
        if flags & PARAMETER or self._size > MAX_UNIT or len(self._packets) > MAX_PIECES:
            self._keep(packet)
        if second & MARKER and self._flags & PICTURE and self._lies < MAX_LIES:
            self._marked = timestamp
            self._finish(now, done)
        return None

    def _turn(self, timestamp: int, gap: int, now: float, done: list[AccessUnit]) -> None:
        """Another time: what there is of a picture is over. A gap may be its end, the next one's beginning, or both."""
        if self._flags & PICTURE:
            self._finish(now, done)
            self._missing = gap
        self._timestamp = timestamp

    def _keep(self, packet: bytes) -> None:
        """A parameter set, or more than any picture has."""
        if self._size > MAX_UNIT or len(self._packets) > MAX_PIECES:
            en = f"a picture of more than {MAX_UNIT >> 20} MB or {MAX_PIECES} packets that does not end"
            raise BadInput(en, packet)
        self._sets.append(packet)

    def _doubt(self, packet: bytes, start: int) -> None:
        """A picture's marked end is followed by more of the same time: is it more of the same picture?"""
        self._lies += int(self.format.codec.continues(packet, start))
        self._marked = -1

    def _finish(self, now: float, done: list[AccessUnit]) -> None:
        if self._sets:
            self.format = self.format.with_sets(list(self.format.codec.nals(self._sets)))
            self._sets = []
        time_s, wall_s = self.clock.time(self._timestamp, now), self.clock.wall(self._timestamp)
        key, packets = self._flags & KEY != 0, tuple(self._packets)
        done.append(AccessUnit(time_s, wall_s, key, self._size, self._missing, self.format, packets))
        self._packets.clear()
        self._flags = self._size = self._missing = 0

    def _resume(self, sequence: int, source: int) -> bool:
        """Whether a packet that is not the next one is to be taken: not one that came twice or too late."""
        if source != self._source:
            return self._restarted(sequence, source)
        gap = sequence - self._next & 0xFFFF
        if gap < MAX_DROPOUT:
            self.lost += gap
            self._missing += gap
            return True
        if gap < (1 << 16) - MAX_MISORDER and sequence == self._restart:
            return self._restarted(sequence, source)
        self._restart = sequence + 1 & 0xFFFF
        self.dropped += 1
        return False

    def _restarted(self, sequence: int, source: int) -> bool:
        """The source began anew, or another one took its place."""
        self._missing += int(self._source >= 0)
        self._source, self._base = source, sequence - self.received - self.lost
        return True

    def _refuse(self, packet: bytes) -> None:
        self.dropped += 1
        self._unreadable += 1
        if self._unreadable >= MAX_UNREADABLE:
            raise BadInput(f"{self._unreadable} packets in a row can't be read", packet)
