"""Turns hits of single frames into motion intervals with a start and an end, with hysteresis. Sans-I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from gateway.vision.motion.blobs import RelativeBox, union


@dataclass(frozen=True, slots=True)
class MotionInterval:
    """`end` is None while it continues. `box` is the bounding box of all that moved so far."""

    start: float
    end: float | None
    box: RelativeBox


class IntervalTracker:
    """Tracks the motion in one area: it begins when several frames agree and ends after some quiet time.

    Quiet motion is on hold before it ends: a car that waits at the barrier and a walker who stops remain one
    interval if they continue near the same place. Motion that begins elsewhere meanwhile is a new interval.
    """

    MIN_HITS, HIT_WINDOW = 3, 1.0
    """Frames that must show motion near one another, and the seconds within which they must."""
    PAUSE_AFTER, END_AFTER = 2.0, 5.0
    """Quiet seconds after which it is on hold, so that nothing need be decoded, and after which it ends."""
    _MAX_STEP, _MAX_RESUME_DISTANCE = 0.3, 0.1
    """Shares of the picture: farthest move between two hits, and farthest place from which motion on hold continues."""

    def __init__(self) -> None:
        self._hits: deque[tuple[float, RelativeBox]] = deque()
        self._last_hit = 0.0
        self._last_boxes: list[RelativeBox] = []
        self.current: MotionInterval | None = None
        self.on_hold = False

    @property
    def is_active(self) -> bool:
        """Whether an interval continues and is not on hold."""
        return self.current is not None and not self.on_hold

    def add_hit(self, time: float, boxes: list[RelativeBox]) -> list[MotionInterval]:
        """Something moved; returns the interval that began with it, after the one that it ended, if any."""
        if self.current is not None and not self.on_hold:
            self._extend_current(time, boxes)
            return []
        while self._hits and self._hits[0][0] < time - self.HIT_WINDOW:
            self._hits.popleft()
        self._hits.extend((time, box) for box in boxes)
        chain = self._find_chain(time)
        # single hits are noise until enough of them form a path
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
        """A keyframe shows that the motion continues."""
        self._last_hit, self.on_hold = max(self._last_hit, time), False

    def pause(self, time: float) -> None:
        """A keyframe shows no motion: put the interval on hold since `time`."""
        self._last_hit, self.on_hold = max(self._last_hit, time), self.current is not None

    def rewind(self) -> None:
        """Forget collected hits, because older frames follow."""
        self._hits.clear()

    def advance(self, time: float) -> MotionInterval | None:
        """Nothing moves at `time`; returns the interval if it has been quiet long enough to end."""
        idle = time - self._last_hit
        self.on_hold = self.on_hold or (self.current is not None and idle >= self.PAUSE_AFTER)
        return self.finish() if self.on_hold and idle >= self.END_AFTER else None

    def finish(self) -> MotionInterval | None:
        """End and return the current interval, at the end of the stream."""
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
        """Whether the hits continue the interval that is on hold."""
        first = chain[0][1]
        return any(_gap(first, box) <= self._MAX_RESUME_DISTANCE for box in self._last_boxes)

    def _find_chain(self, time: float) -> list[tuple[float, RelativeBox]] | None:
        """Hits of different frames that lead to the newest, each near the next; None if there are too few."""
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
    """The gap between two boxes, the larger of horizontal and vertical; negative if they overlap."""
    horizontal = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    vertical = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return max(horizontal, vertical)
