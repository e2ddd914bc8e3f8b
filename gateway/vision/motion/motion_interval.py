"""From single looks to a stretch of movement with a start and an end. Sans-I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from gateway.vision.motion.blobs import RelativeBox, union


@dataclass(frozen=True, slots=True)
class MotionInterval:
    """One stretch of movement; `end` is None while it goes on. `box` holds all that moved so far."""

    start: float
    end: float | None
    box: RelativeBox


class IntervalTracker:
    """The movement in one area: begins when several looks agree, ends when it was quiet for a while.

    What was quiet is held before it is over: a car that waits at the barrier and a walker who stops
    are one movement, if they go on near where they were. What begins elsewhere meanwhile is another one.
    """

    HITS, WITHIN = 3, 1.0
    """So many looks must show movement, near one another, within so many seconds before it counts."""
    QUIET, HOLD = 2.0, 5.0
    """Seconds without any movement after which nobody need look any more, and after which it is over."""
    _NEAR, _SAME = 0.3, 0.1
    """Share of the picture that a thing crosses at most between two looks, and from where it was held."""

    def __init__(self) -> None:
        self._hits: deque[tuple[float, RelativeBox]] = deque()
        self._last_hit = 0.0
        self._last_boxes: list[RelativeBox] = []
        self.motion: MotionInterval | None = None
        self.held = False

    @property
    def going(self) -> bool:
        return self.motion is not None and not self.held

    def hit(self, time: float, boxes: list[RelativeBox]) -> list[MotionInterval]:
        """Something moved; the motion that this began, and the one before it that it ended."""
        if self.motion is not None and not self.held:
            self._go_on(time, boxes)
            return []
        while self._hits and self._hits[0][0] < time - self.WITHIN:
            self._hits.popleft()
        self._hits.extend((time, box) for box in boxes)
        chain = self._chain(time)
        if chain is None:
            return []
        if self.motion is not None and self._is_same(chain):
            self._go_on(time, [box for _, box in chain])
            return []
        ended = self.finish()
        self._last_hit, self._last_boxes = time, boxes
        self.motion = MotionInterval(chain[0][0], None, _around([box for _, box in chain]))
        return [ended, self.motion] if ended else [self.motion]

    def carry(self, time: float) -> None:
        """It goes on, as far as keyframes tell."""
        self._last_hit, self.held = max(self._last_hit, time), False

    def pause(self, time: float) -> None:
        """It has been quiet since."""
        self._last_hit, self.held = max(self._last_hit, time), self.motion is not None

    def rewind(self) -> None:
        """The looks that come are older ones."""
        self._hits.clear()

    def pass_time(self, time: float) -> MotionInterval | None:
        """Nothing moves; the motion that has been quiet long enough to be over."""
        quiet = time - self._last_hit
        self.held = self.held or (self.motion is not None and quiet >= self.QUIET)
        return self.finish() if self.held and quiet >= self.HOLD else None

    def finish(self) -> MotionInterval | None:
        """End what was going on: the stream is over."""
        ended = replace(self.motion, end=max(self._last_hit, self.motion.start)) if self.motion else None
        self.motion, self.held = None, False
        self._hits.clear()
        return ended

    def _go_on(self, time: float, boxes: list[RelativeBox]) -> None:
        assert self.motion is not None, "it was going on"
        self.motion = replace(self.motion, box=_around([self.motion.box, *boxes]))
        self._last_boxes = boxes
        self.carry(time)

    def _is_same(self, chain: list[tuple[float, RelativeBox]]) -> bool:
        """Whether what was held goes on."""
        first = chain[0][1]
        return any(_apart(first, box) <= self._SAME for box in self._last_boxes)

    def _chain(self, time: float) -> list[tuple[float, RelativeBox]] | None:
        """Hits of different looks that lead to this one, each near the next; None when they are too few."""
        for last in (hit for hit in self._hits if hit[0] == time):
            chain = [last]
            for hit in reversed(self._hits):
                if hit[0] < chain[0][0] and _apart(hit[1], chain[0][1]) <= self._NEAR:
                    chain.insert(0, hit)
            if len(chain) >= self.HITS:
                return chain
        return None


def _around(boxes: list[RelativeBox]) -> RelativeBox:
    whole = boxes[0]
    for box in boxes[1:]:
        whole = union(whole, box)
    return whole


def _apart(one: RelativeBox, other: RelativeBox) -> float:
    """The gap between two boxes, the larger of across and down."""
    across = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    down = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return max(across, down)
