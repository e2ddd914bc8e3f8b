"""Groups one stream's RTP packets, which come in order, to access units. Reads headers only and copies nothing."""

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
"""Packets of one picture: twice as many as MAX_UNIT takes of the usual size. Each costs more memory than its bytes."""
MAX_UNREADABLE = 200
"""Unreadable packets in a row after which the stream counts as corrupt."""
MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""RFC 3550, A.1: a larger step of the sequence number is a restart, if the next packet confirms it."""
IDLE_TIME = 0.06
"""Seconds without a packet after which a picture whose last packet was marked counts as complete."""
CNAME = "anju"
"""Our canonical name in receiver reports (RFC 3550, 6.5.1)."""
_HEADER = struct.Struct(">BBHII")
_PLAIN = 0x80
"""As in `codec`: a first byte without extensions, so that the header has a fixed size."""


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """A video track, as the session description announces it."""

    format: StreamFormat
    payload_type: int
    rate: int
    control: str
    source: int | None = None
    """The SSRC of its packets, where the camera announced it. Not every camera uses the one that it announces."""


class RtpReceiver:
    """Raises BadInput when the stream is corrupt beyond repair.

    A picture is complete when the next one begins: by its timestamp, or by its first slice where timestamps are stuck.
    Markers alone are not trusted, because some cameras mark every slice. Once a complete keyframe has shown that they
    are right they are trusted, so that a picture need not wait for the next one.
    """

    def __init__(self, media: MediaTrack, own_source: int = 1) -> None:
        self.format = media.format
        self.clock = MediaClock(media.rate)
        self.received = self.lost = self.dropped = 0
        self.ended = False
        """The camera sent BYE."""
        self._inspect = media.format.codec.inspect
        self._payload_type = media.payload_type
        self._own = own_source
        self._sources = SsrcSelector(media.source)
        self._source = self._next = self._restart = self._timestamp = -1
        self._reported = (0, 0)
        self._report: tuple[int, float] = (0, 0.0)
        self._unreadable = self._base = 0
        self._marked = self._has_markers = self._markers_wrong = self._markers_trusted = False
        self._last_fed = self._picture_at = 0.0
        self._packets: list[bytes] = []
        self._sets: list[bytes] = []
        self._flags = self._size = self._missing = 0

    def feed(self, packets: Iterable[bytes], now: float) -> list[AccessUnit]:
        """The access units that these packets complete. `now` is monotonic seconds."""
        done: list[AccessUnit] = []
        self._picture_at, self._last_fed = self._last_fed if self._packets else now, now
        for packet in packets:
            self._take(packet, now, done)
        return done

    def idle(self, now: float) -> list[AccessUnit]:
        """Call it when no packet came: completes a picture whose end was marked."""
        done: list[AccessUnit] = []
        if self._marked and self._flags & PICTURE and not self._markers_wrong and now - self._last_fed >= IDLE_TIME:
            self._finish(done)
        return done

    @property
    def source(self) -> int:
        """The SSRC whose packets are used; -1 before the first."""
        return self._source

    @property
    def foreign_packets(self) -> int:
        """Packets of other sources, ignored."""
        return self._sources.foreign_packets

    def matches(self, packet: bytes) -> bool:
        """Whether it looks like a packet of this stream."""
        return payload_start(packet) > 0 and packet[1] & 0x7F == self._payload_type

    def receive_rtcp(self, data: bytes, now: float) -> None:
        """Handle an RTCP packet: sender reports and BYE."""
        for item in parse(data):
            match item:
                # Before the first packet the SSRC is not known yet.
                case SenderReport() if self._source in (-1, item.source):
                    self.clock.set_report(item.timestamp, item.wall)
                    self._report = item.middle, now
                case Goodbye() if self._source in item.sources:
                    self.ended = True

    def report(self, now: float) -> bytes:
        """A receiver report on the time since the last one, as an RTCP packet."""
        if self._source < 0:  # nothing received yet: an empty report keeps the session alive
            return receiver_report(self._own, CNAME, None)
        received, lost = self.received - self._reported[0], self.lost - self._reported[1]
        self._reported = self.received, self.lost
        middle, at = self._report
        fraction = lost / (received + lost) if lost > 0 else 0.0
        highest = self._base + self.received + self.lost - 1
        return receiver_report(
            self._own, CNAME, ReceptionReport(self._source, fraction, self.lost, highest, middle, now - at)
        )

    def _take(self, packet: bytes, now: float, done: list[AccessUnit]) -> None:
        # The hot path: three thousand packets a second pass here. Rare cases are methods of their own.
        if len(packet) <= FIXED_HEADER:
            return self._reject(packet)
        first, second, sequence, timestamp, source = _HEADER.unpack_from(packet)
        start = FIXED_HEADER if first == _PLAIN else payload_start(packet)
        if not start or second & 0x7F != self._payload_type:
            return self._reject(packet)
        missing = self._missing  # what `_resume` adds below lies between the last packet and this one
        if source != self._source:
            return self._other_source(packet, start, now, done)
        if sequence != self._next and not self._resume(sequence):
            return None
        self._next = sequence + 1 & 0xFFFF
        self.received += 1
        flags = self._inspect(packet, start)
        if flags & UNREADABLE:
            return self._reject(packet)
        self._unreadable = 0
        if timestamp != self._timestamp or flags & BEGINS:
            self._begin_picture(timestamp, self._missing - missing, done)
        elif self._marked:
            self._check_marker(flags)
        self._packets.append(packet)
        self._flags |= flags
        self._size += len(packet) - start
        if flags & PARAMETER or self._size > MAX_UNIT or len(self._packets) > MAX_PACKETS:
            self._store_parameters(packet)
        self._marked = False
        if second & MARKER:
            self._on_marker(done)
        return None

    def _on_marker(self, done: list[AccessUnit]) -> None:
        self._marked = self._has_markers = True
        if self._markers_trusted and self._flags & PICTURE:
            self._finish(done)

    def _begin_picture(self, timestamp: int, gap: int, done: list[AccessUnit]) -> None:
        """A new picture begins: complete the one before.

        `gap` packets are missing between them: the end of one, the beginning of the other, or both. Where the end was
        marked they belong to the new one.
        """
        # The second field of an interlaced picture begins like a picture and has the same timestamp. Where a camera
        # sets markers, a new picture of the same timestamp comes only after one.
        if timestamp == self._timestamp and self._has_markers and not self._marked:
            return
        if self._flags & PICTURE:
            if self._marked and not self._markers_wrong:
                self._missing -= gap  # the old picture ended with its marker, so nothing of it is missing
            self._finish(done)
            self._missing = gap
        self._timestamp = timestamp

    def _check_marker(self, flags: int) -> None:
        """A packet of the same picture came after a marker: if it holds a slice, markers are wrong."""
        if flags & PICTURE:
            self._markers_wrong, self._markers_trusted = True, False

    def _store_parameters(self, packet: bytes) -> None:
        """Store a parameter set. Raises BadInput for a picture that is too large."""
        if self._size > MAX_UNIT or len(self._packets) > MAX_PACKETS:
            en = f"a picture of more than {MAX_UNIT >> 20} MB or {MAX_PACKETS} packets that does not end"
            raise BadInput(en, packet)
        self._sets.append(packet)

    def _finish(self, done: list[AccessUnit]) -> None:
        codec, flags, packets = self.format.codec, self._flags, tuple(self._packets)
        if self._sets:
            self.format = self.format.with_parameter_sets(list(codec.nals(self._sets)))
            self._sets = []
        # The picture came when its first packet did, not now that the next one has begun.
        time_s, wall_s = self.clock.time(self._timestamp, self._picture_at), self.clock.wall_time(self._timestamp)
        self._picture_at = self._last_fed
        key = flags & (KEY | RECOVERS) != 0
        unit = AccessUnit(time_s, wall_s, key, self._size, self._missing, self.format, packets)
        done.append(unit)
        if key:
            unit.recovery = 0 if flags & KEY else codec.pictures_to_recovery(packets)
            self._sources.confirm()
            self._markers_trusted = self._marked and not self._markers_wrong and not self._missing
        self._packets.clear()
        self._flags = self._size = self._missing = 0

    def _resume(self, sequence: int) -> bool:
        """Whether to use a packet out of sequence: yes after a loss or a restart, no if it is late or a duplicate."""
        gap = sequence - self._next & 0xFFFF  # the numbers wrap at 16 bits
        if gap < MAX_DROPOUT:  # packets were lost
            self.lost += gap
            self._missing += gap
            return True
        # A large step back: a restart, if two packets in a row confirm it (RFC 3550, A.1).
        if gap < (1 << 16) - MAX_MISORDER and sequence == self._restart:
            self._missing += 1
            self._base = sequence - self.received - self.lost
            return True
        self._restart = sequence + 1 & 0xFFFF
        self.dropped += 1
        return False

    def _other_source(self, packet: bytes, start: int, now: float, done: list[AccessUnit]) -> None:
        """A packet of another SSRC: use it, if the selector switches to that source."""
        _, _, sequence, _, source = _HEADER.unpack_from(packet)
        follows, begins = sequence == self._next, self._inspect(packet, start) & (KEY | RECOVERS) != 0
        taken = self._sources.select(packet, source, now, received=self.received, follows=follows, begins=begins)
        for number, one in enumerate(taken):
            if not number:
                self._change_source(source, sequence_of(one), done, follows=follows)
            self._take(one, now, done)

    def _change_source(self, source: int, sequence: int, done: list[AccessUnit], *, follows: bool) -> None:
        """The camera restarted: the unfinished picture of the old source is dropped."""
        if self._source >= 0 and not follows:
            if self._marked and self._flags & PICTURE:
                self._finish(done)
            self._packets.clear()
            self._sets = []
            self._flags = self._size = 0
            self._missing, self._timestamp, self._marked = 1, -1, False
        self._source, self._next = source, sequence
        self._base = sequence - self.received - self.lost

    def _reject(self, packet: bytes) -> None:
        """Drop an unreadable packet. Raises BadInput after too many in a row; foreign sources are not counted."""
        self.dropped += 1
        is_rtp = len(packet) > FIXED_HEADER and packet[0] >> 6 == 2
        if is_rtp and self._source >= 0 and int.from_bytes(packet[8:12]) != self._source:
            return
        self._unreadable += 1
        if self._unreadable >= MAX_UNREADABLE:
            raise BadInput(f"{self._unreadable} packets in a row can't be read", packet)
