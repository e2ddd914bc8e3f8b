"""The last seconds of a stream, raw, from a keyframe on: what a clip from before an alert is made of."""

from __future__ import annotations

from collections import deque

from gateway.vision.stream.rtp.unit import AccessUnit

SECONDS = 10.0
MOST = 4 << 20
"""Bytes; ten seconds at 3 Mbit/s."""
_OVERHEAD = 80
"""Bytes of a Python object beside each packet's own."""
_RESTART = 1.0
"""Seconds the time must step back to be another stream; pictures shown out of order step back less."""


class Ring:
    """Drops whole groups (a keyframe and what builds on it), so that it always begins with a keyframe.

    Keeps at least `seconds`, if that takes less than `most` bytes; with keyframes ten seconds apart up to twice that.
    """

    def __init__(self, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._groups: deque[list[AccessUnit]] = deque()
        self._newest = 0.0
        self.size = 0
        """Bytes, with what Python adds."""

    def add(self, unit: AccessUnit) -> None:
        if self._groups and unit.time_s < self._newest - _RESTART:
            self.clear()
        if unit.key:
            self._groups.append([])
        elif not self._groups:
            return
        self._groups[-1].append(unit)
        self._newest = unit.time_s
        self.size += _cost(unit)
        while len(self._groups) > 1 and self._is_old(self._groups[1][0]):
            self._drop()
        while self.size > self._most:
            self._drop()

    def units(self, since: float = float("-inf")) -> list[AccessUnit]:
        """From the last keyframe at or before `since` (the stream's `time_s`), or as far back as there is."""
        first = sum(group[0].time_s <= since for group in self._groups)
        return [unit for group in list(self._groups)[max(0, first - 1) :] for unit in group]

    def clear(self) -> None:
        self._groups.clear()
        self.size = 0

    def _is_old(self, second: AccessUnit) -> bool:
        return second.time_s <= self._newest - self._seconds

    def _drop(self) -> None:
        self.size -= sum(map(_cost, self._groups.popleft()))


def _cost(unit: AccessUnit) -> int:
    return unit.size + _OVERHEAD * (2 + len(unit.packets))
