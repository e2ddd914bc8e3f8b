"""RTP packets of one stream, in order, to access units. The cheap pass: headers are looked at, nothing is copied."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat
from gateway.vision.stream.rtp.clock import MediaClock
from gateway.vision.stream.rtp.codec import (
    BEGINS,
    FIXED_HEADER,
    KEY,
    MARKER,
    PARAMETER,
    PICTURE,
    RECOVERS,
    UNREADABLE,
    payload_start,
    sequence_of,
)
from gateway.vision.stream.rtp.rtcp import Goodbye, ReceptionReport, SenderReport, parse, receiver_report
from gateway.vision.stream.rtp.ssrc_selector import SsrcSelector

MAX_UNIT = 8 << 20
"""Bytes of one picture; a 4K keyframe has less than one million."""
MAX_PACKETS = 1 << 14
"""Packets of one picture: twice as many as MAX_UNIT takes of the usual size. Tiny ones weigh more than their bytes."""
MAX_UNREADABLE = 200
"""Packets in a row that can't be read before the stream counts as corrupt."""
MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""RFC 3550, A.1: a greater step of the sequence number is a restart, if the next packet confirms it."""
IDLE_TIME = 0.06
"""Seconds without a packet after which a picture whose last packet was marked counts as whole."""
CNAME = "anju"
_HEADER = struct.Struct(">BBHII")
_PLAIN = 0x80


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """A picture's track, as a session description tells of it."""

    format: StreamFormat
    payload_type: int
    rate: int
    control: str
    source: int | None = None
    """The SSRC of its packets, where the camera named it. Not all who name one keep to it."""


