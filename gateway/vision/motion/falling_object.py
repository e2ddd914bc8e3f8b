"""Detects objects thrown from a building: small blobs on an accelerating downward trajectory. Sans-I/O.

For a camera that looks up a wall. Every frame is needed: at 25 a second an object that falls past fifteen floors is
visible in about forty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.blobs import RelativeBox, polygon_mask
from gateway.vision.motion.luma import Luma, Mask, downscale
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import Polygon

TimedPoint = tuple[float, float, float]
"""Time in seconds, x and y as shares of the picture."""


@dataclass(slots=True)
class _Trajectory:
    """The points of a possible fall so far."""

    points: list[TimedPoint]
    reported: bool = False


class FallingObjectDetector:
    """Feed it every frame."""

    MIN_DROP, MIN_FRAMES, MIN_SECONDS = 0.18, 6, 0.2
    """What a fall must reach: share of the picture's height, frames, seconds."""
    _WIDTH = 240
    _CONTRAST = 12
    _MIN_PIXELS, _MAX_SHARE = 2, 0.01
    """Size of an object: pixels at least, share of the picture at most."""
    _MAX_BLOBS = 40
    """More moving blobs are rain; if too many remain without streaks and drops (snow, a swarm), the frame is
    skipped."""
    _RAIN_STREAK_RATIO, _RAIN_DROP_PIXELS = 2.0, 4
    """Height over width of a streak of rain, and the pixels of a drop."""
    _MIN_SPEED, _MAX_SPEED = 0.08, 4.0
    """Picture heights per second."""
    _MAX_SLANT, _MAX_DEVIATION = 0.5, 0.012
    """Sideways movement per downward movement, and the deviation from the parabola, at most."""
    _MAX_GAP = 0.13
    """Seconds for which it may be hidden."""
    _CLAIM_POINTS = 4
    """Points from which a trajectory claims what fits it, so that no new trajectory starts there."""
    _REPEAT_SECONDS, _REPEAT_DISTANCE = 2.0, 0.1
    """Seconds and shares of the picture within which a second fall belongs to the first."""
    _MAX_TRAJECTORIES = 60

    def __init__(self, masks: tuple[Polygon, ...] = ()) -> None:
        self._masks = masks
        self._frames: deque[tuple[float, Luma]] = deque(maxlen=3)
        self._unmasked: Mask | None = None
        self._trajectories: list[_Trajectory] = []
        self._last_reported: TimedPoint = (float("-inf"), 0.0, 0.0)

    def update(self, luma: Luma, time: float) -> Iterator[Observation]:
        """Feed one luma plane of any size; yields a fall once, when it is certain."""
        newest = downscale(luma, self._WIDTH)
        if self._frames and (self._frames[-1][1].shape != newest.shape or not 0 < time - self._frames[-1][0] < 0.5):
            self._frames.clear()
            self._trajectories = []
        self._frames.append((time, newest))
        if len(self._frames) < 3:
            return
        points = self._moving_points()
        self._extend_trajectories(points if len(points) <= self._MAX_BLOBS else [])
        yield from self._report()

    def _moving_points(self) -> list[TimedPoint]:
        """Centres of small blobs that are in the middle frame and not in the frames before and after."""
        (_, first), (time, current), (_, last) = self._frames
        difference = cv2.min(cv2.absdiff(current, first), cv2.absdiff(current, last))
        if self._masks:
            if self._unmasked is None or self._unmasked.shape != difference.shape:
                self._unmasked = np.asarray(cv2.bitwise_not(polygon_mask(self._masks, difference.shape)), np.uint8)
            difference = cv2.bitwise_and(difference, self._unmasked)
        _, mask = cv2.threshold(difference, self._CONTRAST, 255, cv2.THRESH_BINARY)
        _, _, stats, centres = cv2.connectedComponentsWithStats(mask)
        rows, columns = current.shape
        wide, high, sizes = np.asarray(stats, np.int32)[1:, 2:].T
        fits = (sizes >= self._MIN_PIXELS) & (sizes <= self._MAX_SHARE * rows * columns)
        if fits.sum() > self._MAX_BLOBS:
            fits &= (high < self._RAIN_STREAK_RATIO * wide) & (sizes > self._RAIN_DROP_PIXELS)
        places = np.asarray(centres, np.float64)[1:][fits] / (columns, rows)
        return [(time, float(x), float(y)) for x, y in places]

    def _extend_trajectories(self, points: list[TimedPoint]) -> None:
        """Add each point to the trajectory that it fits best, and let it start one of its own."""
        newest = self._frames[1][0]
        self._trajectories = [
            trajectory for trajectory in self._trajectories if newest - trajectory.points[-1][0] <= self._MAX_GAP
        ]
        started = []
        for point in points:
            candidates = (
                (_deviation(trajectory.points, point), trajectory)
                for trajectory in self._trajectories
                if self._is_continuation(trajectory.points[-1], point)
            )
            matching = [(deviation, trajectory) for deviation, trajectory in candidates if deviation is not None]
            most_points = max((len(trajectory.points) for _, trajectory in matching), default=0)
            if matching:
                # Long trajectories first: a chance pair of points often fits as well as a real fall.
                min(matching, key=lambda pair: (len(pair[1].points) < most_points, pair[0]))[1].points.append(point)
            if most_points < self._CLAIM_POINTS:
                started.append(_Trajectory([point]))
        longest_last = sorted(self._trajectories, key=lambda trajectory: len(trajectory.points))
        self._trajectories = longest_last[-self._MAX_TRAJECTORIES :] + started

    def _is_continuation(self, last: TimedPoint, point: TimedPoint) -> bool:
        """Whether an object can have moved so: downward, neither too fast nor too far sideways."""
        elapsed, vertical = point[0] - last[0], point[2] - last[2]
        if elapsed <= 0 or not self._MIN_SPEED * elapsed <= vertical <= self._MAX_SPEED * elapsed:
            return False
        return abs(point[1] - last[1]) <= self._MAX_SLANT * vertical + self._MAX_DEVIATION

    def _report(self) -> Iterator[Observation]:
        for trajectory in self._trajectories:
            points = trajectory.points
            if not trajectory.reported and len(points) >= self.MIN_FRAMES and self._is_fall(np.array(points)):
                trajectory.reported = True
                if self._is_repeat(points[-1]):
                    continue
                seconds = points[-1][0] - points[0][0]
                yield Observation(
                    points[0][0], _bounding_box(points), {"event": "thrown", "seconds": round(seconds, 2)}
                )

    def _is_repeat(self, point: TimedPoint) -> bool:
        """Whether this belongs to the fall reported just before: an object may break, or be lost and found again."""
        time, x, _ = self._last_reported
        self._last_reported = point
        return 0 <= point[0] - time < self._REPEAT_SECONDS and abs(point[1] - x) < self._REPEAT_DISTANCE

    def _is_fall(self, path: NDArray[np.float64]) -> bool:
        time = path[:, 0] - path[0, 0]
        if path[-1, 2] - path[0, 2] < self.MIN_DROP or time[-1] < self.MIN_SECONDS:
            return False
        # y grows downward, so a fall's parabola has a positive second-order term.
        gravity, _, _ = parabola = np.polyfit(time, path[:, 2], 2)
        deviation = float(np.abs(np.polyval(parabola, time) - path[:, 2]).max())
        sideways = float(np.abs(np.polyval(np.polyfit(time, path[:, 1], 1), time) - path[:, 1]).max())
        return bool(gravity > 0 and deviation <= self._MAX_DEVIATION and sideways <= self._MAX_DEVIATION)


