"""Datagrams back into their order (RFC 3550): what is late is waited for a moment, not longer."""

from __future__ import annotations

from gateway.vision.stream.rtp.codec import FIXED_HEADER, sequence_of

MAX_PENDING = 128
"""Packets that may wait for one that is missing: more than a keyframe's burst overtakes."""
MAX_WAIT = 0.25
"""Seconds a missing packet is waited for."""


class ReorderBuffer:
    """Hands packets on in the order of their numbers. Duplicates and what comes too late are counted in `late`."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}
        self._since = 0.0
        self.late = 0
        self.source = -1
        """The SSRC whose packets are put in order, others go on as they come; -1: all of them."""

    def push(self, packet: bytes, now: float) -> list[bytes]:
        """What can go on; `now` is monotonic seconds."""
        if len(packet) < FIXED_HEADER:
            return []
        if self.source >= 0 and int.from_bytes(packet[8:12]) != self.source:
            return [packet]
        sequence = sequence_of(packet)
        if self._next is None or sequence == self._next:
            self._next = sequence + 1 & 0xFFFF
            return [packet, *self._follow(now)] if self._waiting else [packet]
        ahead = sequence - self._next & 0xFFFF
        if (ahead >= 1 << 15 and (1 << 16) - ahead <= MAX_PENDING) or sequence in self._waiting:
            self.late += 1
            return []
        return self._wait(sequence, packet, now)

    def set_source(self, source: int) -> None:
        """From now on; what waits of another one is forgotten."""
        if source != self.source:
            self.source, self._next, self._waiting = source, None, {}

    def take_overdue(self, now: float) -> list[bytes]:
        """Call it now and then: what no longer waits for a packet that did not come."""
        if not self._waiting or now - self._since < MAX_WAIT:
            return []
        return self._skip(now)

    def _wait(self, sequence: int, packet: bytes, now: float) -> list[bytes]:
        if not self._waiting:
            self._since = now
        self._waiting[sequence] = packet
        if len(self._waiting) <= MAX_PENDING:
            return self.take_overdue(now)
        return self._skip(now)

    def _skip(self, now: float) -> list[bytes]:
        assert self._next is not None
        missing = self._next
        self._next = min(self._waiting, key=lambda sequence: sequence - missing & 0xFFFF)
        return self._follow(now)

    def _follow(self, now: float) -> list[bytes]:
        ready = []
        while self._next is not None and (packet := self._waiting.pop(self._next, None)) is not None:
            ready.append(packet)
            self._next = self._next + 1 & 0xFFFF
        self._since = now
        return ready