class RtpReceiver:
    """Raises BadInput when the stream is corrupt beyond repair.

    A picture is whole when the next one begins: by its timestamp, or by its first slice where timestamps stand still.
    A marker alone is not believed: some cameras mark every slice. Where a whole keyframe has shown that they are
    right they are, so that nobody waits for the next picture.
    """

    def __init__(self, media: MediaTrack, own_source: int = 1) -> None:
        self.format = media.format
        self.clock = MediaClock(media.rate)
        self.received = self.lost = self.dropped = 0
        self.ended = False
        """The camera said goodbye."""
        self._look = media.format.codec.look
        self._payload_type = media.payload_type
        self._own = own_source
        self._sources = SsrcSelector(media.source)
        self._source = self._next = self._restart = self._timestamp = -1
        self._told = (0, 0)
        self._report: tuple[int, float] = (0, 0.0)
        self._unreadable = self._base = 0
        self._marked = self._has_marks = self._lies = self._trusts = False
        self._fed = self._came = 0.0
        self._packets: list[bytes] = []
        self._sets: list[bytes] = []
        self._flags = self._size = self._missing = 0

    def feed(self, packets: Iterable[bytes], now: float) -> list[AccessUnit]:
        """`now` is monotonic seconds. Units that are whole by now."""
        done: list[AccessUnit] = []
        self._came, self._fed = self._fed if self._packets else now, now
        for packet in packets:
            self._take(packet, now, done)
        return done

    def pause(self, now: float) -> list[AccessUnit]:
        """Call it when no packet came: a picture whose end was marked need not wait for the next one."""
        done: list[AccessUnit] = []
        if self._marked and self._flags & PICTURE and not self._lies and now - self._fed >= IDLE_TIME:
            self._finish(done)
        return done

    @property
    def source(self) -> int:
        """The SSRC whose packets are taken; -1 before the first."""
        return self._source

    @property
    def foreign_packets(self) -> int:
        """Packets of other sources."""
        return self._sources.foreign_packets

    def matches(self, packet: bytes) -> bool:
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
            self._own, CNAME, ReceptionReport(self._source, fraction, self.lost, highest, middle, now - at)
        )

    def _take(self, packet: bytes, now: float, done: list[AccessUnit]) -> None:
        if len(packet) <= FIXED_HEADER:
            return self._refuse(packet)
        first, second, sequence, timestamp, source = _HEADER.unpack_from(packet)
        start = FIXED_HEADER if first == _PLAIN else payload_start(packet)
        if not start or second & 0x7F != self._payload_type:
            return self._refuse(packet)
        missing = self._missing
        if source != self._source:
            return self._weigh(packet, start, now, done)
        if sequence != self._next and not self._resume(sequence):
            return None
        self._next = sequence + 1 & 0xFFFF
        self.received += 1
        flags = self._look(packet, start)
        if flags & UNREADABLE:
            return self._refuse(packet)
        self._unreadable = 0
        if timestamp != self._timestamp or flags & BEGINS:
            self._turn(timestamp, self._missing - missing, done)
        elif self._marked:
            self._doubt(flags)
        self._packets.append(packet)
        self._flags |= flags
        self._size += len(packet) - start
        if flags & PARAMETER or self._size > MAX_UNIT or len(self._packets) > MAX_PACKETS:
            self._keep(packet)
        self._marked = False
        if second & MARKER:
            self._mark(done)
        return None

    def _mark(self, done: list[AccessUnit]) -> None:
        self._marked = self._has_marks = True
        if self._trusts and self._flags & PICTURE:
            self._finish(done)

    def _turn(self, timestamp: int, gap: int, done: list[AccessUnit]) -> None:
        """Another picture: what there is of one is over.

        A gap may be its end, the next one's beginning, or both; where its end was marked it is the next one's.
        Of one timestamp it must be marked, or nothing is: the second field of a picture begins as a picture does.
        """
        if timestamp == self._timestamp and self._has_marks and not self._marked:
            return
        if self._flags & PICTURE:
            if self._marked and not self._lies:
                self._missing -= gap
            self._finish(done)
            self._missing = gap
        self._timestamp = timestamp

    def _doubt(self, flags: int) -> None:
        """A mark, and more of the same time behind it: it ended a slice, if a picture goes on."""
        if flags & PICTURE:
            self._lies, self._trusts = True, False

    def _keep(self, packet: bytes) -> None:
        """A parameter set, or more than any picture has."""
        if self._size > MAX_UNIT or len(self._packets) > MAX_PACKETS:
            en = f"a picture of more than {MAX_UNIT >> 20} MB or {MAX_PACKETS} packets that does not end"
            raise BadInput(en, packet)
        self._sets.append(packet)

    def _finish(self, done: list[AccessUnit]) -> None:
        codec, flags, packets = self.format.codec, self._flags, tuple(self._packets)
        if self._sets:
            self.format = self.format.with_parameter_sets(list(codec.nals(self._sets)))
            self._sets = []
        time_s, wall_s = self.clock.time(self._timestamp, self._came), self.clock.wall(self._timestamp)
        self._came = self._fed
        key = flags & (KEY | RECOVERS) != 0
        unit = AccessUnit(time_s, wall_s, key, self._size, self._missing, self.format, packets)
        done.append(unit)
        if key:
            unit.recovery = 0 if flags & KEY else codec.recovery(packets)
            self._sources.settle()
            self._trusts = self._marked and not self._lies and not self._missing
        self._packets.clear()
        self._flags = self._size = self._missing = 0

    def _resume(self, sequence: int) -> bool:
        """Whether a packet that is not the next one is to be taken: not one that came twice or too late."""
        gap = sequence - self._next & 0xFFFF
        if gap < MAX_DROPOUT:
            self.lost += gap
            self._missing += gap
            return True
        if gap < (1 << 16) - MAX_MISORDER and sequence == self._restart:
            self._missing += 1
            self._base = sequence - self.received - self.lost
            return True
        self._restart = sequence + 1 & 0xFFFF
        self.dropped += 1
        return False

    def _weigh(self, packet: bytes, start: int, now: float, done: list[AccessUnit]) -> None:
        """A packet of another source than the one so far: whether that is ours now."""
        _, _, sequence, _, source = _HEADER.unpack_from(packet)
        follows, begins = sequence == self._next, self._look(packet, start) & (KEY | RECOVERS) != 0
        taken = self._sources.weigh(packet, source, now, received=self.received, follows=follows, begins=begins)
        for number, one in enumerate(taken):
            if not number:
                self._change_source(source, sequence_of(one), done, follows=follows)
            self._take(one, now, done)

    def _change_source(self, source: int, sequence: int, done: list[AccessUnit], *, follows: bool) -> None:
        """The camera began anew: what is not whole of the old pictures never will be."""
        if self._source >= 0 and not follows:
            if self._marked and self._flags & PICTURE:
                self._finish(done)
            self._packets.clear()
            self._sets = []
            self._flags = self._size = 0
            self._missing, self._timestamp, self._marked = 1, -1, False
        self._source, self._next = source, sequence
        self._base = sequence - self.received - self.lost

    def _refuse(self, packet: bytes) -> None:
        """Of strangers it is not counted how much can't be read."""
        self.dropped += 1
        is_rtp = len(packet) > FIXED_HEADER and packet[0] >> 6 == 2
        if is_rtp and self._source >= 0 and int.from_bytes(packet[8:12]) != self._source:
            return
        self._unreadable += 1
        if self._unreadable >= MAX_UNREADABLE:
            raise BadInput(f"{self._unreadable} packets in a row can't be read", packet)
