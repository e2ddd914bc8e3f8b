"""Selects the SSRC whose packets are used when several arrive on one connection (RFC 3550, 8).

Some firmware mixes packets of another client's session into ours: these must be ignored. And a camera that restarts
its encoder continues under another SSRC: that one must be followed.
"""

from __future__ import annotations

from collections.abc import Sequence

TAKEOVER_SILENCE = 2.0
"""Seconds without packets of ours, while another SSRC sends, after which that one replaces it."""
MAX_ALTERNATIONS = 3
"""Times that ours and another one alternate before that counts as foreign."""
MAX_PENDING, MAX_FOREIGN = 1000, 16
"""Packets kept of a candidate (4 Mbit/s for two seconds); and foreign SSRCs remembered."""


class SsrcSelector:
    """`announced` is the SSRC that the camera announced; used if packets with it come."""

    def __init__(self, announced: int | None = None) -> None:
        self.current = -1
        self.foreign_packets = 0
        """Packets of other sources, ignored."""
        self._announced = announced
        self._first = -1
        self._foreign: dict[int, None] = {}
        self._confirmed = False
        self._received = -1
        self._quiet_since = 0.0
        self._candidate, self._alternations = -1, 0
        self._pending: list[bytes] = []

    def confirm(self) -> None:
        """The current source has sent a keyframe: it is a real stream."""
        self._confirmed = True
        if self._first < 0:
            self._first = self.current

    def select(
        self, packet: bytes, source: int, now: float, *, received: int, follows: bool, begins: bool
    ) -> Sequence[bytes]:
        """The packets to use, given one that is not of the current source. If any, their source becomes current.

        `received` counts the packets of the current source. `follows`: its sequence number is the next one. `begins`:
        it belongs to a keyframe.
        """
        # Packets of the announced SSRC, or of the one that proved itself first, always win.
        if self.current < 0 or source in (self._announced, self._first):
            if source == self._announced:
                self._first = source
            self._mark_foreign(self.current)
            return self._adopt(source, [packet])
        if source in self._foreign:
            self.foreign_packets += 1
            return ()
        # The numbers continue: the same sender with a new SSRC.
        if follows:
            return self._adopt(source, [packet])
        self._watch(source, received, now)
        if source != self._candidate:
            self.foreign_packets += 1
            return ()
        self._pending.append(packet)
        if len(self._pending) > MAX_PENDING:
            self._pending.clear()
        # Before the current source gave a keyframe, another one that gives one first is the real stream.
        if now - self._quiet_since >= TAKEOVER_SILENCE or (begins and not self._confirmed):
            return self._adopt(source, self._pending)
        return ()

    def _watch(self, source: int, received: int, now: float) -> None:
        """Track whether ours and another source alternate."""
        # Ours sent something since the last call: the candidate sends beside it and does not replace it.
        if received != self._received:
            self._received, self._quiet_since = received, now
            if source == self._candidate and self._confirmed:
                self._alternations += 1
                self.foreign_packets += len(self._pending)
                self._pending = []
        if self._alternations >= MAX_ALTERNATIONS:
            self._mark_foreign(source)
            self._forget_candidate()
        elif source != self._candidate:
            self._candidate, self._alternations, self._pending = source, 0, []

    def _adopt(self, source: int, packets: list[bytes]) -> Sequence[bytes]:
        self.current, self._confirmed, self._received = source, source == self._announced, -1
        self._forget_candidate()
        return packets

    def _mark_foreign(self, source: int) -> None:
        if source >= 0 and source not in (self._announced, self._first):
            self._foreign[source] = None
            while len(self._foreign) > MAX_FOREIGN:
                del self._foreign[next(iter(self._foreign))]

    def _forget_candidate(self) -> None:
        self._candidate, self._alternations, self._pending = -1, 0, []
