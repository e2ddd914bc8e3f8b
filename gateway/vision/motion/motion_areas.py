"""The motion intervals of each zone, and of the picture outside of every zone. Sans-I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.vision.motion.blobs import Blob, RelativeBox
from gateway.vision.motion.motion_interval import IntervalTracker, MotionInterval
from gateway.vision.motion.scene_layout import SceneLayout

OUTSIDE_ZONES = ""
"""Name of the area outside of every zone."""


@dataclass(frozen=True, slots=True)
class MotionChange:
    """A motion interval that began (`end` is None) or ended in a zone (or OUTSIDE_ZONES)."""

    area: str
    motion: MotionInterval


class MotionAreas:
    """Assigns moving blobs to zones, and tracks an interval for each."""

    def __init__(self, layout: SceneLayout) -> None:
        self._layout = layout
        self._intervals: dict[str, IntervalTracker] = defaultdict(IntervalTracker)
        self.has_paused = False
        """Whether a motion interval is on hold."""

    @property
    def is_active(self) -> bool:
        """Whether a motion interval is active."""
        return any(interval.is_active for interval in self._intervals.values())

    def extend(self, time: float) -> None:
        """A keyframe shows that active motion continues."""
        for interval in self._intervals.values():
            interval.extend(time)

    def pause(self, time: float) -> None:
        """A keyframe shows no motion: put active intervals on hold."""
        for interval in self._intervals.values():
            interval.pause(time)
        self.has_paused = True

    def rewind(self) -> None:
        """Prepare for older frames."""
        for interval in self._intervals.values():
            interval.rewind()

    def expire(self, time: float) -> list[MotionChange]:
        """End the intervals that have been quiet for long enough."""
        return self._advance([area for area, interval in self._intervals.items() if interval.on_hold], time)

    def finish(self) -> list[MotionChange]:
        """End all intervals, because the stream has ended."""
        ended = [(area, interval.finish()) for area, interval in self._intervals.items()]
        return [MotionChange(area, motion) for area, motion in ended if motion]

    def boxes(self, blobs: Sequence[Blob]) -> dict[str, list[RelativeBox]]:
        """Boxes of the moving blobs by area."""
        areas: dict[str, list[RelativeBox]] = defaultdict(list)
        for blob in (blob for blob in blobs if blob.moving):
            zones = [zone for zone in self._layout.zones if zone.contains(blob.foot) or zone.contains(blob.centre)]
            # a blob in overlapping zones counts in each
            for area in [zone.name for zone in zones] or ([OUTSIDE_ZONES] if self._layout.outside_zones else []):
                areas[area].append(blob.box)
        return areas

    def add_boxes(self, areas: dict[str, list[RelativeBox]], time: float, *, isolated: bool) -> list[MotionChange]:
        """Feed one frame's boxes by area; returns the intervals that began or ended with it."""
        reported = [
            MotionChange(area, motion)
            for area, boxes in areas.items()
            for motion in self._intervals[area].add_hit(time, boxes)
        ]
        # A single keyframe is no evidence that motion has ended: it may fall between two steps.
        calm = [] if isolated else [area for area in self._intervals if area not in areas]
        return reported + self._advance(calm, time)

    def _advance(self, areas: list[str], time: float) -> list[MotionChange]:
        over = [(area, self._intervals[area].advance(time)) for area in areas]
        self.has_paused = any(interval.on_hold for interval in self._intervals.values())
        return [MotionChange(area, motion) for area, motion in over if motion]
