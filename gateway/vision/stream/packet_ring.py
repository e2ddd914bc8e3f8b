"""The last seconds of a stream, raw, from a keyframe on: what a clip from before an alert is made of."""

from __future__ import annotations

from collections import deque

from gateway.vision.stream.rtp.access_unit import AccessUnit

SECONDS = 10.0
MIN_BYTES = 4 << 20
"""Bytes that are kept whatever time they span: ten seconds at 3 Mbit/s."""
MAX_BYTES = 24 << 20
"""Bytes that are never exceeded: twenty seconds at 9 Mbit/s, ten between keyframes and ten before them."""
SPAN = 2.2
"""By what `seconds` are multiplied to get the longest time that more than ALWAYS is kept for: keyframes as far apart
as `seconds`, and what cameras make of that. So the cap follows the stream: it is SPAN × `seconds` × its own rate."""
_OVERHEAD = 80
"""Bytes of a Python object beside each packet's own."""
_RESTART = 1.0
"""Seconds the time must step back to be another stream; pictures shown out of order step back less."""


class PacketRing:
    """Drops whole groups (a keyframe and what builds on it), so that it always begins with a keyframe.

    Keeps at least `seconds` of a stream with keyframes up to `seconds` apart, if that takes less than `most` bytes;
    0 keeps what came since the newest keyframe. A sub stream of 0.6 Mbit/s takes 1 MB, a main stream
    of 4 Mbit/s with keyframes ten seconds apart (smart codec) 10 MB.
    """

    def __init__(self, seconds: float = SECONDS, most: int = MAX_BYTES, always: int = MIN_BYTES) -> None:
        self._seconds = seconds
        self._most = most
        self._always = min(always, most)
        self._groups: deque[list[AccessUnit]] = deque()
        self._sizes: deque[int] = deque()
        """Of each group."""
        self._newest = 0.0
        self.size = 0
        """Bytes, with what Python adds."""

    def add(self, unit: AccessUnit) -> None:
        if self._groups and unit.time_s < self._newest - _RESTART:
            self.clear()
        if unit.key:
            self._groups.append([])
            self._sizes.append(0)
        elif not self._groups:
            return
        self._groups[-1].append(unit)
        self._newest = unit.time_s
        cost = unit.size + _OVERHEAD * (2 + len(unit.packets))
        self._sizes[-1] += cost
        self.size += cost
        since = unit.time_s - self._seconds
        while len(self._groups) > 1 and self._groups[1][0].time_s <= since and self._is_right(1, since):
            self._drop()
        while self.size > self._always and self._is_too_large():
            self._drop()

    def units(self, since: float = float("-inf")) -> list[AccessUnit]:
        """From the last keyframe at or before `since` (the stream's `time_s`), or as far back as there is.

        Of a stream that is refreshed bit by bit: from where it is right at `since`.
        """
        first = max(0, sum(group[0].time_s <= since for group in self._groups) - 1)
        while first > 0 and not self._is_right(first, since):
            first -= 1
        return [unit for group in list(self._groups)[first:] for unit in group]

    def clear(self) -> None:
        self._groups.clear()
        self._sizes.clear()
        self.size = 0

    def _is_right(self, first: int, since: float) -> bool:
        """Whether what is decoded from this group on is right at that time."""
        recovery = self._groups[first][0].recovery
        if not recovery:
            return True
        groups = list(self._groups)[first:]
        return sum(unit.time_s <= since for group in groups for unit in group) > recovery

    def _is_too_large(self) -> bool:
        return self.size > self._most or self._newest - self._groups[0][0].time_s > SPAN * max(self._seconds, SECONDS)

    def _drop(self) -> None:
        self._groups.popleft()
        self.size -= self._sizes.popleft()
