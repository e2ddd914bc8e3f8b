"""Puts UDP datagrams back in order by their RTP sequence numbers; waits a short time for missing ones."""

from __future__ import annotations

from gateway.vision.stream.rtp.codec import FIXED_HEADER, sequence_of

MAX_PENDING = 128
"""Packets that may wait for a missing one: more than are reordered within a keyframe's burst."""
MAX_WAIT = 0.25
"""Seconds to wait for a missing packet."""


class ReorderBuffer:
    """Gives packets in the order of their numbers. Duplicates and late packets are dropped and counted in `late`."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._pending: dict[int, bytes] = {}
        self._waiting_since = 0.0
        self.late = 0
        self.source = -1
        """The SSRC whose packets are reordered; others pass as they come. -1: all are reordered."""

    def push(self, packet: bytes, now: float) -> list[bytes]:
        """The packets that are next in order; `now` is monotonic seconds."""
        if len(packet) < FIXED_HEADER:  # not RTP: dropped
            return []
        # Packets of other SSRCs have numbers of their own; the receiver decides about them.
        if self.source >= 0 and int.from_bytes(packet[8:12]) != self.source:
            return [packet]
        sequence = sequence_of(packet)
        if self._next is None or sequence == self._next:
            self._next = sequence + 1 & 0xFFFF
            return [packet, *self._take_ready(now)] if self._pending else [packet]
        # Sequence numbers wrap at 16 bits: a difference above half the range means an earlier number.
        ahead = sequence - self._next & 0xFFFF
        if (ahead >= 1 << 15 and (1 << 16) - ahead <= MAX_PENDING) or sequence in self._pending:
            self.late += 1
            return []
        return self._hold(sequence, packet, now)

    def set_source(self, source: int) -> None:
        """Reorder this SSRC from now on; pending packets of another one are dropped."""
        if source != self.source:
            self.source, self._next, self._pending = source, None, {}

    def take_overdue(self, now: float) -> list[bytes]:
        """Packets whose missing predecessor did not come in time. Call it regularly."""
        if not self._pending or now - self._waiting_since < MAX_WAIT:
            return []
        return self._skip(now)

    def _hold(self, sequence: int, packet: bytes, now: float) -> list[bytes]:
        if not self._pending:
            self._waiting_since = now
        self._pending[sequence] = packet
        if len(self._pending) <= MAX_PENDING:
            return self.take_overdue(now)
        return self._skip(now)

    def _skip(self, now: float) -> list[bytes]:
        assert self._next is not None
        missing = self._next
        self._next = min(self._pending, key=lambda sequence: sequence - missing & 0xFFFF)
        return self._take_ready(now)

    def _take_ready(self, now: float) -> list[bytes]:
        ready = []
        while self._next is not None and (packet := self._pending.pop(self._next, None)) is not None:
            ready.append(packet)
            self._next = self._next + 1 & 0xFFFF
        self._waiting_since = now
        return ready
