"""Keeps the last seconds of a stream as raw packets, for clips that begin before an alert."""

from __future__ import annotations

from collections import deque

from gateway.vision.stream.rtp.access_unit import AccessUnit

SECONDS = 10.0
MIN_BYTES = 4 << 20
"""Bytes that are kept whatever time they span: ten seconds at 3 Mbit/s."""
MAX_BYTES = 24 << 20
"""Never exceeded: twenty seconds at 9 Mbit/s, ten between keyframes and ten before them."""
SPAN = 2.2
"""More than MIN_BYTES are kept for at most SPAN × `seconds`: enough for keyframes `seconds` apart, with some tolerance.
So the limit follows the stream: it is SPAN × `seconds` × its own rate."""
_OVERHEAD = 80
"""Bytes of a Python object, in addition to each packet's own."""
_RESTART = 1.0
"""Seconds the time must step back to count as a new stream; reordered pictures step back less."""


class PacketRing:
    """Drops whole groups (a keyframe and what builds on it), so that it always begins with a keyframe.

    Keeps at least `seconds` of a stream with keyframes up to `seconds` apart, if that takes less than `max_bytes`;
    0 keeps what came since the newest keyframe. A sub stream of 0.6 Mbit/s takes 1 MB, a main stream
    of 4 Mbit/s with keyframes ten seconds apart (smart codec) 10 MB.
    """

    def __init__(self, seconds: float = SECONDS, max_bytes: int = MAX_BYTES, min_bytes: int = MIN_BYTES) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._min_bytes = min(min_bytes, max_bytes)
        self._groups: deque[list[AccessUnit]] = deque()
        self._sizes: deque[int] = deque()
        """Bytes of each group."""
        self._newest = 0.0
        self.size = 0
        """Bytes in all, with Python's overhead."""

    def add(self, unit: AccessUnit) -> None:
        """Append a unit and drop groups that are no longer needed."""
        if self._groups and unit.time_s < self._newest - _RESTART:
            self.clear()  # a camera that restarted: its old units can't be played before the new ones
        if unit.key:
            self._groups.append([])
            self._sizes.append(0)
        elif not self._groups:
            return  # nothing can be decoded before the first keyframe
        self._groups[-1].append(unit)
        self._newest = unit.time_s
        cost = unit.size + _OVERHEAD * (2 + len(unit.packets))
        self._sizes[-1] += cost
        self.size += cost
        since = unit.time_s - self._seconds
        # The second group must cover the whole time by itself before the first one may go.
        while len(self._groups) > 1 and self._groups[1][0].time_s <= since and self._is_complete(1, since):
            self._drop()
        while self.size > self._min_bytes and self._is_too_large():
            self._drop()

    def units(self, since: float = float("-inf")) -> list[AccessUnit]:
        """From the last keyframe at or before `since` (the stream's `time_s`), or as far back as there is.

        Of a stream with gradual refresh: from so far back that the picture is complete at `since`.
        """
        first = max(0, sum(group[0].time_s <= since for group in self._groups) - 1)
        while first > 0 and not self._is_complete(first, since):
            first -= 1
        return [unit for group in list(self._groups)[first:] for unit in group]

    def clear(self) -> None:
        """Drop everything."""
        self._groups.clear()
        self._sizes.clear()
        self.size = 0

    def _is_complete(self, first: int, since: float) -> bool:
        """Whether the picture is complete at `since` when decoding begins with this group."""
        recovery = self._groups[first][0].recovery
        if not recovery:
            return True
        groups = list(self._groups)[first:]
        return sum(unit.time_s <= since for group in groups for unit in group) > recovery

    def _is_too_large(self) -> bool:
        return self.size > self._max_bytes or self._newest - self._groups[0][0].time_s > SPAN * max(
            self._seconds, SECONDS
        )

    def _drop(self) -> None:
        self._groups.popleft()
        self.size -= self._sizes.popleft()
