"""From single looks to a stretch of movement with a start and an end. Sans-I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from gateway.vision.motion.patches import Share, union


@dataclass(frozen=True, slots=True)
class Motion:
    """One stretch of movement; `end` is None while it goes on. `box` holds all that moved so far."""

    start: float
    end: float | None
    box: Share


class Stretch:
    """The movement in one area: begins when several looks agree, ends when it was quiet for a while."""

    HITS, WITHIN = 3, 1.0
    """So many looks must show movement, near one another, within so many seconds before it counts."""
    QUIET = 2.0
    """Seconds without any movement that end it."""
    _NEAR = 0.3
    """Share of the picture that a thing crosses at most between two looks."""

    def __init__(self) -> None:
        self._hits: deque[tuple[float, Share]] = deque()
        self._last_hit = 0.0
        self.motion: Motion | None = None

    def hit(self, time: float, boxes: list[Share]) -> Motion | None:
        """Something moved; the motion that this began."""
        self._last_hit = time
        if self.motion is not None:
            self.motion = replace(self.motion, box=_around([self.motion.box, *boxes]))
            return None
        while self._hits and self._hits[0][0] < time - self.WITHIN:
            self._hits.popleft()
        self._hits.extend((time, box) for box in boxes)
        chain = self._chain(time)
        if chain is None:
            return None
        self.motion = Motion(chain[0][0], None, _around([box for _, box in chain]))
        return self.motion

    def carry(self, time: float) -> None:
        """It goes on, as far as the packets tell."""
        self._last_hit = max(self._last_hit, time)

    def pass_time(self, time: float) -> Motion | None:
        """The motion that has been quiet long enough to be over."""
        return self.finish() if self.motion is not None and time - self._last_hit >= self.QUIET else None

    def finish(self) -> Motion | None:
        """End what was going on: the stream is over."""
        ended = replace(self.motion, end=max(self._last_hit, self.motion.start)) if self.motion else None
        self.motion = None
        self._hits.clear()
        return ended

    def _chain(self, time: float) -> list[tuple[float, Share]] | None:
        """Hits of different looks that lead to this one, each near the next; None when they are too few."""
        for last in (hit for hit in self._hits if hit[0] == time):
            chain = [last]
            for hit in reversed(self._hits):
                if hit[0] < chain[0][0] and _apart(hit[1], chain[0][1]) <= self._NEAR:
                    chain.insert(0, hit)
            if len(chain) >= self.HITS:
                return chain
        return None


def _around(boxes: list[Share]) -> Share:
    whole = boxes[0]
    for box in boxes[1:]:
        whole = union(whole, box)
    return whole


def _apart(one: Share, other: Share) -> float:
    """The gap between two boxes, the larger of across and down."""
    across = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    down = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return max(across, down)
