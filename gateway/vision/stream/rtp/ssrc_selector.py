"""Whose packets are taken where those of several sources (SSRCs) come on one way (RFC 3550, 8).

Firmware mixes packets of another client's session into ours; and a camera that starts its encoder anew goes on
under another number. The one must be passed over, the other followed.
"""

from __future__ import annotations

from collections.abc import Sequence

TAKEOVER_SILENCE = 2.0
"""Seconds that ours must say nothing while another one sends before that takes its place."""
MAX_OVERLAPS = 3
"""So many times ours and another take turns before that counts as a stranger."""
MAX_PENDING, MAX_STRANGERS = 1000, 16
"""Packets kept of one that may take ours' place (4 Mbit/s for two seconds), strangers remembered."""


class SsrcSelector:
    """`named` is what the camera said its packets would bear; believed if such packets come."""

    def __init__(self, named: int | None = None) -> None:
        self.current = -1
        self.foreign_packets = 0
        """Packets of others."""
        self._named = named
        self._first = -1
        self._strangers: dict[int, None] = {}
        self._settled = False
        self._received = -1
        self._quiet_since = 0.0
        self._rival, self._overlaps = -1, 0
        self._waiting: list[bytes] = []

    def settle(self) -> None:
        """The current one has given a keyframe."""
        self._settled = True
        if self._first < 0:
            self._first = self.current

    def weigh(
        self, packet: bytes, source: int, now: float, *, received: int, follows: bool, begins: bool
    ) -> Sequence[bytes]:
        """A packet that is not of the current source: which packets to take, after which its source is the current one.

        `received` counts the packets of the current source. `follows`: its number is the next one. `begins`: it is
        of a keyframe.
        """
        if self.current < 0 or source in (self._named, self._first):
            if source == self._named:
                self._first = source
            self._make_stranger(self.current)
            return self._adopt(source, [packet])
        if source in self._strangers:
            self.foreign_packets += 1
            return ()
        if follows:
            return self._adopt(source, [packet])
        self._watch(source, received, now)
        if source != self._rival:
            self.foreign_packets += 1
            return ()
        self._waiting.append(packet)
        if len(self._waiting) > MAX_PENDING:
            self._waiting.clear()
        if now - self._quiet_since >= TAKEOVER_SILENCE or (begins and not self._settled):
            return self._adopt(source, self._waiting)
        return ()

    def _watch(self, source: int, received: int, now: float) -> None:
        """Whether ours was heard since the last packet of another."""
        if received != self._received:
            self._received, self._quiet_since = received, now
            if source == self._rival and self._settled:
                self._overlaps += 1
                self.foreign_packets += len(self._waiting)
                self._waiting = []
        if self._overlaps >= MAX_OVERLAPS:
            self._make_stranger(source)
            self._forget_rival()
        elif source != self._rival:
            self._rival, self._overlaps, self._waiting = source, 0, []

    def _adopt(self, source: int, packets: list[bytes]) -> Sequence[bytes]:
        self.current, self._settled, self._received = source, source == self._named, -1
        self._forget_rival()
        return packets

    def _make_stranger(self, source: int) -> None:
        if source >= 0 and source not in (self._named, self._first):
            self._strangers[source] = None
            while len(self._strangers) > MAX_STRANGERS:
                del self._strangers[next(iter(self._strangers))]

    def _forget_rival(self) -> None:
        self._rival, self._overlaps, self._waiting = -1, 0, []
