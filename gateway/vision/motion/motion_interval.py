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

    MIN_HITS, HIT_WINDOW = 3, 1.0
    """So many looks must show movement, near one another, within so many seconds before it counts."""
    PAUSE_AFTER, END_AFTER = 2.0, 5.0
    """Seconds without any movement after which nobody need look any more, and after which it is over."""
    _MAX_STEP, _MAX_RESUME_DISTANCE = 0.3, 0.1
    """Share of the picture that a thing crosses at most between two looks, and from where it was held."""

    def __init__(self) -> None:
        self._hits: deque[tuple[float, RelativeBox]] = deque()
        self._last_hit = 0.0
        self._last_boxes: list[RelativeBox] = []
        self.current: MotionInterval | None = None
        self.on_hold = False

    @property
    def is_active(self) -> bool:
        return self.current is not None and not self.on_hold

    def add_hit(self, time: float, boxes: list[RelativeBox]) -> list[MotionInterval]:
        """Something moved; the motion that this began, and the one before it that it ended."""
        if self.current is not None and not self.on_hold:
            self._extend_current(time, boxes)
            return []
        while self._hits and self._hits[0][0] < time - self.HIT_WINDOW:
            self._hits.popleft()
        self._hits.extend((time, box) for box in boxes)
        chain = self._find_chain(time)
        if chain is None:
            return []
        if self.current is not None and self._is_continuation(chain):
            self._extend_current(time, [box for _, box in chain])
            return []
        ended = self.finish()
        self._last_hit, self._last_boxes = time, boxes
        self.current = MotionInterval(chain[0][0], None, _bounding_box([box for _, box in chain]))
        return [ended, self.current] if ended else [self.current]

    def extend(self, time: float) -> None:
        """It goes on, as far as keyframes tell."""
        self._last_hit, self.on_hold = max(self._last_hit, time), False

    def pause(self, time: float) -> None:
        """It has been quiet since."""
        self._last_hit, self.on_hold = max(self._last_hit, time), self.current is not None

    def rewind(self) -> None:
        """The looks that come are older ones."""
        self._hits.clear()

    def advance(self, time: float) -> MotionInterval | None:
        """Nothing moves; the motion that has been quiet long enough to be over."""
        idle = time - self._last_hit
        self.on_hold = self.on_hold or (self.current is not None and idle >= self.PAUSE_AFTER)
        return self.finish() if self.on_hold and idle >= self.END_AFTER else None

    def finish(self) -> MotionInterval | None:
        """End what was going on: the stream is over."""
        ended = replace(self.current, end=max(self._last_hit, self.current.start)) if self.current else None
        self.current, self.on_hold = None, False
        self._hits.clear()
        return ended

    def _extend_current(self, time: float, boxes: list[RelativeBox]) -> None:
        assert self.current is not None, "it was going on"
        self.current = replace(self.current, box=_bounding_box([self.current.box, *boxes]))
        self._last_boxes = boxes
        self.extend(time)

    def _is_continuation(self, chain: list[tuple[float, RelativeBox]]) -> bool:
        """Whether what was held goes on."""
        first = chain[0][1]
        return any(_gap(first, box) <= self._MAX_RESUME_DISTANCE for box in self._last_boxes)

    def _find_chain(self, time: float) -> list[tuple[float, RelativeBox]] | None:
        """Hits of different looks that lead to this one, each near the next; None when they are too few."""
        for last in (hit for hit in self._hits if hit[0] == time):
            chain = [last]
            for hit in reversed(self._hits):
                if hit[0] < chain[0][0] and _gap(hit[1], chain[0][1]) <= self._MAX_STEP:
                    chain.insert(0, hit)
            if len(chain) >= self.MIN_HITS:
                return chain
        return None


def _bounding_box(boxes: list[RelativeBox]) -> RelativeBox:
    combined = boxes[0]
    for box in boxes[1:]:
        combined = union(combined, box)
    return combined


def _gap(one: RelativeBox, other: RelativeBox) -> float:
    """The gap between two boxes, the larger of across and down."""
    horizontal = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    vertical = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return max(horizontal, vertical)