def _deviation(points: list[TimedPoint], point: TimedPoint) -> float | None:
    """Distance of the point from where the trajectory predicts it; None if it can't be the same object."""
    if len(points) < 2:
        return point[2] - points[-1][2]
    (before, x0, y0), (time, x1, y1) = points[-2:]
    elapsed, previous_elapsed = point[0] - time, time - before
    expected = (y1 - y0) / previous_elapsed * elapsed
    acceleration = 0.0
    if len(points) > 2:
        first = points[-3]
        acceleration = ((y1 - y0) / previous_elapsed - (y0 - first[2]) / (before - first[0])) * elapsed
    vertical = abs(point[2] - y1 - expected - acceleration)
    sideways = abs(point[1] - x1 - (x1 - x0) / previous_elapsed * elapsed)
    tolerance = 0.5 if len(points) == 2 else 0.25
    limit = 0.012 + tolerance * expected
    return vertical + sideways if vertical <= limit and sideways <= limit else None


def _bounding_box(points: list[TimedPoint]) -> RelativeBox:
    _, xs, ys = (list(values) for values in zip(*points, strict=True))
    margin = 0.02
    x, y = max(0.0, min(xs) - margin), max(0.0, min(ys) - margin)
    return (x, y, min(1.0, max(xs) + margin) - x, min(1.0, max(ys) + margin) - y)
